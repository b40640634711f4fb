package policy_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/releasebot/releasebot/policy"
)

var (
	alice  = policy.Subject{Name: "alice", User: "U0ALICE"}
	oncall = policy.Subject{Name: "oncall", Group: "S0ONCALL"}
	ops    = policy.Subject{Group: "S0OPS"}
)

// directory is Slack's user groups: those that aren't in it can't be looked up.
func directory(groups map[string][]string) policy.Groups {
	return func(group string) (map[string]bool, error) {
		list, ok := groups[group]
		if !ok {
			return nil, errors.New("slack answers 500")
		}
		members := map[string]bool{}
		for _, id := range list {
			members[id] = true
		}
		return members, nil
	}
}

func production(change func(*policy.Environment)) *policy.Environment {
	e := &policy.Environment{
		Service: "shop", Name: "production", After: "staging",
		Requesters: []policy.Subject{oncall},
		Approval:   policy.Approval{Required: 1, From: []policy.Subject{oncall, alice}},
	}
	if change != nil {
		change(e)
	}
	return e
}

// check compares a verdict by what decides, and sees that a refusal explains itself.
func check(t *testing.T, v policy.Verdict, allowed bool, rule string, words ...string) {
	t.Helper()
	if v.Allowed != allowed || v.Rule != rule {
		t.Errorf("got %+v, want allowed %t by %q", v, allowed, rule)
	}
	if !v.Allowed && (v.Reason == "" || v.Remedy == "") {
		t.Errorf("a refusal without reason or remedy: %+v", v)
	}
	for _, w := range words {
		if !strings.Contains(v.Reason, w) {
			t.Errorf("the reason %q doesn't say %q", v.Reason, w)
		}
	}
}

// Nobody but full, active, human members of this workspace may do anything,
// whatever the policy says.
func TestOnlyFullMembersMayDoAnything(t *testing.T) {
	open := production(func(e *policy.Environment) {
		e.Requesters = nil
		e.Approval = policy.Approval{Required: 1, From: []policy.Subject{alice}, Self: true}
	})
	groups := directory(nil)
	for _, c := range []struct {
		rule   string
		person policy.Person
	}{
		{policy.RuleUnknown, policy.Person{}},
		{policy.RuleGuest, policy.Person{ID: "U0ALICE", Guest: true}},
		{policy.RuleDeactivated, policy.Person{ID: "U0ALICE", Deleted: true}},
		{policy.RuleBot, policy.Person{ID: "U0ALICE", Bot: true}},
		{policy.RuleOtherTeam, policy.Person{ID: "U0ALICE", Foreign: true}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			check(t, policy.MayLook(c.person), false, c.rule)
			check(t, policy.MayRequest(open, c.person, groups), false, c.rule)
			check(t, policy.MayDecide(open, c.person, groups), false, c.rule)
			check(t, policy.MayApprove(open, c.person, nil, groups), false, c.rule)
		})
	}
	check(t, policy.MayLook(policy.Person{ID: "U0ALICE"}), true, "")
}

// What can't be checked is refused: the zero value, no policy, a group that
// can't be looked up.
func TestClosedByDefault(t *testing.T) {
	bob := policy.Person{ID: "U0BOB"}
	if (policy.Verdict{}).Allowed {
		t.Error("the zero verdict allows")
	}
	check(t, policy.MayRequest(nil, bob, nil), false, policy.RuleEnvironment)
	check(t, policy.MayDecide(nil, bob, nil), false, policy.RuleEnvironment)
	check(t, policy.MayApprove(nil, bob, nil, nil), false, policy.RuleEnvironment)
	check(t, policy.After(nil, policy.Build{}, nil, nil), false, policy.RuleEnvironment)
	if have, need := policy.Quorum(nil, []string{"U0BOB"}); have >= need {
		t.Errorf("without a policy %d of %d approvals are enough", have, need)
	}

	down := directory(nil)
	check(t, policy.MayRequest(production(nil), bob, down), false, policy.RuleLookup, "oncall (group)", "slack answers 500")
	check(t, policy.MayApprove(production(nil), bob, nil, down), false, policy.RuleLookup)
	check(t, policy.MayApprove(production(nil), bob, nil, nil), false, policy.RuleLookup)
	nobody := production(func(e *policy.Environment) { e.Approval.From = nil })
	check(t, policy.MayApprove(nobody, bob, nil, down), false, policy.RuleFrom)
}

// Somebody who is named, or is in a group that answers, needs no group that doesn't.
func TestLookupFailureRefusesOnlyWhoNeedsIt(t *testing.T) {
	env := production(func(e *policy.Environment) { e.Approval.From = []policy.Subject{ops, oncall, alice} })
	groups := directory(map[string][]string{"S0ONCALL": {"U0CAROL"}})
	check(t, policy.MayApprove(env, policy.Person{ID: "U0ALICE"}, nil, groups), true, policy.RuleFrom)
	check(t, policy.MayApprove(env, policy.Person{ID: "U0CAROL"}, nil, groups), true, policy.RuleFrom)
	check(t, policy.MayApprove(env, policy.Person{ID: "U0DAVE"}, nil, groups), false, policy.RuleLookup, "S0OPS (group)")
}

func TestMayRequest(t *testing.T) {
	groups := directory(map[string][]string{"S0ONCALL": {"U0CAROL"}})
	check(t, policy.MayRequest(production(nil), policy.Person{ID: "U0CAROL"}, groups), true, policy.RuleRequesters)
	check(t, policy.MayRequest(production(nil), policy.Person{ID: "U0ALICE"}, groups), false, policy.RuleRequesters,
		"Only oncall (group) may ask for releases of shop in production")
	anybody := production(func(e *policy.Environment) { e.Requesters = nil })
	check(t, policy.MayRequest(anybody, policy.Person{ID: "U0ALICE"}, nil), true, policy.RuleRequesters)
}

func TestMayApprove(t *testing.T) {
	groups := directory(map[string][]string{"S0ONCALL": {"U0CAROL"}})
	env := production(nil)
	person := policy.Person{ID: "U0ALICE"}
	check(t, policy.MayApprove(env, person, []string{"U0CAROL"}, groups), true, policy.RuleFrom)
	check(t, policy.MayApprove(env, policy.Person{ID: "U0BOB"}, []string{"U0CAROL"}, groups), false, policy.RuleFrom,
		"Only oncall (group) or alice may")

	// A token's human and the person on whose behalf it asks both count as requesters.
	check(t, policy.MayApprove(env, person, []string{"U0CAROL", "U0ALICE"}, groups), false, policy.RuleSelf, "themselves")
	check(t, policy.MayDecide(env, person, groups), true, policy.RuleFrom)
	self := production(func(e *policy.Environment) { e.Approval.Self = true })
	check(t, policy.MayApprove(self, person, []string{"U0ALICE"}, groups), true, policy.RuleFrom)
	check(t, policy.MayApprove(self, policy.Person{ID: "U0BOB"}, []string{"U0BOB"}, groups), false, policy.RuleFrom)
}

// Where nothing needs an approval and nobody is named for one, those who may
// ask decide what else there is to decide.
func TestDecidersWithoutApproval(t *testing.T) {
	env := production(func(e *policy.Environment) { e.Approval = policy.Approval{} })
	groups := directory(map[string][]string{"S0ONCALL": {"U0CAROL"}})
	check(t, policy.MayDecide(env, policy.Person{ID: "U0CAROL"}, groups), true, policy.RuleRequesters)
	check(t, policy.MayDecide(env, policy.Person{ID: "U0BOB"}, groups), false, policy.RuleRequesters)
	if diff := cmp.Diff([]policy.Subject{oncall}, env.Approvers()); diff != "" {
		t.Error(diff)
	}
	if got := production(func(e *policy.Environment) { e.Approval.From = nil }).Approvers(); len(got) != 0 {
		t.Errorf("an approval that names nobody has the approvers %v", got)
	}
}

// One human counts once, and nobody not at all.
func TestQuorum(t *testing.T) {
	env := production(func(e *policy.Environment) { e.Approval.Required = 2 })
	for _, c := range []struct {
		approvers []string
		have      int
	}{
		{nil, 0},
		{[]string{"U0ALICE"}, 1},
		{[]string{"U0ALICE", "U0ALICE", ""}, 1},
		{[]string{"U0ALICE", "U0BOB", "U0ALICE"}, 2},
	} {
		if have, need := policy.Quorum(env, c.approvers); have != c.have || need != 2 {
			t.Errorf("%v: %d of %d", c.approvers, have, need)
		}
	}
}

func TestAfter(t *testing.T) {
	env := production(nil)
	ship := policy.Build{Version: "v1.4.2", Commit: "abc"}
	for _, c := range []struct {
		name    string
		env     *policy.Environment
		ship    policy.Build
		healthy []policy.Build
		err     error
		allowed bool
		rule    string
	}{
		{"healthy there before", env, ship, []policy.Build{{Version: "v1.4.3", Commit: "def"}, ship}, nil, true, policy.RuleAfter},
		{"nothing healthy there", env, ship, nil, nil, false, policy.RuleAfter},
		{"another version", env, ship, []policy.Build{{Version: "v1.4.1", Commit: "abc"}}, nil, false, policy.RuleAfter},
		{"the tag has moved", env, ship, []policy.Build{{Version: "v1.4.2", Commit: "def"}}, nil, false, policy.RuleAfter},
		{"no version at all", env, policy.Build{}, []policy.Build{{}}, nil, false, policy.RuleAfter},
		{"can't be looked up", env, ship, []policy.Build{ship}, errors.New("the store is away"), false, policy.RuleLookup},
		{"no order", production(func(e *policy.Environment) { e.After = "" }), ship, nil, nil, true, policy.RuleAfter},
	} {
		t.Run(c.name, func(t *testing.T) {
			check(t, policy.After(c.env, c.ship, c.healthy, c.err), c.allowed, c.rule)
		})
	}
	if v := policy.After(env, ship, nil, nil); v.Remedy != "Deploy shop v1.4.2 to staging first." {
		t.Errorf("remedy: %s", v.Remedy)
	}
}

// A role covers itself and the weaker ones; a role that isn't known covers nothing.
func TestRoles(t *testing.T) {
	roles := policy.Roles()
	for i, have := range roles {
		for j, need := range roles {
			if have.Covers(need) != (i >= j) {
				t.Errorf("%s covers %s: %t", have, need, have.Covers(need))
			}
		}
		if have.Covers("owner") || policy.Role("owner").Covers(have) || policy.Role("").Covers(have) {
			t.Errorf("an unknown role beside %s", have)
		}
	}
}
