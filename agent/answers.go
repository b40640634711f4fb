package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/releasebot/releasebot/policy"
)

func (q Queries) status(ctx context.Context, in Intent) (Answered, error) {
	lines, err := q.Environments(ctx)
	if err != nil {
		return Answered{}, err
	}
	asked, err := q.Approvals(ctx)
	if err != nil {
		return Answered{}, err
	}
	a := Answered{Title: q.lang.text("Status") + q.lang.of(in)}
	for _, l := range lines {
		if in.Service != "" && l.Service != in.Service || in.Environment != "" && l.Environment != in.Environment {
			continue
		}
		queue, err := q.queue(ctx, l)
		if err != nil {
			return Answered{}, err
		}
		a.Lines = append(a.Lines, beneath(slices.Concat(q.lang.statusLines(l), queue, q.lang.undecided(l, asked), q.behind(ctx, l, lines)))...)
	}
	if len(a.Lines) == 0 {
		a.Lines = []string{q.lang.text("Nothing of that name is in the policy file.")}
	}
	return a, nil
}

// beneath puts an environment's further lines below its first.
func beneath(lines []string) []string {
	for i := range lines {
		if i > 0 {
			lines[i] = "└ " + lines[i]
		}
	}
	return lines
}

// undecided says what waits for an approval to come here.
func (lang Language) undecided(l EnvironmentLine, asked []ApprovalLine) (out []string) {
	for _, a := range asked {
		if a.Plan.Service == l.Service && a.Plan.Env == l.Environment {
			out = append(out, lang.text("%s waits for approval (`%s`)", lang.briefly(a.Plan.Action, a.Plan.Version), a.ID))
		}
	}
	return out
}

// behind says what is healthy in the environment before and not deployed here yet.
func (q Queries) behind(ctx context.Context, l EnvironmentLine, all []EnvironmentLine) []string {
	env, ok := q.Policy().Environment(l.Service, l.Environment)
	if !ok || env.After == "" || env.Source == nil || q.Sources == nil || l.Running.Version == "" {
		return nil
	}
	i := slices.IndexFunc(all, func(o EnvironmentLine) bool { return o.Service == l.Service && o.Environment == env.After })
	if i < 0 || all[i].Running.Version == "" || all[i].Running.Version == l.Running.Version {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	src, err := q.Sources(env.Source)
	if err != nil {
		return nil
	}
	changes, err := src.Between(ctx, ref(l.Running), ref(all[i].Running), 1)
	if err != nil || changes.Total == 0 || changes.Backward {
		return nil
	}
	return []string{q.lang.text("%s of %s not deployed here yet", q.lang.commits(changes.Total), env.After)}
}

func (lang Language) of(in Intent) string {
	switch {
	case in.Service != "" && in.Environment != "":
		return plain(lang.text(" of %s in %s", in.Service, in.Environment))
	case in.Service != "":
		return plain(lang.text(" of %s", in.Service))
	case in.Environment != "":
		return plain(lang.text(" of %s", in.Environment))
	}
	return ""
}

// statusLines say what runs in an environment, and who keeps others out.
func (lang Language) statusLines(l EnvironmentLine) []string {
	var b strings.Builder
	b.WriteString(lang.text("%s in %s: ", l.Service, l.Environment))
	switch {
	case l.Running.Version == "" && l.Last != nil:
		b.WriteString(lang.text("not known for sure; the last release, %s, ended %s", plain(l.Last.Version), l.Last.Outcome))
	case l.Running.Version == "":
		b.WriteString(lang.text("nothing has been released here yet"))
	default:
		b.WriteString(lang.text("%s since %s", plain(l.Running.Version), lang.clock(l.Running.Since)))
		if l.Last != nil && len(l.Last.By) > 0 && l.Last.Version == l.Running.Version {
			b.WriteString(lang.by(l.Last.By[0]))
		}
		if l.Running.Healthy {
			b.WriteString(", healthy")
		} else if l.Last != nil {
			fmt.Fprintf(&b, ", %s", l.Last.Outcome)
		}
	}
	lines := []string{b.String()}
	if l.Lost != "" {
		lines = append(lines, lang.text("events of this environment have been lost, so nobody knows who has it: a release that waits for it can take it over"))
	}
	if l.Lock != nil {
		lines = append(lines, lang.text("locked by %s%s: %s", mention(l.Lock.By), lang.until(l.Lock), plain(l.Lock.Reason)))
	}
	return lines
}

func (lang Language) until(lock *HumanLock) string {
	if lock.Until.IsZero() {
		return ""
	}
	return lang.text(" until %s", lang.clock(lock.Until))
}

// queueSaid is how many releases of one environment's queue are named with what they ship.
const queueSaid = 5

// queue says who has the environment, and who waits for it, a line each.
func (q Queries) queue(ctx context.Context, l EnvironmentLine) (lines []string, err error) {
	if l.Holder == "" {
		return nil, nil
	}
	for i, id := range append([]string{l.Holder}, l.Waiting...) {
		if i == queueSaid {
			return append(lines, q.lang.text("%d more wait", len(l.Waiting)+1-i)), nil
		}
		var out string
		s, r, err := q.Release(ctx, id)
		switch {
		case errors.Is(err, ErrNoRelease):
			out = q.lang.text("release %s", id)
		case err != nil:
			return nil, err
		default:
			out = q.lang.text("%s (release %s)", q.lang.briefly(r.Action, orText(r.shipped(), q.lang.text("the last healthy version"))), id)
		}
		switch {
		case i > 0:
			out += q.lang.text(" waits behind it")
		case l.Lock != nil:
			out += q.lang.text(" waits for the lock to go, since %s", q.lang.clock(*l.HolderSince))
		default:
			out += q.lang.text(" has it since %s", q.lang.clock(*l.HolderSince))
			if s != nil && s.Lost != nil {
				out += q.lang.text(" (events of its thread have been lost: a release that waits can take the environment over)")
			}
		}
		lines = append(lines, out)
	}
	return lines, nil
}

// lasting writes a duration in minutes as people do: 1h5m, 20m.
func (lang Language) lasting(d time.Duration) string {
	d = max(0, d).Round(time.Minute)
	if d == 0 {
		return lang.text("less than a minute")
	}
	s := strings.TrimSuffix(d.String(), "0s")
	if d%time.Hour == 0 {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// clockOf marks a time, as mention marks a person: what shows it to people shows
// it on each reader's own clock, or in UTC without the marks.
func clockOf(t time.Time) string {
	if t.IsZero() {
		return "an unknown time"
	}
	return "{" + t.UTC().Format(ClockLayout) + "}"
}

// ClockLayout is how a time is written between the braces that mark it.
const ClockLayout = "2006-01-02 15:04 MST"

func (q Queries) approvals(ctx context.Context, person string, now time.Time) (Answered, error) {
	lines, err := q.Approvals(ctx)
	if err != nil {
		return Answered{}, err
	}
	mine, others := q.WaitingFor(ctx, lines, person)
	a := Answered{Title: q.lang.text("Waiting for approval")}
	for i, l := range slices.Concat(mine, others) {
		line := q.lang.approvalText(l, now)
		if i < len(mine) {
			line = q.lang.text("*Waiting for you*: %s", line)
		}
		a.Lines = append(a.Lines, line)
	}
	if len(a.Lines) == 0 {
		a.Lines = []string{q.lang.text("Nothing waits for an approval.")}
	}
	return a, nil
}

func (lang Language) approvalText(l ApprovalLine, now time.Time) string {
	who := ""
	if len(l.Plan.By) > 0 {
		who = lang.text(", asked for by %s", mention(l.Plan.By[0]))
	}
	return lang.text("`%s`: %s%s; %d of %d given, from %s; expires in %s",
		l.ID, lang.release(l.Plan.Action, l.Plan.Service, l.Plan.Version, l.Plan.Env), who, len(l.Approved), l.Required,
		plain(lang.whoever(l.Approvers)), lang.lasting(l.Expires.Sub(now)))
}

// WaitingFor parts approvals into those that this person may give, and the others.
func (q Queries) WaitingFor(ctx context.Context, lines []ApprovalLine, person string) (mine, others []ApprovalLine) {
	for _, l := range lines {
		asked := slices.Contains(l.Plan.By, person) && !q.self(l)
		if person != "" && !asked && !slices.Contains(l.Approved, person) && q.among(ctx, l.Approvers, person) {
			mine = append(mine, l)
			continue
		}
		others = append(others, l)
	}
	return mine, others
}

// self reports whether people may approve there what they asked for.
func (q Queries) self(l ApprovalLine) bool {
	env, ok := q.Policy().Environment(l.Plan.Service, l.Plan.Env)
	return ok && env.Approval.Self
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
	a := Answered{Title: q.lang.text("Locks")}
	for _, l := range lines {
		if l.Lock == nil || !l.Lock.Until.IsZero() && !now.Before(l.Lock.Until) {
			continue
		}
		a.Lines = append(a.Lines, q.lang.text("%s in %s: locked by %s%s: %s", l.Service, l.Environment, mention(l.Lock.By), q.lang.until(l.Lock), plain(l.Lock.Reason)))
	}
	if len(a.Lines) == 0 {
		a.Lines = []string{q.lang.text("Nothing is locked.")}
	}
	return a, nil
}
