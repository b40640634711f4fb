package policy

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Recorded is a release as the log has it: what a policy was asked about then,
// and would be asked about again.
type Recorded struct {
	Service     string
	Environment string
	Action      string // "deploy", "rollback", "verify"
	Version     string
	Commit      string
	At          time.Time // when policy was asked

	Requesters []Witness // the humans who asked; empty: the bot proposed it
	Approvers  []Witness // the humans whose approval counted
	// Healthy holds what had verified healthy by then, by the environments of
	// the service: another file may ask for another one first.
	Healthy map[string][]Build
	// Covered: an approval given before allowed this rollback.
	Covered bool
	// AtLeast so many had to approve whatever the policy said: 1 for a rollback
	// that the bot proposed and where a glass was broken, else 0.
	AtLeast int
	// Glass is who broke the glass of a freeze; "" = nobody.
	Glass string
}

// Witness is somebody whom the log names, and what it tells of the groups that
// they were in then.
type Witness struct {
	ID string
	// Basis is why their approval counted, as it was recorded: a group whose
	// Slack id it names is one they were a member of.
	Basis string
	// Passed is the rule that let them through then: they were one of these.
	Passed []Subject
}

// JudgedAs is what a file says about a recorded release.
type JudgedAs string

// What it may say.
const (
	JudgedAllowed JudgedAs = "allowed"
	JudgedRefused JudgedAs = "refused"
	JudgedShort   JudgedAs = "waiting for approval" // more would have to approve than did
	JudgedUnclear JudgedAs = "unclear"              // it depends on who was in a group
)

// Judgement is what a file says about one recorded release. For all but the
// allowed, Rule, Reason and Line say why.
type Judgement struct {
	As     JudgedAs `json:"as"`
	Rule   string   `json:"rule,omitempty"`
	Reason string   `json:"reason,omitempty"`
	Line   string   `json:"line,omitempty"` // file:line of the rule
	Have   int      `json:"have"`           // approvals that would count
	Need   int      `json:"need"`
}

// Judge says what the file would have said about a recorded release. It looks
// nothing up: the people are taken for full members of the workspace, which
// they were when it was recorded, and for members of the groups that the log
// gives as the reason why they could do what they did. What depends on any
// other membership is unclear.
func (f *File) Judge(rec Recorded) Judgement {
	env, ok := f.Environment(rec.Service, rec.Environment)
	if !ok {
		return f.judged(rec, JudgedRefused, Verdict{
			Rule:   RuleEnvironment,
			Reason: fmt.Sprintf("The file has no %s in %s.", rec.Service, rec.Environment),
		}, RuleEnvironment)
	}
	var unclear *Verdict
	for _, w := range rec.Requesters {
		switch v := MayRequest(env, Person{ID: w.ID}, w.groups(env.Requesters)); {
		case v.Rule == RuleLookup:
			unclear = &Verdict{
				Rule:   RuleRequesters,
				Reason: fmt.Sprintf("Only %s may ask, and whether %s was one of them isn't in the log.", Names(env.Requesters), w.ID),
			}
		case !v.Allowed:
			return f.judged(rec, JudgedRefused, v, v.Rule)
		}
	}
	if rec.Glass == "" {
		if v, _ := Frozen(env, rec.Action, rec.At); !v.Allowed {
			n, _ := FrozenBy(env, rec.Action, rec.At)
			return f.judged(rec, JudgedRefused, v, fmt.Sprintf("%s.%d", RuleFreeze, n))
		}
	}
	if rec.Action != actionRollback && rec.Action != actionVerify {
		if v := After(env, Build{rec.Version, rec.Commit}, rec.Healthy[env.After], nil); !v.Allowed {
			return f.judged(rec, JudgedRefused, v, v.Rule)
		}
	}
	j := f.approvals(env, rec)
	if unclear != nil && j.As != JudgedUnclear {
		have, need := j.Have, j.Need
		j = f.judged(rec, JudgedUnclear, *unclear, unclear.Rule)
		j.Have, j.Need = have, need
	}
	return j
}

// approvals counts those that would count.
func (f *File) approvals(env *Environment, rec Recorded) Judgement {
	need := max(env.Approval.Required, rec.AtLeast)
	if rec.Action == actionVerify || rec.Covered && env.OnFailure == Rollback {
		need = 0
	}
	var requesters []string
	for _, w := range rec.Requesters {
		requesters = append(requesters, w.ID)
	}
	counted, perhaps := map[string]bool{}, map[string]bool{}
	for _, w := range rec.Approvers {
		v := MayApprove(env, Person{ID: w.ID}, requesters, w.groups(env.Approvers()))
		switch {
		case w.ID == rec.Glass:
		case v.Allowed:
			counted[w.ID] = true
		case v.Rule == RuleLookup && (env.Approval.Self || !slices.Contains(requesters, w.ID)):
			perhaps[w.ID] = true
		}
	}
	for id := range counted {
		delete(perhaps, id)
	}
	j := Judgement{As: JudgedAllowed}
	switch have := len(counted); {
	case have >= need:
	case have+len(perhaps) >= need:
		j = f.judged(rec, JudgedUnclear, Verdict{
			Rule: RuleFrom,
			Reason: fmt.Sprintf("%d must approve, %d did who count, and of %d more the log doesn't say whether they were in a group that may.",
				need, have, len(perhaps)),
		}, RuleFrom)
	default:
		rule := RuleRequired
		if len(rec.Approvers) >= need {
			rule = RuleFrom
		}
		j = f.judged(rec, JudgedShort, Verdict{
			Rule:   rule,
			Reason: fmt.Sprintf("%d must approve (%s may), and %d did who count.", need, who(env.Approvers()), have),
		}, rule)
	}
	j.Have, j.Need = len(counted), need
	return j
}

func (f *File) judged(rec Recorded, as JudgedAs, v Verdict, at string) Judgement {
	return Judgement{As: as, Rule: v.Rule, Reason: v.Reason, Line: f.Line(rec.Service, rec.Environment, at)}
}

var errNotRecorded = errors.New("the log doesn't say who was in it then")

var groupWord = regexp.MustCompile(`\bS[A-Z0-9]{2,30}\b`)

// groups answers for one person and one rule, from what the log tells.
func (w Witness) groups(rule []Subject) Groups {
	in := map[string]bool{}
	for _, id := range groupWord.FindAllString(w.Basis, -1) {
		in[id] = true
	}
	passed := slices.DeleteFunc(slices.Clone(w.Passed), func(s Subject) bool { return s.User != "" && s.User != w.ID })
	here := func(s Subject) bool {
		return slices.ContainsFunc(rule, func(r Subject) bool { return r.ID() == s.ID() })
	}
	// Who was one of several and could have been any of them passes a rule that
	// takes them all.
	if !slices.ContainsFunc(passed, func(s Subject) bool { return !here(s) }) {
		for _, s := range passed {
			in[s.Group] = s.Group != ""
		}
	}
	return func(group string) (map[string]bool, error) {
		if in[group] {
			return map[string]bool{w.ID: true}, nil
		}
		return nil, errNotRecorded
	}
}
