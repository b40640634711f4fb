package agent

import (
	"time"

	"github.com/releasebot/releasebot/policy"
)

// ApprovalEscalated: nobody decided for long, so others were told too.
type ApprovalEscalated struct {
	ID     string           `json:"id"`
	To     []policy.Subject `json:"to"`
	People []string         `json:"people,omitempty"` // told directly
}

// GlassBroken: one who may approve there lets a refused release go on in spite
// of a freeze. It makes a new release, which another one has to approve.
type GlassBroken struct {
	Of     int64  `json:"of"` // seq of the decision
	By     string `json:"by"`
	Reason string `json:"reason"`
}

// TakeoverRequested: one who may approve there wants the environment for this release now.
type TakeoverRequested struct {
	Of     int64  `json:"of"`
	From   string `json:"from"` // the claim that holds it
	By     string `json:"by"`
	Reason string `json:"reason"`
}

// LeftAsIs: one who may ask or approve there leaves a failure as it is. Nothing
// more follows from it, and a rollback that was proposed for it, and not decided, is withdrawn.
type LeftAsIs struct {
	Of int64  `json:"of"` // seq of the decision
	By string `json:"by"`
}

// WatchKind is what a thread looks after for somebody.
type WatchKind string

// What is looked after.
const (
	WatchFree WatchKind = "free" // tell them once the environment is free
	WatchLock WatchKind = "lock" // remind them of the lock that they have put on it
)

// WatchSet: the thread looks after something for somebody.
type WatchSet struct {
	ID    string    `json:"id"`
	Kind  WatchKind `json:"kind"`
	Env   string    `json:"environment"` // its log
	By    string    `json:"by"`
	After time.Time `json:"after,omitzero"` // when to look first
}

// WatchLooked: it was looked after, and somebody told; Ended, or else looked after again after After.
type WatchLooked struct {
	ID    string    `json:"id"`
	To    string    `json:"to,omitempty"`
	Text  string    `json:"text,omitempty"`
	Ended bool      `json:"ended,omitempty"`
	After time.Time `json:"after,omitzero"`
}

// Told: somebody was told something directly.
type Told struct {
	About string   `json:"about"`
	To    []string `json:"to"`
	Text  string   `json:"text"`
}

func (*ApprovalEscalated) eventType() string { return "approval_escalated" }
func (*GlassBroken) eventType() string       { return "glass_broken" }
func (*TakeoverRequested) eventType() string { return "takeover_requested" }
func (*LeftAsIs) eventType() string          { return "left_as_is" }
func (*WatchSet) eventType() string          { return "watch_set" }
func (*WatchLooked) eventType() string       { return "watch_looked" }
func (*Told) eventType() string              { return "told" }

func newCarePayload(typ string) Payload {
	switch typ {
	case "approval_escalated":
		return new(ApprovalEscalated)
	case "glass_broken":
		return new(GlassBroken)
	case "takeover_requested":
		return new(TakeoverRequested)
	case "left_as_is":
		return new(LeftAsIs)
	case "watch_set":
		return new(WatchSet)
	case "watch_looked":
		return new(WatchLooked)
	case "told":
		return new(Told)
	case "muted":
		return new(Muted)
	}
	return newEnvironmentPayload(typ)
}
