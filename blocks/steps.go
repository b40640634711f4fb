package blocks

import (
	"strings"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// steps lists what a release does, done and to come, with the time each took.
func steps(r *agent.ReleaseState) []string {
	list := make([]string, 0, 8)
	list = append(list, factsStep(r))
	if r.Action == "verify" {
		return append(list, verifyStep(r)...)
	}
	list = append(list, approvalStep(r), environmentStep(r), deployStep(r))
	return append(list, verifyStep(r)...)
}

// step is one line: a symbol, its name, the word for how it stands, the time.
func step(sym, name, word, time string) string {
	line := sym + " " + name + ": " + word
	if time != "" {
		line += " · " + time
	}
	return line
}

const (
	toCome  = "▫️"
	skipped = "➖"
	fine    = "✅"
	bad     = "❌"
)

func factsStep(r *agent.ReleaseState) string {
	switch {
	case r.Stage == agent.StageContext:
		return step("🔎", "Facts", "looking them up", tries(r))
	case r.Stage == agent.StageLook:
		return step("🔎", "Facts", "looking at them again, right before the start", tries(r))
	case r.Stage == agent.StageVoid:
		return step("⚠️", "Facts", "changed since the approval", "")
	case r.Plan == nil && r.Refused == nil && r.Stage != agent.StagePlan:
		return step(skipped, "Facts", "not looked up", "")
	}
	if r.Approval != nil && r.Plans < 2 {
		return step(fine, "Facts", "looked up", between(r.Asked, r.Approval.Asked))
	}
	return step(fine, "Facts", "looked up", "")
}

func tries(r *agent.ReleaseState) string {
	if r.Tries == 0 {
		return ""
	}
	return plural(r.Tries, "try failed", "tries failed")
}

func approvalStep(r *agent.ReleaseState) string {
	const name = "Approval"
	a := r.Approval
	switch {
	case a == nil && r.Auto != "":
		return step(fine, name, "given beforehand, with "+mono(r.Auto, showName), "")
	case a == nil && r.Plan != nil && r.Plan.Covered != "":
		return step(fine, name, "given beforehand, with "+mono(r.Plan.Covered, showName), "")
	case a == nil && over(r):
		return step(skipped, name, "not asked for", "")
	case a == nil:
		return step(toCome, name, "to come", "")
	case a.Required == 0:
		return step(fine, name, "none needed", "")
	}
	word := approvalWord(a)
	if a.State == agent.ApprovalPending {
		return step("⏳", name, "waiting", "since "+clock(a.Asked))
	}
	return step(symbol(string(a.State)), name, word, between(a.Asked, a.Decided))
}

func environmentStep(r *agent.ReleaseState) string {
	const name = "Environment"
	switch {
	case r.Stage == agent.StageClaim && r.Waits != "":
		return step("⏳", name, "waiting", "since "+clock(r.WaitsSince))
	case r.Stage == agent.StageClaim:
		return step("🔎", name, "claiming it", "")
	case r.Deploy != nil, r.Fence > 0:
		return step(fine, name, "claimed", waited(r))
	case over(r):
		return step(skipped, name, "not claimed", "")
	}
	return step(toCome, name, "to come", "")
}

// waited is the time from the approval to the start, where there was a start.
func waited(r *agent.ReleaseState) string {
	if r.Approval == nil || r.Deploy == nil {
		return ""
	}
	return between(r.Approval.Decided, r.Deploy.Began)
}

func deployStep(r *agent.ReleaseState) string {
	name := "Deploy"
	if r.Action == "rollback" {
		name = "Rollback"
	}
	d := r.Deploy
	switch {
	case d == nil && over(r):
		return step(skipped, name, "not started", "")
	case d == nil:
		return step(toCome, name, "to come", "")
	case d.Outcome == "" && r.Lost:
		return step("❓", name, agent.OutcomeUnknown, "since "+clock(d.Began))
	case d.Outcome == "":
		word := "running"
		if d.Percent >= 0 {
			word += " " + bar(d.Percent)
		}
		if t := say(d.Text, showLine); t != "" {
			word += " " + t
		}
		return step("🚀", name, word, "since "+clock(d.Began))
	}
	word, sym := string(d.Outcome), bad
	switch d.Outcome {
	case agent.Deployed:
		sym = fine
	case agent.DeployUnknown:
		sym = "❓"
	case agent.DeployFailed, agent.DeployNotBegun:
	}
	if t := say(d.Detail, showLine); t != "" && d.Outcome != agent.Deployed && !strings.Contains(because(r), t) { // that stands on top
		word += ": " + t
	}
	if d.By != "" {
		word += ", says " + mention(d.By)
	}
	return step(sym, name, word, between(d.Began, d.Ended))
}

func verifyStep(r *agent.ReleaseState) []string {
	const name = "Verify"
	v := r.Verify
	switch {
	case v != nil && v.Verdict != "":
		list := []string{step(symbol(v.Verdict), name, say(v.Verdict, showName), between(v.Began, v.Ended))}
		return append(list, checkLines(v)...)
	case v != nil && r.Stage == agent.StageVerify:
		return []string{step("🩺", name, "checking "+checkNames(v.Checks), "since "+clock(v.Began))}
	case v != nil:
		return []string{step(skipped, name, "stopped", "")}
	case r.Deploy != nil && r.Deploy.Outcome == agent.Deployed && (r.Plan == nil || len(r.Plan.Checks) == 0):
		return []string{step(fine, name, "no checks: counts as healthy", "")}
	case over(r):
		return []string{step(skipped, name, "not done", "")}
	case r.Plan != nil && len(r.Plan.Checks) > 0:
		return []string{step(toCome, name, checkNames(r.Plan.Checks)+" to come", "")}
	}
	return []string{step(toCome, name, "to come", "")}
}

// checkLines names each check that did not pass, or all where that is one line.
func checkLines(v *agent.VerifyRun) []string {
	const most = 8
	var list []string
	for i, c := range v.Results {
		if i == most {
			return append(list, "└ … and "+plural(len(v.Results)-most, "more check", "more checks"))
		}
		line := "└ " + symbol(c.Verdict) + " " + say(c.Name, showName) + ": " + say(c.Verdict, showName)
		if d := say(c.Detail, showLine); d != "" {
			line += ", " + d
		}
		var parts []string
		if c.Looks > 0 {
			parts = append(parts, plural(c.Looks, "look", "looks"))
		}
		if c.Took >= worth {
			parts = append(parts, took(c.Took.Truncate(time.Millisecond)))
		}
		if len(parts) > 0 {
			line += " · " + strings.Join(parts, " in ")
		}
		list = append(list, line)
	}
	return list
}

func checkNames(names []string) string {
	if len(names) == 0 {
		return "its health"
	}
	return named(names, func(n string) string { return say(n, showName) })
}

// over reports whether nothing more is going to be started.
func over(r *agent.ReleaseState) bool { return r.Outcome != "" || r.Stage == agent.StageEnded }
