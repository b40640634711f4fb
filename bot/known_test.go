package bot

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/blocks"
)

// A state that the outbox takes for the one painted last, without rendering it,
// looks the same: tried after every event of every log that is kept.
func TestWhatIsTakenForKnownLooksTheSame(t *testing.T) {
	logs, err := filepath.Glob(filepath.Join("..", "agent", "testdata", "histories", "*", "*", "*.jsonl"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("%d logs, %v", len(logs), err)
	}
	known := 0
	for _, name := range logs {
		if strings.HasPrefix(filepath.Base(name), "env.") {
			continue
		}
		b := newBench(t)
		s := agent.NewState("t1")
		for _, e := range events(t, name) {
			s.Reduce(e)
			b.show(s, 1, func() bool { return true })
			bd := b.boards[s.ID]
			before := pictures(blocks.Thread(s, blocks.Options{}))
			after, report := reported(t, s)
			bd.said = report
			if len(report) == 0 || bd.channel == "" {
				delete(b.boards, s.ID)
				continue
			}
			if ok, _ := b.known(after, blocks.Options{}, 1, func() bool { return true }); !ok {
				t.Fatalf("%s: at %d, our own report is not known", name, e.Seq)
			}
			if !maps.EqualFunc(before, pictures(blocks.Thread(after, blocks.Options{})), func(a, b picture) bool { return a.hash == b.hash }) {
				t.Errorf("%s: at %d, the report changes what is shown", name, e.Seq)
			}
			known++
			delete(b.boards, s.ID)
			s.Views = after.Views // the log goes on where they stand
		}
	}
	if known < 100 {
		t.Errorf("only %d reports were tried", known)
	}
}

// reported is s with a report of where its views stand that may still change, and that report.
func reported(t *testing.T, s *agent.State) (*agent.State, []agent.PostedView) {
	t.Helper()
	after, err := s.Clone()
	if err != nil {
		t.Fatal(err)
	}
	var report []agent.PostedView
	for _, v := range blocks.Thread(s, blocks.Options{}) {
		if _, stands := s.Views[v.Key]; !stands && !v.Final {
			report = append(report, agent.PostedView{Key: v.Key, Channel: "C1", TS: "1.1"})
		}
	}
	after.Reduce(&agent.Event{Seq: s.Version + 1, At: s.Now.Add(time.Minute), Actor: agent.Bot, Data: &agent.Posted{Views: report}})
	return after, report
}

// Where Quiet says so, Show sends nothing: tried after every event of every log
// that is kept, with whatever stands then posted and reported, and also where the thread was left meanwhile.
func TestQuietIsTrue(t *testing.T) {
	logs, err := filepath.Glob(filepath.Join("..", "agent", "testdata", "histories", "*", "*", "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	over, goesOn := 0, 0
	for _, name := range logs {
		if strings.HasPrefix(filepath.Base(name), "env.") {
			continue
		}
		s := agent.NewState("t1")
		for _, e := range events(t, name) {
			s.Reduce(e)
			after, err := s.Clone()
			if err != nil {
				t.Fatal(err)
			}
			b := newBench(t)
			b.pace.every = -1
			b.expect(s.ID, b.now)
			b.show(after, 1, func() bool { return true })
			report := b.send(t)
			after.Reduce(&agent.Event{Seq: s.Version + 1, At: s.Now.Add(time.Minute), Actor: agent.Bot, Data: &agent.Posted{Views: report}})
			if !b.quiet(after) {
				continue
			}
			over, goesOn = over+1, goesOn+1
			if len(blocks.Thread(after, blocks.Options{})) > 0 {
				over--
			} else {
				goesOn--
			}
			if e.Seq%2 == 0 { // the thread is left, and taken up again
				b.forget(s.ID)
			}
			if b.show(after, 1, func() bool { return true }) != agent.Settled || len(b.tick(time.Minute).jobs) > 0 {
				t.Errorf("%s: at %d, there was something to send", name, e.Seq)
			}
		}
	}
	if over < 20 || goesOn < 100 {
		t.Errorf("it was quiet %d times at an end and %d times before one", over, goesOn)
	}
}

// send sends what is to be sent, all of it well, and returns what is reported.
func (b *bench) send(t *testing.T) (report []agent.PostedView) {
	t.Helper()
	for serial := range 100 {
		turn := b.tick(time.Minute)
		for _, r := range turn.reports {
			report = append(report, r.views...)
		}
		for i, j := range turn.jobs {
			b.done(j, result{channel: "C1", ts: fmt.Sprintf("2.%03d%d", serial, i), people: []string{"U0BOB"}}, b.now)
		}
		if len(turn.jobs) == 0 && len(b.listed) == 0 {
			return report
		}
	}
	t.Fatal("it never ends")
	return nil
}

// Only the report of this very board is taken to change nothing.
func TestWhatOthersAppendIsRendered(t *testing.T) {
	b := newBench(t)
	bd := b.board("t1", "C1")
	s := agent.NewState("t1")
	s.Version = 4
	bd.painted(s, blocks.Options{})
	s.Version = 5
	if bd.looksLike(s, blocks.Options{}) {
		t.Error("an event of others was taken for nothing")
	}
	stands := agent.PostedView{Key: "release/1", Channel: "C1", TS: "2.2"}
	bd.said = []agent.PostedView{stands}
	if bd.looksLike(s, blocks.Options{}) {
		t.Error("an event of others was taken for the report")
	}
	s.Views = map[string]agent.PostedView{"release/1": stands}
	s.Version = 6
	if bd.looksLike(s, blocks.Options{}) {
		t.Error("the report and an event of others were taken for the report")
	}
	bd.painted(s, blocks.Options{})
	s.Version = 7
	if bd.looksLike(s, blocks.Options{}) {
		t.Error("an event after the report was taken for the report")
	}
	s.Version = 6
	if !bd.looksLike(s, blocks.Options{}) || bd.looksLike(s, blocks.Options{BotUser: "U0BOT"}) {
		t.Error("the same state is known, and one that is rendered otherwise is not")
	}
}

func events(t *testing.T, name string) (list []*agent.Event) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it is read
	for lines := bufio.NewScanner(f); lines.Scan(); {
		e, err := agent.Decode(lines.Bytes())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		list = append(list, e)
	}
	return list
}
