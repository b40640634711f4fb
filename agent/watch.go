package agent

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// How often people are reminded of what they keep from others.
const (
	watchEvery = 10 * time.Second // how often a busy environment is looked at for those who want it
	nagFirst   = 4 * time.Hour    // after a lock was put on, or a release held
	nagAgain   = 24 * time.Hour
)

// Watch is something the thread looks after for somebody.
type Watch struct {
	WatchSet
	Next time.Time `json:"next"`
}

// reduceCare folds in what is looked after beside the releases.
func (s *State) reduceCare(e *Event) {
	switch d := e.Data.(type) {
	case *WatchSet:
		if !slices.ContainsFunc(s.Watches, func(w Watch) bool { return w.ID == d.ID }) {
			s.Watches = append(s.Watches, Watch{WatchSet: *d, Next: d.After})
		}
	case *WatchLooked:
		s.looked(e, d)
	case *Told:
		if r := s.Release(e.Release); r != nil {
			r.told(d.About, s.Now)
		}
		s.tell(e, d.To, d.Text)
	}
}

func (s *State) looked(e *Event, d *WatchLooked) {
	if d.Ended {
		s.Watches = without(s.Watches, func(w Watch) bool { return w.ID == d.ID })
	}
	for i := range s.Watches {
		if s.Watches[i].ID == d.ID {
			s.Watches[i].Next = d.After
		}
	}
	if d.To != "" {
		s.tell(e, []string{d.To}, d.Text)
	}
}

// tell has people told directly.
func (s *State) tell(e *Event, people []string, text string) {
	s.tellEach(e, people, func(string) string { return text })
}

// tellEach tells each person once, in words of their own.
func (s *State) tellEach(e *Event, people []string, text func(person string) string) {
	for i, p := range people {
		if !slices.Contains(people[:i], p) {
			s.Notes = append(s.Notes, Note{Seq: e.Seq, Ord: i + 1, Person: p, Text: text(p)})
		}
	}
}

// told remembers when somebody was last told what a release waits for.
func (r *ReleaseState) told(about string, now time.Time) {
	switch about {
	case toldHeld:
		r.Nagged = now
	case toldAuthors:
		r.Authors = now
	}
}

// What people are told about a release.
const (
	toldHeld    = "held"
	toldAuthors = "authors"
)

// watches: what is looked after, and what is held for too long.
func (d *decider) watches(s *State) {
	for i, w := range s.Watches {
		if d.until(w.Next) {
			d.add(Step{Kind: StepWatch, Seq: int64(i)})
		}
	}
	for _, r := range s.Releases {
		if r.Held == "" || r.Stage == StageEnded {
			continue
		}
		next := r.HeldAt.Add(nagFirst)
		if r.Nagged.After(r.HeldAt) {
			next = r.Nagged.Add(nagAgain)
		}
		if d.until(next) {
			d.add(Step{Kind: StepNag, Release: r.N})
		}
	}
}

// nag reminds whoever holds a release.
func (r *Runner) nag(h *run, rel *ReleaseState, now time.Time) {
	text := fmt.Sprintf("You have held the %s since %s. `/release resume %s` lets it go on, `/release cancel %s` ends it.",
		English.named(rel), clockOf(rel.HeldAt), rel.ID, rel.ID)
	if rel.Claim != "" {
		text += " Meanwhile nobody else can release there."
	}
	h.emitFor(now, rel.N, &Told{About: toldHeld, To: []string{rel.Held}, Text: text}, mintID(rel.ID, "nag", rel.Nagged.Unix(), rel.HeldAt.Unix()))
}

// watch looks after one thing.
func (r *Runner) watch(ctx context.Context, h *run, st Step, now time.Time) error {
	w := h.state.Watches[st.Seq]
	service, name, _ := ParseEnvironmentLog(w.Env)
	env, err := r.environment(ctx, service, name)
	if err != nil {
		return err
	}
	now = h.state.clock(now).UTC().Truncate(time.Millisecond)
	looked := &WatchLooked{ID: w.ID}
	switch w.Kind {
	case WatchFree:
		if env.Holder() != nil || env.Locked(now) {
			h.after(st, now, watchEvery)
			return nil
		}
		looked.Ended, looked.To = true, w.By
		looked.Text = fmt.Sprintf("%s in %s is free.", service, name)
	case WatchLock:
		if env.Lock == nil || env.Lock.By != w.By || !env.Locked(now) {
			looked.Ended = true
			break
		}
		looked.To, looked.After = w.By, now.Add(nagAgain)
		looked.Text = fmt.Sprintf("You have locked %s in %s since %s: %s. `/release unlock %s %s` takes the lock off.",
			service, name, clockOf(env.LockAt), plain(env.Lock.Reason), service, name)
		switch n := len(env.Queue); n {
		case 0:
		case 1:
			looked.Text += " 1 release waits for it."
		default:
			looked.Text += fmt.Sprintf(" %d releases wait for it.", n)
		}
	}
	h.emit(now, looked, mintID(w.ID, "looked", w.Next.UnixMilli()))
	return nil
}
