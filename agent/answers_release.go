package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/releasebot/releasebot/tools/changelog"
)

// commitsSaid is how many commits an answer lists; the rest is counted.
const commitsSaid = 10

// atHand gives a question about a release that names none the thread's newest
// one, of the environment that it names, if any.
func (s *State) atHand(in Intent) Intent {
	if in.ID != "" || in.Kind != IntentWhy && in.About == "" || in.Since != "" {
		return in
	}
	for _, r := range slices.Backward(s.Releases) {
		if (in.Service == "" || in.Service == r.Service) && (in.Environment == "" || in.Environment == r.Env) && (in.Version == "" || in.Version == r.Version) {
			in.ID = r.ID
			break
		}
	}
	return in
}

// release answers a question about one release: what is in it, or who approved it.
func (q Queries) release(ctx context.Context, in Intent) (Answered, error) {
	s, r, err := q.Release(ctx, in.ID)
	if errors.Is(err, ErrNoRelease) {
		return Answered{Title: q.lang.text("Which release?"), Lines: []string{q.lang.text("No release has the id %s.", plain(cut(in.ID, 40)))}}, nil
	}
	if err != nil {
		return Answered{}, err
	}
	events, err := ReadEvents(ctx, q.Store, string(s.ID), 1)
	if err != nil {
		return Answered{}, err
	}
	events = slices.DeleteFunc(events, func(e *Event) bool { return e.Release != r.N })
	if in.About == AboutApprovals {
		return q.lang.approvalsOf(r, events), nil
	}
	return q.lang.changesOf(r, events), nil
}

// changesOf says what the release ships, by what was looked up for it.
func (lang Language) changesOf(r *ReleaseState, events []*Event) Answered {
	var facts *ReleaseContext
	var seen *Event
	for _, e := range events {
		if c, ok := e.Data.(*ReleaseContext); ok && (c.Changes != nil || facts == nil) {
			facts, seen = c, e
		}
	}
	a := Answered{Title: lang.text("What is in the %s", lang.named(r))}
	if facts == nil {
		a.Lines = []string{lang.text("That was not looked up: %s.", lang.becauseWord(r))}
		return a
	}
	switch ch := facts.Changes; {
	case r.Action == "verify":
		a.Lines = []string{lang.text("Nothing: a verify only looks at the health of what runs.")}
	case facts.Replaces.Version == "":
		a.Lines = []string{lang.text("What it replaces is not known, so there is nothing to compare with.")}
	case ch == nil:
		a.Lines = []string{lang.text("The changes since %s could not be listed.", plain(facts.Replaces.Version))}
	case ch.Total == 0 && facts.Version.SHA == "":
		a.Lines = []string{lang.text("It replaces %s. The service has no repository to list commits from.", plain(facts.Replaces.Version))}
	default:
		a.Lines = lang.changeLines(*ch, facts.Replaces.Version)
	}
	if facts.CI != nil && r.Action == "deploy" {
		a.Lines = append(a.Lines, "CI: "+plain(describeCI(facts.CI))+".")
	}
	source := lang.text("Source: event %d of the log of %s, %s.", seen.Seq, r.ID, lang.clock(seen.At))
	if sha := facts.Version.SHA; sha != "" {
		source = lang.text("Source: event %d of the log of %s, with the repository as it was on %s; commit %s.", seen.Seq, r.ID, lang.clock(seen.At), plain(short(sha)))
	}
	a.Lines = append(a.Lines, source)
	return a
}

func (lang Language) becauseWord(r *ReleaseState) string {
	if r.Refused != nil {
		return lang.text("it was refused before")
	}
	return lang.text("it %s", lang.stands(r))
}

// changeLines lists commits, newest first, and counts what is not listed.
func (lang Language) changeLines(ch changelog.Changes, since string) []string {
	total := max(ch.Total, len(ch.Commits))
	if total == 0 {
		return []string{lang.text("No commits: it is the same as %s.", plain(since))}
	}
	head := lang.text("%s since %s", lang.commits(total), plain(since))
	switch {
	case ch.Backward:
		head = lang.text("It takes back %s of %s", lang.commits(total), plain(since))
	case ch.Diverged:
		head += lang.text(", which has commits that this version lacks")
	}
	if len(ch.Authors) > 0 {
		head += lang.text(", by %s", plain(lang.listed(ch.Authors, 8)))
	}
	lines := []string{head + "."}
	for i, c := range ch.Commits {
		if i == commitsSaid {
			break
		}
		line := "• `" + plain(short(c.SHA)) + "` " + plain(cut(c.Title, 120))
		if c.Author != "" {
			line += " (" + plain(cut(c.Author, 60)) + ")"
		}
		lines = append(lines, line)
	}
	if rest := total - min(len(ch.Commits), commitsSaid); rest > 0 {
		lines = append(lines, lang.text("… and %d more", rest))
	}
	return lines
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// listed names up to most of them, and counts the rest.
func (lang Language) listed(names []string, most int) string {
	if len(names) > most {
		return strings.Join(names[:most], ", ") + lang.text(" and %d others", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// approvalsOf says who decided about the release: as whom, and when.
func (lang Language) approvalsOf(r *ReleaseState, events []*Event) Answered {
	a := Answered{Title: lang.text("Approvals of the %s", lang.named(r))}
	var seqs []string
	for _, e := range events {
		d, ok := e.Data.(*ApprovalResponse)
		if !ok {
			continue
		}
		if line := lang.responded(r, d, e); line != "" {
			a.Lines, seqs = append(a.Lines, line), append(seqs, itoa(e.Seq))
		}
	}
	a.Lines = append(a.Lines, lang.approvalStands(r)...)
	if len(seqs) > 0 {
		source := lang.text("Source: the log of %s, event %s.", r.ID, seqs[0])
		if len(seqs) > 1 {
			source = lang.text("Source: the log of %s, events %s.", r.ID, strings.Join(seqs, ", "))
		}
		a.Lines = append(a.Lines, source)
	}
	return a
}

// responded is what one person decided, "" where it did not count at its place in the log.
func (lang Language) responded(r *ReleaseState, d *ApprovalResponse, e *Event) string {
	verb, counts := "approved", false
	if d.Decision == VerbReject {
		verb = "rejected"
	}
	if a := r.Approval; a != nil && a.ID == d.ID {
		counts = d.Decision == VerbReject && a.By == d.Person && a.State == ApprovalRejected || d.Decision == VerbApprove && slices.ContainsFunc(a.Approvers, func(p Response) bool {
			return p.Person == d.Person && p.At.Equal(e.At)
		})
		if !counts {
			return ""
		}
	}
	line := lang.text("%s %s on %s, as %s", mention(d.Person), verb, lang.clock(e.At), plain(d.Basis))
	if d.Reason != "" {
		line += ": " + plain(d.Reason)
	}
	if !counts {
		line += lang.text(". That was about an earlier card, `%s`, which is void: what it showed has changed", d.ID)
	}
	return line
}

// approvalStands is how the approval of the release's plan stands.
func (lang Language) approvalStands(r *ReleaseState) []string {
	a := r.Approval
	switch {
	case r.Auto != "" && r.Plan != nil && r.Plan.Covered != "":
		return []string{lang.text("It was allowed beforehand, by the approval `%s` of the release that it takes back.", r.Auto)}
	case a == nil && r.Refused != nil:
		return []string{lang.text("None was asked for: the policy refused it.")}
	case a == nil:
		return []string{lang.text("None was asked for yet: it %s.", lang.stands(r))}
	case a.Required == 0:
		return []string{lang.text("None was needed: the policy of %s asks for none.", r.Env)}
	case a.State == ApprovalPending:
		return []string{lang.text("%d of %d given%s. It may come from %s, until %s.", len(a.Approvers), a.Required, "", plain(lang.whoever(a.From)), lang.clock(a.Expires))}
	case a.State == ApprovalExpiredOut:
		return []string{lang.text("%d of %d given when it expired, on %s.", len(a.Approvers), a.Required, lang.clock(a.Decided))}
	case a.State == ApprovalReplaced:
		return []string{lang.text("It is void since %s: %s.", lang.clock(a.Decided), plain(orText(strings.Join(a.Changed, "; "), lang.text("release %s takes its place", a.By))))}
	case a.State == ApprovalCanceled:
		return []string{lang.text("The release was canceled%s before it was decided.", lang.by(a.By))}
	}
	return nil
}
