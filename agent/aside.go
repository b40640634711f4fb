package agent

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/releasebot/releasebot/threadstore"
)

// setAside writes down that a thread is not run any more. It returns false if
// the log said so already: it was being run to say that, and nothing else.
func (r *Runner) setAside(ctx context.Context, id ThreadID, d *SetAside) (fresh bool, err error) {
	now := r.Now().UTC().Truncate(time.Millisecond)
	after, again, err := r.asideSince(ctx, id)
	if err != nil || again {
		return false, err
	}
	e := &Event{ID: mintID("set aside", after), At: now, Actor: Bot, Data: d}
	dr, err := draft(e)
	if err != nil {
		return false, err
	}
	done, err := r.Store.Append(ctx, threadstore.Append{
		Log: string(id), Fact: true, Drafts: []threadstore.Draft{dr}, Due: threadstore.DueAt(now.Add(idleDue)),
		Index: r.asideLine(ctx, id, d),
	})
	switch {
	case errors.Is(err, threadstore.ErrIDReused): // another process has set it aside
		return false, nil
	case err != nil:
		return false, fmt.Errorf("setting %s aside: %w", id, err)
	}
	if done.Fresh[0] && r.Observe != nil {
		e.Seq = done.Seqs[0]
		r.Observe(id, nil, e)
	}
	r.Log.Error("a thread is set aside: the program failed at it", "thread", id, "error", d.Error, "where", d.Where, "tries", d.Tries)
	return done.Fresh[0], nil
}

// asideSince looks at the events alone, because folding them may be what
// panics. It returns the seq of the last thing that somebody said or did, and
// whether the thread has been set aside since.
func (r *Runner) asideSince(ctx context.Context, id ThreadID) (after int64, aside bool, err error) {
	events, err := ReadEvents(ctx, r.Store, string(id), 1)
	if err != nil {
		return 0, false, err
	}
	for _, e := range events {
		switch d := e.Data.(type) {
		case *Trigger, *DecisionReceived:
			after, aside = e.Seq, false
		case *Message:
			if !d.Aside {
				after, aside = e.Seq, false
			}
		case *SetAside:
			aside = true
		}
	}
	return after, aside, nil
}

// asideLine is the thread's line in the list, made of its first event alone; none where that can't be read.
func (r *Runner) asideLine(ctx context.Context, id ThreadID, d *SetAside) []threadstore.IndexEntry {
	events, err := ReadEvents(ctx, r.Store, string(id), 1)
	if err != nil || len(events) == 0 {
		return nil
	}
	t, ok := events[0].Data.(*Trigger)
	if !ok {
		return nil
	}
	bare := &State{ID: id, Title: cut(t.Text, 200), Slack: t.Slack, Began: events[0].At, Now: r.Now().UTC(), Aside: &Aside{SetAside: *d}}
	line, lines := bare.Line(), map[string]string{}
	if err := put(lines, IndexThreads, string(id), &line); err != nil {
		return nil
	}
	return []threadstore.IndexEntry{{Index: IndexThreads, Member: string(id), Value: []byte(lines[IndexThreads+"\x00"+string(id)])}}
}

// bare is what can be shown of a thread that is set aside without looking at
// what may have made it panic: that it is, and where it stands.
func (s *State) bare() *State {
	return &State{
		ID: s.ID, Version: s.Version, Now: s.Now, Began: s.Began, Source: s.Source, Slack: s.Slack, Asker: s.Asker, OnBehalf: s.OnBehalf,
		Title: s.Title, Views: s.Views, Aside: s.Aside, Head: s.Head,
	}
}

// panicText is what a panic says, where that can't be anything that people or
// repositories wrote: of the program's own errors all, of others the type.
func panicText(x any) string {
	if err, ok := x.(runtime.Error); ok {
		return cut(err.Error(), 239)
	}
	return fmt.Sprintf("a panic with a %T", x)
}

// panicPlace is where the panic that is being recovered from happened: the first of our functions on its stack.
func panicPlace() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	panicked := false
	for {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic" || f.Function == "runtime.sigpanic":
			panicked = true
		case panicked && !strings.HasPrefix(f.Function, "runtime."):
			return cut(fmt.Sprintf("%s %s:%d", f.Function[strings.LastIndexByte(f.Function, '/')+1:], filepath.Base(f.File), f.Line), 120)
		}
		if !more {
			return ""
		}
	}
}
