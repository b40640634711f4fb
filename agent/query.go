package agent

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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

	lang Language // of the answer
}

// commandLines is what can be asked for by command.
var commandLines = []string{
	"Release: `/release deploy SERVICE VERSION to ENVIRONMENT` · `/release rollback SERVICE ENVIRONMENT [to VERSION]` · `/release verify SERVICE ENVIRONMENT`",
	"Look: `/release status [SERVICE [ENVIRONMENT]]` · `/release history SERVICE ENVIRONMENT` · `/release approvals` · `/release why ID`",
	"Decide: `/release approve ID` · `/release reject ID REASON` · `/release cancel ID` · `/release hold ID` · `/release resume ID`",
	"Keep others out: `/release lock SERVICE ENVIRONMENT [for 2h] REASON` · `/release unlock SERVICE ENVIRONMENT` · `/release locks` · `/release notify SERVICE ENVIRONMENT` (tells you once it is free)",
	"When it matters: `/release take ID REASON` (takes the environment over) · `/release glass ID REASON` (goes through a freeze, with another approver) · `/release leave ID` (leaves a failure as it is)",
	"`/release mute` and `/release unmute`: whether I tell you of failures of releases with commits of yours",
}

// help is what the bot says it can do.
func (lang Language) help() []string {
	return append(slices.Clone(commandLines),
		lang.text("In a release's thread, ask: what's in this? · who approved? · why is it waiting? · what changed since Tuesday?"),
		lang.text("Or mention me in a channel, in your own words: deploy shop v1.4.2 to production and page me if health checks fail."))
}

// Answer answers an intent that asks, to the person with this id ("": to nobody
// in particular). It returns false for any other intent.
func (q Queries) Answer(ctx context.Context, in Intent, person string, now time.Time) (Answered, bool, error) {
	var a Answered
	var err error
	q.lang = in.Language
	switch {
	case (in.About == AboutChanges || in.About == AboutApprovals) && in.ID != "":
		a, err = q.release(ctx, in)
		a.Kind = string(in.Kind)
		return a, true, err
	case in.About == AboutChanges && in.Kind == IntentStatus: // of an environment: what came lately
		in.Kind = IntentHistory
	}
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
		a = Answered{Title: q.lang.text("What I can do"), Lines: q.lang.help()}
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
		return q.lang.text("nobody: the policy file knows it no more")
	}
	return q.lang.whoever(env.Approvers())
}

func at(line string) string {
	if line == "" {
		return ""
	}
	return " (" + line + ")"
}
