package agent

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/releasebot/releasebot/threadstore"
)

// Muted: somebody does not want to be told, or wants to be told again, how
// their commits went. It stands in a log of the person's own.
type Muted struct {
	On bool `json:"on"`
}

func (*Muted) eventType() string { return "muted" }

// IndexMuted lists who does not want to be told.
const IndexMuted = "muted"

// Mute keeps a person from being told how their commits went, or lets them be told again.
func (s *Service) Mute(ctx context.Context, by Actor, on bool) error {
	user := by.User()
	if user == "" {
		return fmt.Errorf("%s is nobody who is told anything", by)
	}
	now := s.engine.runner.Now().UTC().Truncate(time.Millisecond)
	d, err := draft(&Event{ID: mintID("muted", on, now.UnixMilli()), At: now, Actor: by, Data: &Muted{On: on}})
	if err != nil {
		return err
	}
	line := threadstore.IndexEntry{Index: IndexMuted, Member: user}
	if on {
		line.Value = []byte("1")
	}
	_, err = s.Store.Append(ctx, threadstore.Append{Log: "person:" + user, Fact: true, Drafts: []threadstore.Draft{d}, Index: []threadstore.IndexEntry{line}})
	return err
}

// authors tells those whose commits a bad release shipped.
func (r *Runner) authors(ctx context.Context, h *run, rel *ReleaseState, now time.Time) error {
	muted, err := r.Store.Index(ctx, IndexMuted)
	if err != nil {
		return err
	}
	f := r.Policy()
	var people []string
	if rel.Context != nil && rel.Context.Changes != nil && !rel.Context.Changes.Backward {
		for _, c := range rel.Context.Changes.Commits {
			who, ok := f.Author(c.Author, c.Email)
			if !ok || slices.Contains(people, who.User) || slices.ContainsFunc(muted, func(m threadstore.IndexEntry) bool { return m.Member == who.User }) {
				continue
			}
			people = append(people, who.User)
		}
	}
	text := fmt.Sprintf("%s, which ships commits of yours, is %s in %s (release %s). `/release mute` keeps me from telling you.",
		plain(rel.Service+" "+rel.shipped()), rel.Outcome, rel.Env, rel.ID)
	h.emitFor(now, rel.N, &Told{About: toldAuthors, To: people, Text: text}, mintID(rel.ID, "authors"))
	return nil
}
