package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/releasebot/releasebot/slacklocal"
)

// What somebody has in mind for a request.
const (
	toApprove = "approve"
	toReject  = "reject"
	toCancel  = "cancel"
	toLeave   = "leave" // nobody decides: it waits for the people named
	toAsk     = "ask"   // a question, not a release
)

// request is one mention and what is to become of it.
type request struct {
	ts                            string
	service, environment, version string
	mind                          string
	events                        map[string]bool // Slack's ids of the mention's event
	approvals                     map[string]bool // ids of the envelopes of clicks on Approve
	acted                         time.Time       // when somebody last did something about it
	asked                         time.Time       // when a question was first seen
	said, answered                time.Time       // when it was posted, and when the bot was first seen to say something
}

// people speak and press buttons. One goroutine plays them all, so that what a
// call sends to the program can be told by its place among the deliveries.
type people struct {
	w        *town
	rnd      *rand.Rand
	mu       sync.Mutex
	requests []*request
	clicks   int
}

// again is how long people wait before they press or say something once more.
const again = 4 * time.Second

// play asks for releases until asking ends, and acts on cards until ctx ends.
func (p *people) play(asking, ctx context.Context, every time.Duration) {
	next := time.Now()
	for ctx.Err() == nil {
		if asking.Err() == nil && !time.Now().Before(next) {
			p.ask()
			next = time.Now().Add(time.Duration((0.5 + p.rnd.Float64()) * float64(every)))
		}
		for _, r := range p.all() {
			p.look(r)
			if time.Since(r.acted) > again {
				p.act(r)
			}
		}
		pause(ctx, 50*time.Millisecond)
	}
}

// look notes when the bot has said something.
func (p *people) look(r *request) {
	if r.answered.IsZero() && slices.ContainsFunc(p.w.slack.Thread(releases, r.ts), func(m slacklocal.Message) bool { return m.BotID != "" }) {
		r.answered = time.Now()
	}
}

// answers are how long those waited for a first word of the bot who asked between two times.
func (p *people) answers(from, until time.Time) (took []time.Duration) {
	for _, r := range p.all() {
		if !r.answered.IsZero() && !r.said.Before(from) && r.said.Before(until) {
			took = append(took, r.answered.Sub(r.said))
		}
	}
	return took
}

func (p *people) all() []*request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]*request(nil), p.requests...)
}

func (p *people) ask() {
	n, all := len(p.all())+1, services()
	r := &request{
		service: all[p.rnd.IntN(len(all))], environment: []string{"staging", "production", "production"}[p.rnd.IntN(3)],
		version: fmt.Sprintf("v1.%d", n), events: map[string]bool{}, approvals: map[string]bool{},
	}
	switch k := p.rnd.IntN(100); {
	case k < 65:
		r.mind = toApprove
	case k < 75:
		r.mind = toReject
	case k < 85:
		r.mind = toCancel
	case k < 92:
		r.mind = toLeave
	default:
		r.mind = toAsk
	}
	text := fmt.Sprintf("@releasebot deploy %s %s to %s", r.service, r.version, r.environment)
	if r.mind == toAsk {
		text = "@releasebot status of " + r.service
	}
	before := len(p.w.slack.Deliveries())
	r.said = time.Now()
	r.ts = p.w.slack.Post(alice, releases, text, "")
	for _, d := range p.w.slack.Deliveries()[before:] {
		if d.Event == "app_mention" && d.Attempt == 0 {
			r.events[d.EventID] = true
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, r)
}

// act does what somebody has in mind, as far as the thread shows something to act on.
func (p *people) act(r *request) {
	for _, m := range p.w.slack.Thread(releases, r.ts) {
		switch has := buttons(m); {
		case m.BotID == "":
		case live(m):
			p.decide(r, m)
		case strings.HasPrefix(has, "It ran, It didn't"):
			p.answer(r, m)
		case strings.HasPrefix(has, "It is healthy"):
			p.press(r, bob, m, "It is healthy")
		}
	}
}

func (p *people) decide(r *request, m slacklocal.Message) {
	switch r.mind {
	case toApprove:
		switch p.rnd.IntN(6) {
		case 0: // nobody approves what they asked for
			p.press(r, alice, m, "Approve")
			return
		case 1, 2: // twice is once
			p.press(r, bob, m, "Approve")
			p.press(r, bob, m, "Approve")
			return
		}
		p.press(r, bob, m, "Approve")
		if needed(r.service, r.environment) > 1 || p.rnd.IntN(4) == 0 {
			p.press(r, carol, m, "Approve")
		}
	case toReject:
		if !p.submit(r) {
			p.press(r, carol, m, "Reject")
			r.acted = time.Time{} // the form comes at once
		}
	case toCancel:
		r.acted = time.Now()
		p.w.slack.Post(alice, releases, "cancel", r.ts)
	}
}

// submit fills in the form of a rejection, if one is open.
func (p *people) submit(r *request) bool {
	open := p.w.slack.Views(carol)
	if len(open) == 0 {
		return false
	}
	form := open[len(open)-1]
	for _, b := range form.Blocks {
		if b.Type() == "input" {
			r.acted = time.Now()
			if _, err := p.w.slack.SubmitView(carol, form.ID, map[string]string{b.ID(): "not today"}); err != nil {
				p.w.slack.CloseView(carol, form.ID) //nolint:errcheck,gosec // it may be gone
			}
			return true
		}
	}
	return false
}

// answer says what the ledger knows. Nobody says "It didn't" in haste: a start may still be on its way.
func (p *people) answer(r *request, m slacklocal.Message) {
	if r.asked.IsZero() {
		r.asked = time.Now()
	}
	ran, err := p.w.ledger.deployed(r)
	if err != nil {
		p.w.Error(err)
	}
	switch {
	case ran:
		p.press(r, bob, m, "It ran")
	case time.Since(r.asked) > 15*time.Second:
		p.press(r, bob, m, "It didn't")
	}
}

// deployed reports whether the version of a request is in the ledger.
func (l ledger) deployed(r *request) (bool, error) {
	list, err := l.Read()
	for _, e := range list {
		if e.Version == r.version && e.Place() == r.service+"/"+r.environment {
			return true, err
		}
	}
	return false, err
}

func (p *people) press(r *request, who string, m slacklocal.Message, button string) {
	r.acted = time.Now()
	p.clicks++
	before := len(p.w.slack.Deliveries())
	if button == "Approve" {
		defer func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			for _, d := range p.w.slack.Deliveries()[before:] {
				if d.Type == "interactive" && d.Attempt == 0 {
					r.approvals[d.EnvelopeID] = true
				}
			}
		}()
	}
	// Without a link Slack warns the person; a button may have gone since it was looked at.
	if err := p.w.slack.Click(who, m.Channel, m.TS, button); err != nil && !errors.Is(err, slacklocal.ErrNotConnected) && !strings.Contains(err.Error(), "no such button") {
		p.w.Error(err)
	}
}
