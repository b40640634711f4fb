package agent

import (
	"slices"
	"time"
)

// Claim puts a release in an environment's queue. Its id makes it idempotent.
type Claim struct {
	Claim   string   `json:"claim"`
	Thread  ThreadID `json:"thread"`
	Number  int      `json:"number"`
	Action  string   `json:"action"`
	Version string   `json:"version"`
	Commit  string   `json:"commit,omitempty"`
	By      []string `json:"by,omitempty"` // the people who asked
}

// Outcome is how a release ended in its environment.
type Outcome struct {
	Thread  ThreadID  `json:"thread"`
	Number  int       `json:"number"`
	Action  string    `json:"action"`
	Version string    `json:"version"`
	Commit  string    `json:"commit,omitempty"`
	By      []string  `json:"by,omitempty"`
	Outcome string    `json:"outcome"`       // the contract's words
	Ran     bool      `json:"ran,omitempty"` // the environment was, or may have been, changed
	Healthy bool      `json:"healthy,omitempty"`
	Known   bool      `json:"known,omitempty"` // Version is what runs there now
	Began   time.Time `json:"began,omitzero"`
	At      time.Time `json:"at,omitzero"` // of the event; filled in by the fold
}

// Release gives an environment back, with how the release ended there.
type Release struct {
	Claim   string  `json:"claim"`
	Outcome Outcome `json:"outcome"`
}

// lostClaim is what a take-over takes an environment from whose log has lost
// events, where nobody stands before the one who takes it.
const lostClaim = "lost"

// Takeover gives the environment to another claim, by an approver's word.
type Takeover struct {
	Claim  string `json:"claim"`
	From   string `json:"from"`
	By     string `json:"by"`
	Reason string `json:"reason"`
}

// HumanLock keeps releases out until it is taken off.
type HumanLock struct {
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	Until  time.Time `json:"until,omitzero"`
}

// HumanUnlock takes a lock off.
type HumanUnlock struct {
	By string `json:"by"`
}

// Observed is what the deployer said runs there.
type Observed struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
}

func (*Claim) eventType() string       { return "claim" }
func (*Release) eventType() string     { return "release" }
func (*Takeover) eventType() string    { return "takeover" }
func (*HumanLock) eventType() string   { return "human_lock" }
func (*HumanUnlock) eventType() string { return "human_unlock" }
func (*Observed) eventType() string    { return "observed" }

func newEnvironmentPayload(typ string) Payload {
	switch typ {
	case "claim":
		return new(Claim)
	case "release":
		return new(Release)
	case "takeover":
		return new(Takeover)
	case "human_lock":
		return new(HumanLock)
	case "human_unlock":
		return new(HumanUnlock)
	case "observed":
		return new(Observed)
	}
	return newTroublePayload(typ)
}

// HistoryKept is how many outcomes an environment's state holds; the log has all.
const HistoryKept = 15

// Waiter is a claim in an environment's queue.
type Waiter struct {
	Claim
	Seq   int64     `json:"seq"`
	Since time.Time `json:"since"`
}

// Environment is the state of one service in one environment: the fold of its log.
type Environment struct {
	Service string     `json:"service"`
	Name    string     `json:"name"`
	Version int64      `json:"log_version"`
	Head    string     `json:"-"`               // hash of the last event, filled in by whoever read or wrote the log
	Queue   []Waiter   `json:"queue,omitempty"` // the first holds the environment, unless a person's lock keeps it out
	Fence   int64      `json:"fence,omitempty"` // seq of the event that made the first one first; never goes back
	Lock    *HumanLock `json:"lock,omitempty"`
	LockAt  time.Time  `json:"lock_at,omitzero"`
	Running Running    `json:"running"`        // what runs, as far as is known
	Last    *Outcome   `json:"last,omitempty"` // the last release that changed, or tried to change, the environment
	// Healthy lists versions that verified healthy, newest first, each once.
	Healthy []Running `json:"healthy,omitempty"`
	History []Outcome `json:"history,omitempty"` // newest first
	Given   []string  `json:"given,omitempty"`   // claims given back lately: a late claim of one of them is a no-op
	Foreign int       `json:"foreign,omitempty"` // events only a newer program knows
	// Lost: its log has lost events, so nobody knows who holds it. A take-over, by one who may approve there, ends that.
	Lost *LogLost `json:"lost,omitempty"`
}

// NewEnvironment is the state before the first event.
func NewEnvironment(service, name string) *Environment {
	return &Environment{Service: service, Name: name}
}

// Reduce folds one event in.
func (s *Environment) Reduce(e *Event) {
	s.Version = e.Seq
	switch d := e.Data.(type) {
	case *Claim:
		if s.place(d.Claim) >= 0 || slices.Contains(s.Given, d.Claim) {
			return
		}
		s.Queue = append(slices.Clip(s.Queue), Waiter{Claim: *d, Seq: e.Seq, Since: e.At})
		if len(s.Queue) == 1 {
			s.Fence = e.Seq
		}
	case *Release:
		s.release(e, d)
	case *Takeover:
		s.takeover(e, d)
	case *HumanLock:
		lock := *d
		s.Lock, s.LockAt = &lock, e.At
	case *HumanUnlock:
		s.Lock, s.LockAt = nil, time.Time{}
	case *Observed:
		if d.Version != s.Running.Version {
			s.Running = Running{Version: d.Version, Commit: d.Commit, Since: e.At}
		}
	case *LogLost:
		lost := *d
		s.Lost = &lost
	case *Foreign:
		s.Foreign++
	}
}

func (s *Environment) place(claim string) int {
	return slices.IndexFunc(s.Queue, func(w Waiter) bool { return w.Claim.Claim == claim })
}

func (s *Environment) release(e *Event, d *Release) {
	i := s.place(d.Claim)
	if i < 0 { // given back before it was taken: the claim may still be on its way, from a runner that has lost the thread
		s.give(d.Claim)
		return
	}
	s.Queue = slices.Delete(slices.Clone(s.Queue), i, i+1)
	s.give(d.Claim)
	if i == 0 {
		s.Fence = e.Seq
	}
	o := d.Outcome
	if o.At = e.At; o.Outcome == "" {
		return // given back to be asked for again: nothing happened here
	}
	s.History = append([]Outcome{o}, s.History...)
	if len(s.History) > HistoryKept {
		s.History = s.History[:HistoryKept]
	}
	if !o.Ran {
		return
	}
	s.Last = &o
	switch {
	case o.Known:
		s.Running = Running{Version: o.Version, Commit: o.Commit, Since: e.At, Healthy: o.Healthy}
	default: // half deployed, perhaps: nobody can say what runs until it is observed
		s.Running = Running{Since: e.At}
	}
	if o.Healthy {
		s.Healthy = slices.DeleteFunc(slices.Clone(s.Healthy), func(r Running) bool { return r.Version == o.Version })
		s.Healthy = append([]Running{s.Running}, s.Healthy...)
		if len(s.Healthy) > HistoryKept {
			s.Healthy = s.Healthy[:HistoryKept]
		}
	}
}

// give remembers that a claim was given back.
func (s *Environment) give(claim string) {
	if slices.Contains(s.Given, claim) {
		return
	}
	s.Given = append([]string{claim}, s.Given...)
	if len(s.Given) > HistoryKept {
		s.Given = s.Given[:HistoryKept]
	}
}

func (s *Environment) takeover(e *Event, d *Takeover) {
	i := s.place(d.Claim)
	if i < 0 || s.place(d.From) != 0 && (s.Lost == nil || d.From != lostClaim) {
		return
	}
	s.Lost = nil
	if d.From == lostClaim { // the first in the queue is not known to hold it
		s.Queue = append([]Waiter{s.Queue[i]}, slices.Delete(slices.Clone(s.Queue), i, i+1)...)
		s.Fence = e.Seq
		return
	}
	next := s.Queue[i]
	q := slices.Delete(slices.Clone(s.Queue), i, i+1)
	s.Queue = append([]Waiter{next}, slices.Delete(q, 0, 1)...)
	s.Given = append([]string{d.From}, s.Given...)
	s.Fence = e.Seq
}

// Holder is the claim that holds the environment, nil if none does or a person's lock keeps it out.
func (s *Environment) Holder() *Waiter {
	if len(s.Queue) == 0 {
		return nil
	}
	return &s.Queue[0]
}

// Locked reports whether a person's lock keeps releases out at now.
func (s *Environment) Locked(now time.Time) bool {
	return s.Lock != nil && (s.Lock.Until.IsZero() || now.Before(s.Lock.Until))
}

// RollbackTo is the last healthy version other than the one named, or a zero value if none is known.
func (s *Environment) RollbackTo(other string) Running {
	for _, r := range s.Healthy {
		if r.Version != other {
			return r
		}
	}
	return Running{}
}
