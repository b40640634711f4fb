package agent

import "github.com/releasebot/releasebot/tools/changelog"

// appendPayload writes what an event says as its struct's tags say it. The types
// of each release's events are written out here; a field that is added to one of
// them is added here too, or TestEncodeAsTheTagsSay fails.
func appendPayload(b []byte, p Payload) ([]byte, error) {
	o := open(b)
	switch d := p.(type) {
	case *Foreign:
		return append(b, d.Raw...), nil
	case *Trigger:
		d.write(&o)
	case *Message:
		d.write(&o)
	case *PlannerDecision:
		d.write(&o)
	case *ReleaseContext:
		d.write(&o)
	case *Plan:
		d.write(&o)
	case *ApprovalRequested:
		d.write(&o)
	case *DecisionReceived:
		d.write(&o)
	case *ApprovalResponse:
		d.write(&o)
	case *LockRequested:
		o.str("claim", d.Claim)
		o.str("environment", d.Env)
	case *LockAcquired:
		o.str("claim", d.Claim)
		o.num("fence", d.Fence)
	case *LockReleased:
		o.str("claim", d.Claim)
	case *DeployStarted:
		d.write(&o)
	case *DeployResult:
		d.write(&o)
	case *VerifyStarted:
		o.num("try", int64(d.Try))
		o.strs("checks", d.Checks)
	case *PostDeployCheckResult:
		d.write(&o)
	case *Answered:
		d.write(&o)
	case *Posted:
		d.write(&o)
	case *Done:
		o.str("outcome", d.Outcome)
		o.strIf("head", d.Head)
	case *Claim:
		d.write(&o)
	case *Release:
		o.str("claim", d.Claim)
		o.outcome("outcome", &d.Outcome)
	default:
		return appendAny(b, p, false, nil)
	}
	return o.close()
}

func (o *object) place(name string, p *Place) {
	if p == nil {
		return
	}
	in := o.openIn(name)
	in.strIf("team", p.Team)
	in.strIf("channel", p.Channel)
	in.strIf("ts", p.TS)
	o.done(in)
}

func (d *Trigger) write(o *object) {
	o.str("source", d.Source)
	o.str("text", d.Text)
	o.place("slack", d.Slack)
	if d.Intent != nil {
		o.intent("intent", d.Intent)
	}
	o.strIf("parent", d.Parent)
}

func (d *Message) write(o *object) {
	o.str("text", d.Text)
	o.strIf("ts", d.TS)
	if d.Intent != nil {
		o.intent("intent", d.Intent)
	}
	o.yesIf("aside", d.Aside)
}

func (o *object) intent(name string, d *Intent) {
	in := o.openIn(name)
	in.str("intent", string(d.Kind))
	in.strIf("service", d.Service)
	in.strIf("environment", d.Environment)
	in.strIf("version", d.Version)
	in.strsIf("page", d.Page)
	in.strIf("id", d.ID)
	in.strIf("reason", d.Reason)
	in.strIf("for", d.For)
	in.numIf("before", int64(d.Before))
	in.strIf("about", string(d.About))
	in.strIf("since", d.Since)
	in.strIf("language", string(d.Language))
	if d.Question != nil {
		in.any("question", d.Question)
	}
	o.done(in)
}

func (d *PlannerDecision) write(o *object) {
	o.num("of", d.Of)
	o.intent("intent", &d.Intent)
	o.str("planner", d.Planner)
	o.strIf("prompt", d.Prompt)
	if d.Tokens != (Tokens{}) {
		o.any("tokens", d.Tokens)
	}
}

func (o *object) running(name string, r Running) {
	in := o.openIn(name)
	in.strIf("version", r.Version)
	in.strIf("commit", r.Commit)
	in.timeIf("since", r.Since)
	in.yesIf("healthy", r.Healthy)
	o.done(in)
}

func (d *ReleaseContext) write(o *object) {
	in := o.openIn("version")
	in.str("name", d.Version.Name)
	in.strIf("sha", d.Version.SHA)
	in.yesIf("tag", d.Version.Tag)
	o.done(in)
	o.running("current", d.Current)
	if d.Replaces != (Running{}) {
		o.running("replaces", d.Replaces)
	}
	o.running("rollback", d.Rollback)
	if d.Changes != nil {
		o.changes("changes", d.Changes)
	}
	if d.CI != nil {
		o.any("ci", d.CI)
	}
	if d.Last != nil {
		o.outcome("last", d.Last)
	}
	o.yesIf("again", d.Again)
	o.strIf("digest", d.Digest)
	o.strsIf("changed", d.Changed)
	o.strIf("holder", d.Holder)
	o.strsIf("problems", d.Problems)
	if len(d.Baseline) > 0 {
		o.any("baseline", d.Baseline)
	}
}

func (o *object) changes(name string, c *changelog.Changes) {
	if len(c.Commits) > 0 {
		o.any(name, c)
		return
	}
	in := o.openIn(name)
	in.num("total", int64(c.Total))
	in.strsIf("authors", c.Authors)
	in.yesIf("backward", c.Backward)
	in.yesIf("diverged", c.Diverged)
	o.done(in)
}

func (d *Plan) write(o *object) {
	o.num("ordinal", int64(d.Ordinal))
	o.str("digest", d.Digest)
	o.strIf("key", d.Key)
	o.str("action", d.Action)
	o.str("service", d.Service)
	o.str("environment", d.Env)
	o.str("version", d.Version)
	o.strIf("commit", d.Commit)
	o.running("previous", d.Previous)
	o.strIf("rollback", d.Rollback)
	o.strIf("rollback_commit", d.RollbackCommit)
	o.subjectsIf("page", d.Page)
	o.strsIf("checks", d.Checks)
	if d.CI != nil {
		o.any("ci", d.CI)
	}
	o.rawIf("policy", d.Policy)
	o.str("revision", d.Revision)
	o.strIf("covered", d.Covered)
	o.strIf("glass", d.Glass)
	o.yesIf("authors", d.Authors)
	o.strsIf("changed", d.Changed)
	o.strIf("on_failure", string(d.OnFailure))
	o.strIf("why", d.Why)
}

func (d *ApprovalRequested) write(o *object) {
	o.str("id", d.ID)
	o.str("digest", d.Digest)
	o.num("required", int64(d.Required))
	o.subjects("from", d.From)
	o.time("expires", d.Expires)
	o.timeIf("remind_at", d.RemindAt)
	o.timeIf("direct_at", d.DirectAt)
	o.timeIf("escalate_at", d.EscalateAt)
	o.subjectsIf("escalate_to", d.EscalateTo)
	o.strIf("why", d.Why)
}

func (d *DecisionReceived) write(o *object) {
	o.str("verb", string(d.Verb))
	o.str("target", d.Target)
	o.strIf("reason", d.Reason)
	o.str("via", d.Via)
	if d.Edit != nil {
		o.any("edit", d.Edit)
	}
	o.place("slack", d.Slack)
	if d.Seen != nil {
		in := o.openIn("seen")
		in.num("version", d.Seen.Version)
		in.strIf("head", d.Seen.Head)
		o.done(in)
	}
}

func (d *ApprovalResponse) write(o *object) {
	o.str("id", d.ID)
	o.num("of", d.Of)
	o.str("person", d.Person)
	o.str("decision", string(d.Decision))
	o.strIf("reason", d.Reason)
	o.str("basis", d.Basis)
	o.str("digest", d.Digest)
}

func (d *DeployStarted) write(o *object) {
	o.str("key", d.Key)
	o.num("epoch", d.Epoch)
	o.num("fence", d.Fence)
	o.str("owner", d.Owner)
	o.strIf("runner", d.Runner)
	o.numIf("again", int64(d.Again))
}

func (d *DeployResult) write(o *object) {
	o.str("key", d.Key)
	o.str("outcome", string(d.Outcome))
	o.strIf("detail", d.Detail)
	o.strsIf("log", d.Log)
	o.strIf("by", d.By)
}

func (d *PostDeployCheckResult) write(o *object) {
	o.str("verdict", d.Verdict)
	o.strIf("by", d.By)
	if len(d.Checks) == 0 {
		return
	}
	o.list("checks", false, len(d.Checks), func(i int) {
		c, in := &d.Checks[i], o.inner()
		in.str("name", c.Name)
		in.str("verdict", c.Verdict)
		in.strIf("detail", c.Detail)
		in.num("looks", int64(c.Looks))
		in.num("took_ns", int64(c.Took))
		o.done(in)
	})
}

func (d *Answered) write(o *object) {
	o.num("of", d.Of)
	o.str("kind", d.Kind)
	o.str("title", d.Title)
	o.strsIf("lines", d.Lines)
}

func (d *Posted) write(o *object) {
	o.list("views", d.Views == nil, len(d.Views), func(i int) {
		v, in := &d.Views[i], o.inner()
		in.str("key", v.Key)
		in.strIf("channel", v.Channel)
		in.strIf("ts", v.TS)
		in.yesIf("final", v.Final)
		o.done(in)
	})
}

func (d *Claim) write(o *object) {
	o.str("claim", d.Claim)
	o.str("thread", string(d.Thread))
	o.num("number", int64(d.Number))
	o.str("action", d.Action)
	o.str("version", d.Version)
	o.strIf("commit", d.Commit)
	o.strsIf("by", d.By)
}

func (o *object) outcome(name string, d *Outcome) {
	in := o.openIn(name)
	in.str("thread", string(d.Thread))
	in.num("number", int64(d.Number))
	in.str("action", d.Action)
	in.str("version", d.Version)
	in.strIf("commit", d.Commit)
	in.strsIf("by", d.By)
	in.str("outcome", d.Outcome)
	in.yesIf("ran", d.Ran)
	in.yesIf("healthy", d.Healthy)
	in.yesIf("known", d.Known)
	in.timeIf("began", d.Began)
	in.timeIf("at", d.At)
	o.done(in)
}
