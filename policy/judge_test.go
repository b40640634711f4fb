package policy_test

import (
	"strings"
	"testing"

	"github.com/releasebot/releasebot/policy"
)

const judged = `version: 1
people:
  oncall: {group: S0ONCALL}
  leads: {group: S0LEADS}
  alice: {user: U0ALICE}
services:
  shop:
    environments:
      staging:
        deploy: {driver: command, start: [x]}
      production:
        after: staging
        requesters: [oncall, alice]
        approval:
          required: 1
          from: [leads, alice]
        freeze:
          - {days: [2026-12-24]}
          - {from: "Fri 16:00", until: "Mon 08:00"}
        deploy: {driver: command, start: [x]}
`

// recorded is a deploy that the file above lets through.
func recorded(t *testing.T, change func(*policy.Recorded)) policy.Recorded {
	rec := policy.Recorded{
		Service: "shop", Environment: "production", Action: "deploy", Version: "v1.4.2", Commit: "abc",
		At:         moment(t, "2026-11-04T10:00:00Z"),
		Requesters: []policy.Witness{{ID: "U0BOB", Passed: []policy.Subject{oncall, alice}}},
		Approvers:  []policy.Witness{{ID: "U0CAROL", Basis: "member of leads (group), S0LEADS"}},
		Healthy:    map[string][]policy.Build{"staging": {{Version: "v1.4.2", Commit: "abc"}}},
	}
	if change != nil {
		change(&rec)
	}
	return rec
}

// What was done under a file is what the file still says of it, and a changed
// file says what is different, with the line.
func TestJudge(t *testing.T) {
	bySubject := func(s ...policy.Subject) func(*policy.Recorded) {
		return func(r *policy.Recorded) { r.Requesters[0].Passed = s }
	}
	for _, c := range []struct {
		name     string
		old, now string // in the file
		change   func(*policy.Recorded)
		as       policy.JudgedAs
		rule     string
		line     string
	}{
		{"the same file", "", "", nil, policy.JudgedAllowed, "", ""},
		{"no such environment", "      production:", "      live:", nil, policy.JudgedRefused, policy.RuleEnvironment, "releasebot.yml:7"},
		{"no such service", "", "", func(r *policy.Recorded) { r.Service = "till" }, policy.JudgedRefused, policy.RuleEnvironment, "releasebot.yml:1"},

		{"in a freeze", "", "", func(r *policy.Recorded) { r.At = moment(t, "2026-11-07T10:00:00Z") }, policy.JudgedRefused, policy.RuleFreeze, "releasebot.yml:19"},
		{"a rollback in a freeze", "", "", func(r *policy.Recorded) {
			r.At, r.Action, r.Healthy = moment(t, "2026-11-07T10:00:00Z"), "rollback", nil
		}, policy.JudgedAllowed, "", ""},
		{"a broken glass", "", "", func(r *policy.Recorded) {
			r.At, r.Glass, r.AtLeast = moment(t, "2026-11-07T10:00:00Z"), "U0ALICE", 1
		}, policy.JudgedAllowed, "", ""},
		{"who broke the glass approves", "", "", func(r *policy.Recorded) {
			r.At, r.Glass, r.AtLeast = moment(t, "2026-11-07T10:00:00Z"), "U0CAROL", 1
		}, policy.JudgedShort, policy.RuleFrom, "releasebot.yml:16"},

		{"never healthy before", "", "", func(r *policy.Recorded) { r.Healthy = nil }, policy.JudgedRefused, policy.RuleAfter, "releasebot.yml:12"},
		{"healthy elsewhere", "", "", func(r *policy.Recorded) {
			r.Healthy = map[string][]policy.Build{"canary": r.Healthy["staging"]}
		}, policy.JudgedRefused, policy.RuleAfter, "releasebot.yml:12"},

		{"one more must approve", "required: 1", "required: 2", nil, policy.JudgedShort, policy.RuleRequired, "releasebot.yml:15"},
		{"the same person twice", "required: 1", "required: 2", func(r *policy.Recorded) {
			r.Approvers = append(r.Approvers, r.Approvers[0])
		}, policy.JudgedShort, policy.RuleFrom, "releasebot.yml:16"},
		{"no approval at all", "", "", func(r *policy.Recorded) { r.Approvers = nil }, policy.JudgedShort, policy.RuleRequired, "releasebot.yml:15"},
		{"their own approval", "", "", func(r *policy.Recorded) { r.Approvers[0].ID = "U0BOB" }, policy.JudgedShort, policy.RuleFrom, "releasebot.yml:16"},
		{"their own, which may be", "from: [leads, alice]", "from: [leads]\n          self: true", func(r *policy.Recorded) {
			r.Approvers[0].ID = "U0BOB"
		}, policy.JudgedAllowed, "", ""},
		{"an approver no more", "from: [leads, alice]", "from: [alice]", nil, policy.JudgedShort, policy.RuleFrom, "releasebot.yml:16"},
		{"an approver of another group", "from: [leads, alice]", "from: [oncall]", nil, policy.JudgedUnclear, policy.RuleFrom, "releasebot.yml:16"},
		{"one of whom nothing is known", "", "", func(r *policy.Recorded) { r.Approvers[0].Basis = "named in the policy as carol" }, policy.JudgedUnclear, policy.RuleFrom, "releasebot.yml:16"},
		{"a verify needs none", "", "", func(r *policy.Recorded) {
			r.Action, r.Approvers, r.Healthy, r.At = "verify", nil, nil, moment(t, "2026-12-24T10:00:00Z")
		}, policy.JudgedAllowed, "", ""},
		{"a proposed rollback", "required: 1", "required: 0", func(r *policy.Recorded) {
			r.Action, r.Approvers, r.Requesters, r.AtLeast = "rollback", nil, nil, 1
		}, policy.JudgedShort, policy.RuleRequired, "releasebot.yml:15"},
		{"a rollback that was allowed before", "", "", func(r *policy.Recorded) {
			r.Action, r.Approvers, r.Requesters, r.Covered = "rollback", nil, nil, true
		}, policy.JudgedShort, policy.RuleRequired, "releasebot.yml:15"},
		{"and still is", "        approval:", "        on_failure: rollback\n        approval:", func(r *policy.Recorded) {
			r.Action, r.Approvers, r.Requesters, r.Covered = "rollback", nil, nil, true
		}, policy.JudgedAllowed, "", ""},

		{"a requester no more", "requesters: [oncall, alice]", "requesters: [alice]", nil, policy.JudgedRefused, policy.RuleRequesters, "releasebot.yml:13"},
		{"a requester of fewer groups", "requesters: [oncall, alice]", "requesters: [oncall]", bySubject(oncall, ops), policy.JudgedUnclear, policy.RuleRequesters, "releasebot.yml:13"},
		{"a requester of all groups", "", "", bySubject(oncall, alice), policy.JudgedAllowed, "", ""},
		{"a requester who was anybody", "", "", bySubject(), policy.JudgedUnclear, policy.RuleRequesters, "releasebot.yml:13"},
		{"a requester who is anybody", "requesters: [oncall, alice]", "", bySubject(), policy.JudgedAllowed, "", ""},
		{"a requester by name", "requesters: [oncall, alice]", "requesters: [alice]", func(r *policy.Recorded) {
			r.Requesters[0] = policy.Witness{ID: "U0ALICE"}
		}, policy.JudgedAllowed, "", ""},
		{"one who was named, in a group perhaps", "requesters: [oncall, alice]", "requesters: [oncall]", func(r *policy.Recorded) {
			r.Requesters[0] = policy.Witness{ID: "U0ALICE", Passed: []policy.Subject{oncall, alice}}
		}, policy.JudgedUnclear, policy.RuleRequesters, "releasebot.yml:13"},
		{"unclear, and frozen anyhow", "", "", func(r *policy.Recorded) {
			r.Requesters[0].Passed, r.At = nil, moment(t, "2026-12-24T10:00:00Z")
		}, policy.JudgedRefused, policy.RuleFreeze, "releasebot.yml:18"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(judged, c.old) {
				t.Fatalf("the file has no %q", c.old)
			}
			f := mustParse(t, []byte(strings.Replace(judged, c.old, c.now, 1)))
			j := f.Judge(recorded(t, c.change))
			if j.As != c.as || j.Rule != c.rule || j.Line != c.line {
				t.Fatalf("got %+v, want %s by %q in %q", j, c.as, c.rule, c.line)
			}
			if (j.Reason == "") != (j.As == policy.JudgedAllowed) {
				t.Errorf("%s, because %q", j.As, j.Reason)
			}
		})
	}
}

// Approvals that would count are counted, and how many are needed.
func TestJudgeCounts(t *testing.T) {
	f := mustParse(t, []byte(strings.Replace(judged, "required: 1", "required: 3", 1)))
	j := f.Judge(recorded(t, func(r *policy.Recorded) {
		r.Approvers = append(r.Approvers, policy.Witness{ID: "U0ALICE"}, policy.Witness{ID: "U0ALICE", Basis: "named in the policy as alice"})
	}))
	if j.As != policy.JudgedShort || j.Have != 2 || j.Need != 3 {
		t.Errorf("got %+v", j)
	}
	if want := "3 must approve (leads (group) or alice may), and 2 did who count."; j.Reason != want {
		t.Errorf("got %q, want %q", j.Reason, want)
	}
}
