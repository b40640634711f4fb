package agent

import "time"

// detailLost is why a release of a thread that has lost events has ended.
const detailLost = "Events of this thread's log have been lost, so nobody knows what was decided and done."

// lose ends everything in a thread that has lost events. What was decided, or
// started, in the part that is lost is not known, so nothing that stands in what
// is left counts any more. Environments that it holds stay held.
func (s *State) lose(e *Event, d *LogLost) {
	if s.Lost != nil {
		return
	}
	s.Lost = &Lost{LogLost: *d, At: s.Now}
	if s.Source == "" {
		s.Source, s.Slack, s.Title = d.Source, d.Slack, d.Title
	}
	for _, r := range s.Releases {
		r.lose(s.Now)
	}
	s.closeClarify(0)
	s.Questions = without(s.Questions, func(q OpenQuestion) bool { return q.Kind != InputClarify })
	s.Watches, s.Aside = nil, nil
	s.tell(e, Humans(s.Asker, s.OnBehalf), "Events of the thread of "+plain(orText(cut(s.Title, 80), "your release"))+
		" have been lost, so nothing more is started there. Look at what really runs, and ask again in a new thread.")
}

// lose ends a release that had not ended. Its claim stays.
func (r *ReleaseState) lose(now time.Time) {
	if r.Stage == StageEnded {
		return
	}
	if r.Outcome == "" {
		r.Outcome, r.Detail, r.Lost = OutcomeUnknown, detailLost, true
	}
	if a := r.Approval; a != nil && a.State == ApprovalPending {
		a.end(ApprovalCanceled, "", now)
		a.Reason = detailLost
	}
	r.Stage, r.Ended, r.Held, r.Click, r.Takeover, r.Waits = StageEnded, now, "", nil, nil, ""
}

// setAside keeps the thread from being run.
func (s *State) setAside(e *Event, d *SetAside) {
	if s.Lost == nil {
		s.Aside = &Aside{SetAside: *d, Seq: e.Seq, At: s.Now}
	}
}
