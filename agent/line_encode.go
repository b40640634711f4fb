package agent

// The lines of lists and what a digest covers, written as their structs' tags
// say. See [object] for why.

func (l *ThreadLine) encode() ([]byte, error) {
	o := open(make([]byte, 0, 512))
	o.str("id", string(l.ID))
	o.str("state", l.State)
	o.str("title", l.Title)
	o.time("began", l.Began)
	o.time("updated", l.Updated)
	o.place("slack", l.Slack)
	if len(l.Releases) > 0 {
		o.list("releases", false, len(l.Releases), func(i int) {
			in := o.inner()
			l.Releases[i].write(&in)
			o.done(in)
		})
	}
	o.strIf("problem", l.Problem)
	return o.close()
}

func (l *ReleaseLine) write(o *object) {
	o.str("id", l.ID)
	o.str("action", l.Action)
	o.str("service", l.Service)
	o.str("environment", l.Env)
	o.str("version", l.Version)
	o.str("state", l.State)
	o.strsIf("by", l.By)
	o.strIf("commit", l.Commit)
	o.strIf("digest", l.Digest)
	o.strIf("replaces", l.Replaces)
	o.strIf("rollback", l.Rollback)
}

func (l *ApprovalLine) encode() ([]byte, error) {
	o := open(make([]byte, 0, 512))
	o.str("id", l.ID)
	o.str("thread", string(l.Thread))
	o.str("state", string(l.State))
	o.num("required", int64(l.Required))
	o.strsIf("approved", l.Approved)
	o.strsIf("from", l.From)
	o.subjectsIf("approvers", l.Approvers)
	o.time("expires", l.Expires)
	in := o.openIn("plan")
	l.Plan.write(&in)
	o.done(in)
	return o.close()
}

func (l *EnvironmentLine) encode() ([]byte, error) {
	o := open(make([]byte, 0, 512))
	o.str("id", l.ID)
	o.str("service", l.Service)
	o.str("environment", l.Environment)
	o.running("running", l.Running)
	o.strIf("holder", l.Holder)
	if l.HolderSince != nil {
		o.time("holder_since", *l.HolderSince)
	}
	o.strsIf("waiting", l.Waiting)
	if l.Lock != nil {
		o.any("lock", l.Lock)
	}
	if l.Last != nil {
		o.outcome("last", l.Last)
	}
	o.strIf("lost", l.Lost)
	return o.close()
}

// encode writes what is hashed, as json.Marshal did from the start: a digest never changes.
func (d *digested) encode() ([]byte, error) {
	o := open(make([]byte, 0, 384+len(d.Policy)+len(d.Args)))
	o.html = true
	o.num("v", int64(d.V))
	o.str("action", d.Action)
	o.str("service", d.Service)
	o.str("environment", d.Env)
	o.str("version", d.Version)
	o.str("commit", d.Commit)
	o.str("driver", d.Driver)
	o.rawIf("args", d.Args)
	o.str("previous", d.Previous)
	o.str("previous_commit", d.PreviousCommit)
	o.strIf("auto_rollback", d.AutoRollback)
	o.strIf("glass", d.Glass)
	o.strIf("ci", d.CI)
	o.raw("policy", d.Policy)
	return o.close()
}
