package page_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/page"
)

// post is a Sender that keeps what it delivered, and fails as it is told to.
type post struct {
	fail map[string]error // by person
	hang map[string]bool

	mu        sync.Mutex
	delivered map[string][]page.Message
	now, most int // sends at a time
}

func (p *post) Send(ctx context.Context, to page.Recipient, msg page.Message) error {
	p.mu.Lock()
	p.now++
	p.most = max(p.most, p.now)
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.now--
		p.mu.Unlock()
	}()
	if p.hang[to.Person] {
		<-ctx.Done()
		return ctx.Err()
	}
	if err := p.fail[to.Person]; err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.delivered == nil {
		p.delivered = map[string][]page.Message{}
	}
	p.delivered[to.String()] = append(p.delivered[to.String()], msg)
	return nil
}

var broken = page.Message{
	ID: "p-1.page.1", What: "production is unhealthy after v1.4.2", Service: "shop", Environment: "production",
	Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Tried: []string{"rolled back to v1.4.1: failed"},
	Press: []string{"Retry: deploy v1.4.1 once more"}, Thread: "th-1",
}

func TestPageTellsTheThreadAndEverybodyOnce(t *testing.T) {
	p := &post{}
	got := (&page.Pager{Sender: p}).Page(t.Context(), []string{"slack:T/U1", "slack:T/U2", "slack:T/U1", ""}, broken)
	want := []page.Recipient{{Thread: "th-1"}, {Person: "slack:T/U1"}, {Person: "slack:T/U2"}}
	if !slices.Equal(got.Reached, want) || got.Missed != nil || got.People() != 2 {
		t.Errorf("%+v", got)
	}
	if len(p.delivered) != 3 {
		t.Errorf("delivered to %v", p.delivered)
	}
	for to, msgs := range p.delivered {
		if len(msgs) != 1 || msgs[0].Text() != broken.Text() {
			t.Errorf("%s got %+v", to, msgs)
		}
	}
}

func TestOneWhoCannotBeReachedStopsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &post{
			fail: map[string]error{
				"":   errors.New("channel_not_found"),
				"U2": fmt.Errorf("posting with xoxb-123456789012-abcdef:\n%w", errors.New(strings.Repeat("x", 500))),
			},
			hang: map[string]bool{"U3": true},
		}
		start := time.Now()
		got := (&page.Pager{Sender: p, Timeout: 3 * time.Second}).Page(t.Context(), []string{"U1", "U2", "U3", "U4"}, broken)
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("took %s", took)
		}
		if want := []page.Recipient{{Person: "U1"}, {Person: "U4"}}; !slices.Equal(got.Reached, want) {
			t.Errorf("reached %v", got.Reached)
		}
		var missed []string
		for _, m := range got.Missed {
			missed = append(missed, m.To.String())
			if n := len([]rune(m.Reason)); n == 0 || n > 120 || strings.ContainsAny(m.Reason, "\n") || strings.Contains(m.Reason, "xoxb") {
				t.Errorf("reason %q", m.Reason)
			}
		}
		if want := []string{"thread th-1", "U2", "U3"}; !slices.Equal(missed, want) {
			t.Errorf("missed %v", missed)
		}
		if r := got.Missed[2].Reason; r != "no answer within 3s" {
			t.Errorf("reason %q", r)
		}
	})
}

func TestManyAreToldAFewAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &post{hang: map[string]bool{}}
		var people []string
		for i := range 20 {
			people = append(people, fmt.Sprint("U", i))
			p.hang[people[i]] = true
		}
		start := time.Now()
		got := (&page.Pager{Sender: p}).Page(t.Context(), people, page.Message{})
		if len(got.Missed) != 20 || p.most != 4 || time.Since(start) != 50*time.Second {
			t.Errorf("%d missed, %d at a time, %s", len(got.Missed), p.most, time.Since(start))
		}
	})
}

func TestPageThatIsStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := &post{}
	got := (&page.Pager{Sender: p}).Page(ctx, []string{"U1"}, broken)
	if len(got.Reached) != 0 || len(got.Missed) != 2 || got.Missed[0].Reason != "stopped before it was sent" || p.delivered != nil {
		t.Errorf("%+v", got)
	}
}

func TestPagerWithoutASenderReachesNobody(t *testing.T) {
	got := (&page.Pager{}).Page(t.Context(), []string{"U1"}, broken)
	if len(got.Missed) != 2 || !strings.Contains(got.Missed[0].Reason, "no way") {
		t.Errorf("%+v", got)
	}
}

func TestSpec(t *testing.T) {
	if s := (&page.Pager{}).Spec(); s != (tools.Spec{Name: "page", Effect: tools.Tells}) {
		t.Errorf("%+v", s)
	}
}

func TestText(t *testing.T) {
	const want = `production is unhealthy after v1.4.2
Where: shop in production
Since: 2026-01-02 03:04:05 UTC
Tried:
• rolled back to v1.4.1: failed
You can press:
• Retry: deploy v1.4.1 once more`
	if got := broken.Text(); got != want {
		t.Errorf("got\n%s", got)
	}
	if got := (page.Message{What: "it broke"}).Text(); got != "it broke" {
		t.Errorf("got\n%s", got)
	}
}

func TestResultIsKeptInTheLog(t *testing.T) {
	r := page.Result{Reached: []page.Recipient{{Thread: "th-1"}}, Missed: []page.Missed{{To: page.Recipient{Person: "U1"}, Reason: "gone"}}}
	b, err := json.Marshal(r)
	if want := `{"reached":[{"thread":"th-1"}],"missed":[{"to":{"person":"U1"},"reason":"gone"}]}`; err != nil || string(b) != want {
		t.Errorf("%s %v", b, err)
	}
}
