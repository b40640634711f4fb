package agent

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/releasebot/releasebot/internal/planted"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/ci"
)

// digestVersion is part of every digest, so that a change of what it covers can't look like the same plan.
const digestVersion = 1

// digested is what a digest covers, in this order. Shown, decided and executed are the same digest.
type digested struct {
	V              int             `json:"v"`
	Action         string          `json:"action"`
	Service        string          `json:"service"`
	Env            string          `json:"environment"`
	Version        string          `json:"version"`
	Commit         string          `json:"commit"`
	Driver         string          `json:"driver"`
	Args           json.RawMessage `json:"args,omitempty"`
	Previous       string          `json:"previous"`
	PreviousCommit string          `json:"previous_commit"`
	AutoRollback   string          `json:"auto_rollback,omitempty"`
	Glass          string          `json:"glass,omitempty"`
	CI             string          `json:"ci,omitempty"` // "failed", or nothing: other words void no approval
	Policy         json.RawMessage `json:"policy"`
}

// newPlan makes the plan that the facts and the environment's policy give. It is pure.
// canonical is the policy's canonical form.
func newPlan(s *State, r *ReleaseState, env *policy.Environment, canonical []byte, revision string, facts *ReleaseContext) (*Plan, error) {
	p := &Plan{
		Ordinal: r.Plans + 1, Action: r.Action, Service: r.Service, Env: r.Env,
		Version: facts.Version.Name, Commit: facts.Version.SHA, Previous: facts.Replaces,
		Page: env.Page, Policy: canonical, Revision: revision, OnFailure: env.OnFailure,
	}
	if r.Action == "deploy" && facts.Rollback.Version != "" && env.OnFailure != policy.PageOnly {
		p.Rollback, p.RollbackCommit = facts.Rollback.Version, facts.Rollback.Commit
	}
	p.CI = facts.CI
	p.Authors = slices.Contains(env.Notify, policy.NotifyAuthors)
	for _, c := range env.Verify {
		p.Checks = append(p.Checks, c.Name)
	}
	d := digested{
		V: digestVersion, Action: p.Action, Service: p.Service, Env: p.Env, Version: p.Version, Commit: p.Commit,
		Driver: env.Deploy.Driver, Args: env.Deploy.Args, Previous: p.Previous.Version, PreviousCommit: p.Previous.Commit, Policy: canonical,
	}
	if g := r.Glass; g != nil {
		p.Glass = mention(g.By) + ": " + plain(g.Reason)
		d.Glass = p.Glass
	}
	if env.OnFailure == policy.Rollback {
		d.AutoRollback = p.Rollback
	}
	if ciFailed(p.CI) {
		d.CI = string(ci.Failed)
	}
	b, err := d.encode()
	if err != nil {
		return nil, fmt.Errorf("digesting the plan of %s: %w", r.ID, err)
	}
	h := sha256.Sum256(b)
	p.Digest = hex.EncodeToString(h[:])
	if r.Action != "verify" {
		p.Key = "rb-" + derive(26, "key", string(s.ID), fmt.Sprint(r.N), fmt.Sprint(p.Ordinal), p.Digest)
	}
	p.Changed = differences(r.Plan, p)
	if of := s.Release(r.Of); r.Auto != "" && of != nil && of.Plan != nil && of.Plan.Rollback == p.Version && of.Plan.RollbackCommit == p.Commit {
		p.Covered = r.Auto
	}
	p.Why = why(env, r)
	return p, nil
}

// differences says, for people, what is different between two plans of one release.
func differences(old, p *Plan) []string {
	if old == nil || old.Digest == p.Digest {
		return nil
	}
	var out []string
	if old.Version != p.Version || old.Commit != p.Commit {
		out = append(out, fmt.Sprintf("%s is now %s, it was %s", p.Version, short(p.Commit), short(old.Commit)))
	}
	if old.Previous.Version != p.Previous.Version || old.Previous.Commit != p.Previous.Commit {
		out = append(out, fmt.Sprintf("%s now runs %s, it was %s", p.Env, orNothing(p.Previous.Version), orNothing(old.Previous.Version)))
	}
	if old.Rollback != p.Rollback {
		out = append(out, fmt.Sprintf("a failure now goes back to %s, it was %s", orNothing(p.Rollback), orNothing(old.Rollback)))
	}
	if ciFailed(old.CI) != ciFailed(p.CI) {
		out = append(out, fmt.Sprintf("CI of %s now says %s, it said %s", p.Version, ciWord(p.CI), ciWord(old.CI)))
	}
	if old.Revision != p.Revision {
		out = append(out, fmt.Sprintf("the policy file is now %s, it was %s", p.Revision, old.Revision))
	}
	if len(out) == 0 {
		out = append(out, "the environment's policy has changed")
	}
	return out
}

func short(commit string) string {
	if commit == "" {
		return "without a commit"
	}
	if len(commit) > 8 {
		return commit[:8]
	}
	return commit
}

func orNothing(version string) string {
	if version == "" {
		return "nothing that is known"
	}
	return version
}

func why(env *policy.Environment, r *ReleaseState) string {
	switch n := env.Approval.Required; {
	case r.Glass != nil:
		return fmt.Sprintf("%s broke the glass of a freeze (%s); another approver has to agree.", mention(r.Glass.By), plain(r.Glass.Reason))
	case r.proposed():
		return "The bot proposes this rollback; a person has to want it."
	case n == 1:
		return fmt.Sprintf("The policy of %s asks for an approval.", env.Name)
	case n > 1:
		return fmt.Sprintf("The policy of %s asks for the approval of %d people.", env.Name, n)
	}
	return ""
}

// required is how many people have to approve.
func (r *ReleaseState) required(env *policy.Environment) int {
	if r.proposed() || r.Glass != nil {
		return max(1, env.Approval.Required)
	}
	return env.Approval.Required
}

// proposed: the bot proposed it, and no person has asked for it.
func (r *ReleaseState) proposed() bool {
	return r.Action == "rollback" && len(r.By) == 0 && r.Actor == Bot && r.Auto == ""
}

// call is what tools are told about a release with a plan.
func (r *ReleaseState) call(env *policy.Environment) tools.Call {
	p := r.Plan
	c := tools.Call{
		Key: p.Key, Release: r.ID, Action: p.Action, Service: p.Service, Environment: p.Env, Version: p.Version, Commit: p.Commit,
		PreviousVersion: p.Previous.Version, PreviousCommit: p.Previous.Commit,
		Args: env.Deploy.Args, Timeout: env.Deploy.Timeout.Std(),
	}
	if r.Deploy != nil {
		c.Runner = r.Deploy.Runner
	}
	if planted.Is(planted.RandomKey) {
		c.Key += c.Runner
	}
	return c
}

// checkVersion refuses what can be no version, before it is handed to anything.
func checkVersion(v string) error {
	if v == "" {
		return fmt.Errorf("no version is named")
	}
	if len(v) > 128 {
		return fmt.Errorf("the version is %d characters long; at most 128 can be one", len(v))
	}
	const marks = "._+-/@:~"
	for i, c := range v {
		alnum := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alnum && (i == 0 || !strings.ContainsRune(marks, c)) {
			return fmt.Errorf("%q can't be a version: it begins with a letter or digit and holds letters, digits and %s", v, marks)
		}
	}
	return nil
}
