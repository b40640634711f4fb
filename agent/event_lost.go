package agent

import (
	"fmt"
	"time"
)

// How it was noticed that a log has lost events, beside the ways that the store
// has itself (threadstore.NoticedVersion, NoticedHead and NoticedChain).
const (
	NoticedCard     = "card"     // a card in Slack shows what the log does not have
	NoticedDeployer = "deployer" // the deployer knows a key that the log has never started
	// NoticedEnvironment: an environment is claimed for a release that its thread does not have.
	NoticedEnvironment = "environment"
)

// LogLost: events that were confirmed are not in this log any more. It is
// appended to what is left, by whoever noticed, so that the log says so for ever.
type LogLost struct {
	NoticedBy    string `json:"noticed_by"`
	Expected     int64  `json:"expected_version,omitempty"` // how long the log was
	ExpectedHead string `json:"expected_head,omitempty"`
	Found        int64  `json:"found_version"` // and is
	FoundHead    string `json:"found_head,omitempty"`
	Detail       string `json:"detail,omitempty"` // what the deployer, or the environment, knows
	// What whoever noticed still knew of the thread, in case its beginning is lost.
	Source string `json:"source,omitempty"`
	Slack  *Place `json:"slack,omitempty"`
	Title  string `json:"title,omitempty"`
}

// Sentence says what was noticed.
func (d *LogLost) Sentence() string {
	switch d.NoticedBy {
	case "version":
		return fmt.Sprintf("its log was %d events long, and had %d", d.Expected, d.Found)
	case "head":
		return fmt.Sprintf("event %d of its log is not the one that it was", d.Expected)
	case "chain":
		return fmt.Sprintf("event %d of its log does not fit the one before it", d.Found)
	case NoticedCard:
		if d.Expected > d.Found {
			return fmt.Sprintf("a card in Slack shows event %d of its log, which had %d", d.Expected, d.Found)
		}
		return fmt.Sprintf("a card in Slack shows another event %d than its log has", d.Expected)
	case NoticedEnvironment:
		return "an environment is held for a release that its log does not have: " + plain(d.Detail)
	case NoticedDeployer:
		return "the deployer knows a start that its log does not have: " + plain(d.Detail)
	}
	return "events are missing"
}

// SetAside: the runner panicked at this thread, several times in a row, so it is
// not run until somebody writes or presses something in it. It says where, and
// nothing of what people or repositories wrote.
type SetAside struct {
	Error string `json:"error"` // at most 240 characters
	Where string `json:"where,omitempty"`
	Tries int    `json:"tries"`
}

func (*LogLost) eventType() string  { return "log_lost" }
func (*SetAside) eventType() string { return "set_aside" }

func newTroublePayload(typ string) Payload {
	switch typ {
	case "log_lost":
		return new(LogLost)
	case "set_aside":
		return new(SetAside)
	}
	return nil
}

// Lost is what a state knows of a loss: the first that was noticed. Such a
// thread is unknown, for good: nothing is started in it, and no approval counts.
type Lost struct {
	LogLost
	At    time.Time `json:"at"`
	Shown bool      `json:"shown,omitempty"`
}

// Aside is why a thread is not run.
type Aside struct {
	SetAside
	Seq   int64     `json:"seq"`
	At    time.Time `json:"at"`
	Shown bool      `json:"shown,omitempty"`
}

// Problem says in a sentence why the thread is not run, "" if it is.
func (s *State) Problem() string {
	switch {
	case s.Lost != nil:
		return "events have been lost: " + s.Lost.Sentence()
	case s.Aside != nil:
		return "set aside after an error of the program: " + s.Aside.Error
	case s.Foreign > 0:
		return "it has events that only a newer releasebot knows"
	}
	return ""
}
