package tools

import (
	"encoding/json"
	"time"
)

// Effect says what running a tool does to the world.
type Effect int

// The zero value is the dangerous one: a tool that says nothing of itself is
// taken to change the world, is never retried and never run without a plan.
const (
	Changes Effect = iota // changes an environment: started at most once per key
	Tells                 // tells people something: at least once, never twice on purpose
	Reads                 // only looks: may be retried
)

// Spec describes a tool.
type Spec struct {
	Name   string
	Effect Effect
}

// Call is everything that a tool is told about the release it works for. Args
// are the tool's own arguments from the policy file, as canonical JSON.
type Call struct {
	Key             string // idempotency key; empty for tools that only read
	Release         string // the release's id
	Action          string // "deploy" or "rollback"
	Service         string
	Environment     string
	Version         string
	Commit          string
	PreviousVersion string
	PreviousCommit  string
	Args            json.RawMessage
	Timeout         time.Duration // 0: the tool's default

	// Runner is the runner that the log names as the one that starts this key;
	// empty as long as no start was written down. See deploy.Driver.
	Runner string
	// Epoch is the lease's epoch under which the caller acts; 0: it has none.
	Epoch uint64
}

// Fill replaces ${version}, ${sha}, ${environment}, ${service}, ${action},
// ${key} and ${previous_version} in s. Other ${…} stay as they are; policy
// refuses them when the file is read.
func (c Call) Fill(s string) string { return fill(c, s) }
