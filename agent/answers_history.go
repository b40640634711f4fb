package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/releasebot/releasebot/threadstore"
)

// Limits of a history's answer.
const (
	historySaid   = 15
	approvalsSaid = 5 // releases whose approvals are looked up: each is a log to read
	leftLookedUp  = 5 // those at the top of which it is looked up who left a failure as it is
)

// A bygone is what an answer tells of one environment's past.
type bygone struct {
	line     EnvironmentLine
	outcomes []Outcome // newest first
	before   Running   // what ran when the time asked about began
}

// history tells how releases went: of one environment, or of all that are named.
func (q Queries) history(ctx context.Context, in Intent) (Answered, error) {
	since, err := sinceOf(in.Since)
	if err != nil {
		return Answered{Title: q.lang.text("History"), Lines: []string{err.Error()}}, nil //nolint:nilerr // it is the answer
	}
	lines, err := q.Environments(ctx)
	if err != nil {
		return Answered{}, err
	}
	var pasts []bygone
	for _, l := range lines {
		if in.Service != "" && l.Service != in.Service || in.Environment != "" && l.Environment != in.Environment {
			continue
		}
		p, err := q.past(ctx, l, since)
		if err != nil {
			return Answered{}, err
		}
		pasts = append(pasts, p)
	}
	a := Answered{Title: q.lang.text("History") + q.lang.of(in)}
	if !since.IsZero() {
		a.Title += q.lang.text(" since %s", q.lang.clock(since))
	}
	a.Lines, err = q.told(ctx, in, pasts)
	if err != nil {
		return Answered{}, err
	}
	switch {
	case len(pasts) == 0:
		a.Lines = []string{q.lang.text("Nothing of that name is in the policy file.")}
	case len(a.Lines) == 0 && !since.IsZero():
		a.Lines = []string{q.lang.text("Nothing was released.")}
	case len(a.Lines) == 0:
		a.Lines = []string{q.lang.text("Nothing has been released here yet.")}
	}
	if !since.IsZero() {
		for _, p := range pasts {
			a.Lines = append(a.Lines, q.changed(ctx, p)...)
		}
	}
	if len(pasts) == 1 && len(pasts[0].outcomes) > 0 {
		a.Lines = append(a.Lines, q.lang.text("Source: the log `%s`.", EnvironmentLog(pasts[0].line.Service, pasts[0].line.Environment)))
	}
	return a, nil
}

func sinceOf(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%s is no date: write 2026-11-20, or 2026-11-20T08:30:00Z", plain(cut(s, 40)))
}

// past reads an environment's outcomes: all since then, or the newest ones.
func (q Queries) past(ctx context.Context, l EnvironmentLine, since time.Time) (bygone, error) {
	p := bygone{line: l}
	if since.IsZero() {
		e, err := LoadEnvironment(ctx, q.Store, l.Service, l.Environment)
		if err == nil {
			p.outcomes = e.History
		}
		return p, err
	}
	events, err := ReadEvents(ctx, q.Store, EnvironmentLog(l.Service, l.Environment), 1)
	if errors.Is(err, threadstore.ErrNotFound) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	e := NewEnvironment(l.Service, l.Environment)
	for _, ev := range events {
		if ev.At.Before(since) {
			e.Reduce(ev)
			continue
		}
		if d, ok := ev.Data.(*Release); ok && d.Outcome.Outcome != "" {
			o := d.Outcome
			o.At = ev.At
			p.outcomes = append(p.outcomes, o)
		}
	}
	slices.Reverse(p.outcomes)
	p.before = e.Running
	return p, nil
}

// told writes the outcomes of all environments in one list, newest first.
func (q Queries) told(ctx context.Context, in Intent, pasts []bygone) ([]string, error) {
	type told struct {
		Outcome
		service, where string
	}
	var all []told
	for _, p := range pasts {
		service, where := "", ""
		if len(pasts) > 1 {
			service, where = p.line.Service, p.line.Environment
		}
		for _, o := range p.outcomes {
			all = append(all, told{o, service, where})
		}
	}
	slices.SortStableFunc(all, func(a, b told) int { return cmp.Compare(b.At.UnixNano(), a.At.UnixNano()) })
	var lines []string
	for i, o := range all {
		if i == historySaid {
			return append(lines, q.lang.text("and %d before that", len(all)-i)), nil
		}
		line := q.lang.outcomeLine(o.Outcome, o.service, o.where)
		if in.About == AboutApprovals && i < approvalsSaid {
			who, err := q.approvedBy(ctx, o.Outcome)
			if err != nil {
				return nil, err
			}
			line += who
		} else if i < leftLookedUp && !o.Healthy {
			line += q.leftBy(ctx, o.Outcome)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func (lang Language) outcomeLine(o Outcome, service, where string) string {
	what := lang.briefly(o.Action, o.Version)
	if service != "" {
		what = lang.release(o.Action, service, o.Version, where)
	}
	line := lang.text("%s: %s, %s", lang.clock(o.At), what, o.Outcome)
	if d := o.At.Sub(o.Began).Round(time.Second); d > 0 && !o.Began.IsZero() {
		line += lang.text(" after %s", d.String())
	}
	if len(o.By) > 0 {
		line += lang.text(", asked for by %s", mention(o.By[0]))
	}
	return line + lang.text(" (release %s)", ReleaseID(o.Thread, o.Number))
}

// approvedBy says who approved a release that has ended.
func (q Queries) approvedBy(ctx context.Context, o Outcome) (string, error) {
	_, r, err := q.Release(ctx, ReleaseID(o.Thread, o.Number))
	if errors.Is(err, ErrNoRelease) {
		return q.lang.text("; its log is not kept any more"), nil
	}
	if err != nil {
		return "", err
	}
	if a := r.Approval; a != nil && len(a.Approvers) > 0 {
		last := a.Approvers[len(a.Approvers)-1]
		return q.lang.text("; approved by %s on %s", a.names(), q.lang.clock(last.At)), nil
	}
	if r.Auto != "" {
		return q.lang.text("; allowed beforehand by the approval `%s`", r.Auto), nil
	}
	return q.lang.text("; no approval was needed"), nil
}

// leftBy says who has left a failure as it is; a log that can't be read now says nothing of it.
func (q Queries) leftBy(ctx context.Context, o Outcome) string {
	_, r, err := q.Release(ctx, ReleaseID(o.Thread, o.Number))
	if err != nil || r.Left == nil {
		return ""
	}
	return q.lang.text("; left as it is by %s on %s", mention(r.Left.By), q.lang.clock(r.Left.At))
}

// changed says what commits came between what ran then and what runs now.
func (q Queries) changed(ctx context.Context, p bygone) []string {
	now, where := p.line.Running, q.lang.text("%s in %s", p.line.Service, p.line.Environment)
	switch {
	case len(p.outcomes) == 0 || now.Version == "" || now.Version == p.before.Version && now.Commit == p.before.Commit:
		return nil
	case p.before.Version == "":
		return []string{q.lang.text("%s runs %s now; what ran before is not known.", where, plain(now.Version))}
	}
	head := q.lang.text("%s ran %s then, and runs %s now.", where, plain(p.before.Version), plain(now.Version))
	env, ok := q.Policy().Environment(p.line.Service, p.line.Environment)
	if !ok || env.Source == nil || q.Sources == nil {
		return []string{head}
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	src, err := q.Sources(env.Source)
	if err != nil {
		return []string{head + q.lang.text(" The repository could not be opened.")}
	}
	ch, err := src.Between(ctx, ref(p.before), ref(now), commitsSaid)
	if err != nil {
		return []string{head + q.lang.text(" The commits between could not be listed.")}
	}
	if ch.Total == 0 {
		return []string{head}
	}
	return append([]string{head}, q.lang.changeLines(ch, p.before.Version)...)
}
