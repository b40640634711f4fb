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
		return Answered{Title: "Which release?", Lines: []string{"No release has the id " + plain(cut(in.ID, 40)) + "."}}, nil
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
		return approvalsOf(r, events), nil
	}
	return changesOf(r, events), nil
}

// changesOf says what the release ships, by what was looked up for it.
func changesOf(r *ReleaseState, events []*Event) Answered {
	var facts *ReleaseContext
	var seen *Event
	for _, e := range events {
		if c, ok := e.Data.(*ReleaseContext); ok && (c.Changes != nil || facts == nil) {
			facts, seen = c, e
		}
	}
	a := Answered{Title: "What is in the " + r.named()}
	if facts == nil {
		a.Lines = []string{"That was not looked up: " + r.becauseWord() + "."}
		return a
	}
	switch ch := facts.Changes; {
	case r.Action == "verify":
		a.Lines = []string{"Nothing: a verify only looks at the health of what runs."}
	case facts.Replaces.Version == "":
		a.Lines = []string{"What it replaces is not known, so there is nothing to compare with."}
	case ch == nil:
		a.Lines = []string{"The changes since " + plain(facts.Replaces.Version) + " could not be listed."}
	case ch.Total == 0 && facts.Version.SHA == "":
		a.Lines = []string{"It replaces " + plain(facts.Replaces.Version) + ". The service has no repository to list commits from."}
	default:
		a.Lines = changeLines(*ch, facts.Replaces.Version)
	}
	if facts.CI != nil && r.Action == "deploy" {
		a.Lines = append(a.Lines, "CI: "+plain(describeCI(facts.CI))+".")
	}
	source := fmt.Sprintf("Source: event %d of the log of %s", seen.Seq, r.ID)
	if facts.Version.SHA != "" {
		source += ", with the repository as it was on " + clockOf(seen.At) + "; commit " + plain(short(facts.Version.SHA))
	} else {
		source += ", " + clockOf(seen.At)
	}
	a.Lines = append(a.Lines, source+".")
	return a
}

func (r *ReleaseState) becauseWord() string {
	if r.Refused != nil {
		return "it was refused before"
	}
	return "it " + r.stands()
}

// changeLines lists commits, newest first, and counts what is not listed.
func changeLines(ch changelog.Changes, since string) []string {
	total := max(ch.Total, len(ch.Commits))
	if total == 0 {
		return []string{"No commits: it is the same as " + plain(since) + "."}
	}
	head := fmt.Sprintf("%s since %s", counted(total, "commit"), plain(since))
	switch {
	case ch.Backward:
		head = fmt.Sprintf("It takes back %s of %s", counted(total, "commit"), plain(since))
	case ch.Diverged:
		head += ", which has commits that this version lacks"
	}
	if len(ch.Authors) > 0 {
		head += ", by " + plain(listed(ch.Authors, 8))
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
		lines = append(lines, fmt.Sprintf("… and %d more", rest))
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
func listed(names []string, most int) string {
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d others", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// approvalsOf says who decided about the release: as whom, and when.
func approvalsOf(r *ReleaseState, events []*Event) Answered {
	a := Answered{Title: "Approvals of the " + r.named()}
	var seqs []string
	for _, e := range events {
		d, ok := e.Data.(*ApprovalResponse)
		if !ok {
			continue
		}
		if line := r.responded(d, e); line != "" {
			a.Lines, seqs = append(a.Lines, line), append(seqs, itoa(e.Seq))
		}
	}
	a.Lines = append(a.Lines, r.approvalStands()...)
	if len(seqs) > 0 {
		noun := "event "
		if len(seqs) > 1 {
			noun = "events "
		}
		a.Lines = append(a.Lines, "Source: the log of "+r.ID+", "+noun+strings.Join(seqs, ", ")+".")
	}
	return a
}

// responded is what one person decided, "" where it did not count at its place in the log.
func (r *ReleaseState) responded(d *ApprovalResponse, e *Event) string {
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
	line := fmt.Sprintf("%s %s on %s, as %s", mention(d.Person), verb, clockOf(e.At), plain(d.Basis))
	if d.Reason != "" {
		line += ": " + plain(d.Reason)
	}
	if !counts {
		line += ". That was about an earlier card, `" + d.ID + "`, which is void: what it showed has changed"
	}
	return line
}

// approvalStands is how the approval of the release's plan stands.
func (r *ReleaseState) approvalStands() []string {
	a := r.Approval
	switch {
	case r.Auto != "" && r.Plan != nil && r.Plan.Covered != "":
		return []string{"It was allowed beforehand, by the approval `" + r.Auto + "` of the release that it takes back."}
	case a == nil && r.Refused != nil:
		return []string{"None was asked for: the policy refused it."}
	case a == nil:
		return []string{"None was asked for yet: it " + r.stands() + "."}
	case a.Required == 0:
		return []string{"None was needed: the policy of " + r.Env + " asks for none."}
	case a.State == ApprovalPending:
		return []string{fmt.Sprintf("%d of %d given. It may come from %s, until %s.", len(a.Approvers), a.Required, plain(whoever(a.From)), clockOf(a.Expires))}
	case a.State == ApprovalExpiredOut:
		return []string{fmt.Sprintf("%d of %d given when it expired, on %s.", len(a.Approvers), a.Required, clockOf(a.Decided))}
	case a.State == ApprovalReplaced:
		return []string{"It is void since " + clockOf(a.Decided) + ": " + plain(orText(strings.Join(a.Changed, "; "), "release "+a.By+" takes its place")) + "."}
	case a.State == ApprovalCanceled:
		return []string{"The release was canceled" + by(a.By) + " before it was decided."}
	}
	return nil
}
