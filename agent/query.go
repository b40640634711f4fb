package agent

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/tools/changelog"
)

// Queries answers what people ask about releases: from the logs, for Slack, the
// API and the command line alike. It changes nothing.
type Queries struct {
	Store  *threadstore.Store
	Policy func() *policy.File
	// People says who is asking for what; nil: everybody is answered alike.
	People Directory
	// Sources opens repositories, for what is not deployed yet; nil: that is left out.
	Sources func(*policy.Source) (changelog.Source, error)
}

// Help is what the bot says it can do.
var helpLines = []string{
	"`/release deploy SERVICE VERSION to ENVIRONMENT` · `/release rollback SERVICE ENVIRONMENT [to VERSION]` · `/release verify SERVICE ENVIRONMENT`",
	"`/release status [SERVICE [ENVIRONMENT]]` · `/release history SERVICE ENVIRONMENT` · `/release approvals` · `/release why ID`",
	"`/release approve ID` · `/release reject ID REASON` · `/release cancel ID` · `/release hold ID` · `/release resume ID`",
	"Or mention me in a channel, in your own words: deploy shop v1.4.2 to production and page me if health checks fail.",
}

// Answer answers an intent that asks, to the person with this id ("": to nobody
// in particular). It returns false for any other intent.
func (q Queries) Answer(ctx context.Context, in Intent, person string, now time.Time) (Answered, bool, error) {
	var a Answered
	var err error
	switch in.Kind {
	case IntentStatus:
		a, err = q.status(ctx, in)
	case IntentHistory:
		a, err = q.history(ctx, in)
	case IntentApprovals:
		a, err = q.approvals(ctx, person, now)
	case IntentLocks:
		a, err = q.locks(ctx, now)
	case IntentWhy:
		a, err = q.why(ctx, in.ID)
	case IntentHelp:
		a = Answered{Title: "What I can do", Lines: helpLines}
	default:
		return a, false, nil
	}
	a.Kind = string(in.Kind)
	return a, true, err
}

// Threads lists all threads, the one that changed last first.
func (q Queries) Threads(ctx context.Context) ([]ThreadLine, error) {
	lines, err := readIndex[ThreadLine](ctx, q.Store, IndexThreads)
	slices.SortFunc(lines, func(a, b ThreadLine) int {
		return cmp.Or(b.Updated.Compare(a.Updated), cmp.Compare(a.ID, b.ID))
	})
	return lines, err
}

// Approvals lists what waits for a decision, the one that expires first first.
func (q Queries) Approvals(ctx context.Context) ([]ApprovalLine, error) {
	lines, err := readIndex[ApprovalLine](ctx, q.Store, IndexApprovals)
	slices.SortFunc(lines, func(a, b ApprovalLine) int {
		return cmp.Or(a.Expires.Compare(b.Expires), cmp.Compare(a.ID, b.ID))
	})
	return lines, err
}

// Environments lists every environment of the policy file, in its order, and
// after them those that only the store knows.
func (q Queries) Environments(ctx context.Context) ([]EnvironmentLine, error) {
	known, err := readIndex[EnvironmentLine](ctx, q.Store, IndexEnvironments)
	if err != nil {
		return nil, err
	}
	byID := map[string]EnvironmentLine{}
	for _, l := range known {
		byID[l.ID] = l
	}
	lines := make([]EnvironmentLine, 0, len(known))
	for _, s := range CatalogOf(q.Policy()).Services {
		for _, env := range s.Environments {
			id := s.Name + "/" + env
			l, ok := byID[id]
			if !ok {
				l = EnvironmentLine{ID: id, Service: s.Name, Environment: env}
			}
			delete(byID, id)
			lines = append(lines, l)
		}
	}
	rest := len(lines)
	for _, l := range byID {
		lines = append(lines, l)
	}
	slices.SortFunc(lines[rest:], func(a, b EnvironmentLine) int { return cmp.Compare(a.ID, b.ID) })
	return lines, nil
}

func readIndex[T any](ctx context.Context, store *threadstore.Store, name string) ([]T, error) {
	entries, err := store.Index(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", name, err)
	}
	lines := make([]T, 0, len(entries))
	for _, e := range entries {
		var l T
		if err := json.Unmarshal(e.Value, &l); err != nil {
			return nil, fmt.Errorf("listing %s: the line of %s: %w", name, e.Member, err)
		}
		lines = append(lines, l)
	}
	return lines, nil
}

func (q Queries) status(ctx context.Context, in Intent) (Answered, error) {
	lines, err := q.Environments(ctx)
	if err != nil {
		return Answered{}, err
	}
	a := Answered{Title: "Status" + of(in)}
	for _, l := range lines {
		if in.Service != "" && l.Service != in.Service || in.Environment != "" && l.Environment != in.Environment {
			continue
		}
		a.Lines = append(a.Lines, statusLine(l)+q.behind(ctx, l, lines))
	}
	if len(a.Lines) == 0 {
		a.Lines = []string{"Nothing of that name is in the policy file."}
	}
	return a, nil
}

// behind says what is healthy in the environment before and not deployed here yet.
func (q Queries) behind(ctx context.Context, l EnvironmentLine, all []EnvironmentLine) string {
	env, ok := q.Policy().Environment(l.Service, l.Environment)
	if !ok || env.After == "" || env.Source == nil || q.Sources == nil || l.Running.Version == "" {
		return ""
	}
	i := slices.IndexFunc(all, func(o EnvironmentLine) bool { return o.Service == l.Service && o.Environment == env.After })
	if i < 0 || all[i].Running.Version == "" || all[i].Running.Version == l.Running.Version {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	src, err := q.Sources(env.Source)
	if err != nil {
		return ""
	}
	changes, err := src.Between(ctx, ref(l.Running), ref(all[i].Running), 1)
	if err != nil || changes.Total == 0 || changes.Backward {
		return ""
	}
	return fmt.Sprintf("; %d commits behind %s", changes.Total, env.After)
}

func of(in Intent) string {
	switch {
	case in.Service != "" && in.Environment != "":
		return plain(" of " + in.Service + " in " + in.Environment)
	case in.Service != "":
		return plain(" of " + in.Service)
	case in.Environment != "":
		return plain(" of " + in.Environment)
	}
	return ""
}

func statusLine(l EnvironmentLine) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s: ", l.Service, l.Environment)
	switch {
	case l.Running.Version == "" && l.Last != nil:
		fmt.Fprintf(&b, "not known for sure; the last release, %s, ended %s", plain(l.Last.Version), l.Last.Outcome)
	case l.Running.Version == "":
		b.WriteString("nothing has been released here yet")
	default:
		fmt.Fprintf(&b, "%s since %s", plain(l.Running.Version), clockOf(l.Running.Since))
		if l.Last != nil && len(l.Last.By) > 0 && l.Last.Version == l.Running.Version {
			fmt.Fprintf(&b, " by %s", mention(l.Last.By[0]))
		}
		if l.Running.Healthy {
			b.WriteString(", healthy")
		} else if l.Last != nil {
			fmt.Fprintf(&b, ", %s", l.Last.Outcome)
		}
	}
	if l.Lock != nil {
		fmt.Fprintf(&b, "; locked by %s: %s", mention(l.Lock.By), plain(l.Lock.Reason))
	}
	if l.Holder != "" {
		fmt.Fprintf(&b, "; held by release %s since %s", l.Holder, clockOf(*l.HolderSince))
	}
	if len(l.Waiting) > 0 {
		fmt.Fprintf(&b, "; waiting: %s", strings.Join(l.Waiting, ", "))
	}
	return b.String()
}

func clockOf(t time.Time) string {
	if t.IsZero() {
		return "an unknown time"
	}
	return t.UTC().Format("2 Jan 15:04 MST")
}

func (q Queries) history(ctx context.Context, in Intent) (Answered, error) {
	if in.Service == "" || in.Environment == "" {
		return Answered{Title: "History", Lines: []string{"Say of what: `/release history SERVICE ENVIRONMENT`."}}, nil
	}
	e, err := LoadEnvironment(ctx, q.Store, in.Service, in.Environment)
	if err != nil {
		return Answered{}, err
	}
	a := Answered{Title: "History" + of(in)}
	for i, o := range e.History {
		if i == 15 {
			a.Lines = append(a.Lines, fmt.Sprintf("and %d before that", len(e.History)-i))
			break
		}
		line := fmt.Sprintf("%s: %s of %s %s", clockOf(o.At), o.Action, plain(o.Version), o.Outcome)
		if !o.Began.IsZero() {
			line += " after " + o.At.Sub(o.Began).Round(time.Second).String()
		}
		if len(o.By) > 0 {
			line += ", asked for by " + mention(o.By[0])
		}
		a.Lines = append(a.Lines, line+" (release "+ReleaseID(o.Thread, o.Number)+")")
	}
	if len(a.Lines) == 0 {
		a.Lines = []string{"Nothing has been released here yet."}
	}
	return a, nil
}

func (q Queries) approvals(ctx context.Context, person string, now time.Time) (Answered, error) {
	lines, err := q.Approvals(ctx)
	if err != nil {
		return Answered{}, err
	}
	mine, others := q.WaitingFor(ctx, lines, person)
	a := Answered{Title: "Waiting for approval"}
	for i, l := range slices.Concat(mine, others) {
		line := approvalText(l, now)
		if i < len(mine) {
			line = "*Waiting for you*: " + line
		}
		a.Lines = append(a.Lines, line)
	}
	if len(a.Lines) == 0 {
		a.Lines = []string{"Nothing waits for an approval."}
	}
	return a, nil
}

func approvalText(l ApprovalLine, now time.Time) string {
	who := ""
	if len(l.Plan.By) > 0 {
		who = ", asked for by " + mention(l.Plan.By[0])
	}
	return fmt.Sprintf("`%s`: %s of %s %s to %s%s; %d of %d given, from %s; expires in %s",
		l.ID, l.Plan.Action, l.Plan.Service, plain(l.Plan.Version), l.Plan.Env, who, len(l.Approved), l.Required,
		plain(whoever(l.Approvers)), max(0, l.Expires.Sub(now)).Round(time.Minute))
}

// WaitingFor parts approvals into those that this person may give, and the others.
func (q Queries) WaitingFor(ctx context.Context, lines []ApprovalLine, person string) (mine, others []ApprovalLine) {
	for _, l := range lines {
		if person != "" && !slices.Contains(l.Approved, person) && !slices.Contains(l.Plan.By, person) && q.among(ctx, l.Approvers, person) {
			mine = append(mine, l)
			continue
		}
		others = append(others, l)
	}
	return mine, others
}

func (q Queries) among(ctx context.Context, subjects []policy.Subject, person string) bool {
	for _, s := range subjects {
		if s.User == person {
			return true
		}
		if s.Group == "" || q.People == nil {
			continue
		}
		if members, err := q.People.Group(ctx, s.Group); err == nil && members[person] {
			return true
		}
	}
	return false
}

func (q Queries) locks(ctx context.Context, now time.Time) (Answered, error) {
	lines, err := q.Environments(ctx)
	if err != nil {
		return Answered{}, err
	}
	a := Answered{Title: "Locks"}
	for _, l := range lines {
		if l.Lock == nil || !l.Lock.Until.IsZero() && !now.Before(l.Lock.Until) {
			continue
		}
		until := ""
		if !l.Lock.Until.IsZero() {
			until = " until " + clockOf(l.Lock.Until)
		}
		a.Lines = append(a.Lines, fmt.Sprintf("%s in %s: locked by %s%s: %s", l.Service, l.Environment, mention(l.Lock.By), until, plain(l.Lock.Reason)))
	}
	if len(a.Lines) == 0 {
		a.Lines = []string{"Nothing is locked."}
	}
	return a, nil
}

// ErrNoRelease: no release has this id.
var ErrNoRelease = errors.New("no release has this id")

// Release finds a release by its short id.
func (q Queries) Release(ctx context.Context, id string) (*State, *ReleaseState, error) {
	thread, n, _, err := ParseShortID(id)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrNoRelease, err)
	}
	s, err := LoadThread(ctx, q.Store, thread)
	if errors.Is(err, threadstore.ErrNotFound) {
		return nil, nil, fmt.Errorf("%w: %q", ErrNoRelease, id)
	}
	if err != nil {
		return nil, nil, err
	}
	r := s.Release(n)
	if r == nil {
		return nil, nil, fmt.Errorf("%w: %q", ErrNoRelease, id)
	}
	return s, r, nil
}

func (q Queries) why(ctx context.Context, id string) (Answered, error) {
	if id == "" {
		return Answered{Title: "Why?", Lines: []string{"Say of which release: `/release why ID`, with the id that its card shows."}}, nil
	}
	s, r, err := q.Release(ctx, id)
	if errors.Is(err, ErrNoRelease) {
		return Answered{Title: "Why?", Lines: []string{"No release has the id " + plain(cut(id, 40)) + "."}}, nil
	}
	if err != nil {
		return Answered{}, err
	}
	return Answered{Title: fmt.Sprintf("%s of %s %s to %s is %s", r.Action, r.Service, plain(r.shipped()), r.Env, r.Word()), Lines: q.because(s, r)}, nil
}

// because says why a release stands where it stands, and what would move it.
func (q Queries) because(s *State, r *ReleaseState) []string {
	var out []string
	switch a := r.Approval; {
	case r.Refused != nil:
		out = append(out, "Rule `"+r.Refused.Rule+"`"+at(r.Refused.Line)+": "+r.Refused.Reason)
		if r.Refused.Remedy != "" {
			out = append(out, r.Refused.Remedy)
		}
	case r.Held != "" && r.Stage != StageEnded:
		out = append(out, "Held by "+mention(r.Held)+". `/release resume "+r.ID+"` lets it go on.")
	case r.Stage == StageApproval && a != nil:
		given := "nobody yet"
		if len(a.Approvers) > 0 {
			given = a.names()
		}
		out = append(out, fmt.Sprintf("%s%s %d of %d given (%s); it may come from %s, until %s.", a.Why, at(q.line(r, policy.RuleFrom)), len(a.Approvers), a.Required, given,
			plain(whoever(a.From)), clockOf(a.Expires)), "`/release approve "+a.ID+"`, or the button on its card.")
	case r.Stage == StageClaim && r.Waits != "":
		out = append(out, "The environment is busy: "+r.Waits+". It goes on by itself, in its turn.",
			"One who may approve there ("+plain(q.approvers(r))+") can take it over, with a reason, unless a release is under way.")
	case r.Stage == StageDoubt:
		out = append(out, "The checks could not tell whether it is healthy. One who may approve there ("+plain(q.approvers(r))+") has to say.")
	case r.Stage == StageUnknown:
		out = append(out, "Nobody can tell what became of its start. One who may approve there has to say: It ran, It didn't, or Stop.")
	case r.Detail != "":
		out = append(out, plain(r.Detail))
	}
	if r.OutcomeBy != "" && (r.Outcome == OutcomeRejected || r.Outcome == OutcomeCanceled) {
		out = append(out, r.Outcome+" by "+mention(r.OutcomeBy)+".")
	}
	if len(out) == 0 {
		out = append(out, "Nothing holds it back.")
	}
	return out
}

// line is where a rule about the release's environment stands in today's policy file.
func (q Queries) line(r *ReleaseState, rule string) string {
	f := q.Policy()
	if f == nil {
		return ""
	}
	return f.Line(r.Service, r.Env, rule)
}

func (q Queries) approvers(r *ReleaseState) string {
	env, ok := q.Policy().Environment(r.Service, r.Env)
	if !ok {
		return "nobody: the policy file knows it no more"
	}
	return whoever(env.Approvers())
}

func at(line string) string {
	if line == "" {
		return ""
	}
	return " (" + line + ")"
}
