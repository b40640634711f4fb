// Package planted lets a test build break the program on purpose, to show that
// the simulation, and the chaos tests, find what is broken.
//
// In a normal build Is is false at compile time, and the compiler removes what
// it guards. In a build with the tag "planted" one bug at a time can be planted
// by its name: by Plant, or, in a process of its own, by Variable.
package planted

// Variable names the bug that is planted in a process from its start, in such a build.
const Variable = "RELEASEBOT_PLANTED"

// The bugs. Each breaks one promise of the design.
const (
	NoEpochCheck       = "no epoch check"
	ActBeforeAppend    = "act before append"
	RetryStart         = "retry a start"
	RestartAbsent      = "restart after never heard of it"
	RandomKey          = "a random key"
	NoDedupe           = "no dedupe of events"
	ButtonTrusted      = "button trusted"
	ClockOfClick       = "decision judged by the clock of the click"
	QuorumTwice        = "quorum counts a person twice"
	ExpiryIgnored      = "expiry ignored"
	ReleaseBeforeEnd   = "environment released before the outcome is written"
	DigestNotRechecked = "digest not re-checked"
	ViewWithoutLease   = "view written without the lease"
	ClaimByTTL         = "claim by TTL"
	OutcomeRefused     = "outcome refused after a lost lease"
	OldSnapshot        = "snapshot from an older fold used"
)

// All lists the bugs.
func All() []string {
	return []string{
		NoEpochCheck, ActBeforeAppend, RetryStart, RestartAbsent, RandomKey, NoDedupe, ButtonTrusted, ClockOfClick, QuorumTwice,
		ExpiryIgnored, ReleaseBeforeEnd, DigestNotRechecked, ViewWithoutLease, ClaimByTTL, OutcomeRefused, OldSnapshot,
	}
}
