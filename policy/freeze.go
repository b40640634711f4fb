package policy

import (
	"fmt"
	"time"
)

// Window is a time in which nothing is shipped: a weekly one or a dated one,
// with From and Until, or a list of whole Days. Its edges are wall-clock times
// in Zone, in one canonical form: "Fri 16:00", "2026-12-23 18:00", and
// "2026-12-24" for a day. From belongs to the window, Until doesn't.
//
// Where the clocks change, a window never comes out shorter than it is written:
// an edge that the clock shows twice counts the first time where the window
// opens and the second time where it closes; an edge that the clock skips is
// the moment of the skip.
type Window struct {
	From      string   `json:"from,omitempty"`
	Until     string   `json:"until,omitempty"`
	Days      []string `json:"days,omitempty"` // in order, each once
	Zone      string   `json:"zone"`
	Reason    string   `json:"reason,omitempty"`
	Rollbacks bool     `json:"rollbacks,omitempty"` // rollbacks are frozen too
}

// What a plan does, as Frozen is told.
const (
	actionRollback = "rollback"
	actionVerify   = "verify"
)

// applies tells whether the window stops an action. Looking at a service's
// health changes nothing, so it is never stopped; an action that isn't known
// always is.
func (w Window) applies(action string) bool {
	switch action {
	case actionVerify:
		return false
	case actionRollback:
		return w.Rollbacks
	}
	return true
}

// Frozen answers whether action ("deploy", "rollback") may go ahead in env at
// the time now, as far as freezes go. Allowed is true when nothing is frozen. A
// refusal names the window's reason and its end, and until is when no window
// stops the action any more: the zero time where no end can be seen, and where
// nothing is frozen. Reads no clock: the same arguments give the same answer.
func Frozen(env *Environment, action string, now time.Time) (v Verdict, until time.Time) {
	if env == nil {
		return noPolicy(), time.Time{}
	}
	all, err := calendars(env, action)
	if err != nil {
		return Verdict{
			Rule:   RuleLookup,
			Reason: fmt.Sprintf("The freezes of %s in %s can't be looked at: %v.", env.Service, env.Name, err),
			Remedy: "Correct `freeze` in the policy file.",
		}, time.Time{}
	}
	by, end := holding(all, now)
	if by == nil {
		return Verdict{Allowed: true, Rule: RuleFreeze}, time.Time{}
	}
	until = thaw(all, end)
	return Verdict{
		Rule:   RuleFreeze,
		Reason: fmt.Sprintf("%s in %s is frozen%s until %s.", env.Service, env.Name, because(by.window.Reason), clock(end, by.zone)),
		Remedy: remedy(env, end, until, by.zone),
	}, until
}

// FrozenBy returns the place in env.Freeze of the window that Frozen speaks of.
// That window stands in the file where the rule "freeze.N" does; see File.Line.
func FrozenBy(env *Environment, action string, now time.Time) (window int, frozen bool) {
	if env == nil {
		return 0, false
	}
	all, err := calendars(env, action)
	if err != nil {
		return 0, false
	}
	by, _ := holding(all, now)
	if by == nil {
		return 0, false
	}
	return by.index, true
}

// NextChange returns the first moment after now at which a window of env opens
// or closes, for whatever action: until then Frozen answers as it does now. The
// zero time means never.
func NextChange(env *Environment, now time.Time) time.Time {
	if env == nil {
		return time.Time{}
	}
	all, err := calendars(env, "")
	if err != nil {
		return time.Time{}
	}
	var next time.Time
	for _, c := range all {
		for _, s := range c.near(now) {
			for _, edge := range []time.Time{s.start, s.end} {
				if edge.After(now) && (next.IsZero() || edge.Before(next)) {
					next = edge
				}
			}
		}
	}
	return next
}

// holding returns the window that is open at the time now, of several the one
// that closes last, and when it does.
func holding(all []*calendar, now time.Time) (by *calendar, end time.Time) {
	for _, c := range all {
		if s, in := c.at(now); in && s.end.After(end) {
			by, end = c, s.end
		}
	}
	return by, end
}

// maxChain is how many windows that follow each other without a gap are looked
// through for the end of a freeze.
const maxChain = 100

// thaw follows windows that open before the one before them has closed.
func thaw(all []*calendar, end time.Time) time.Time {
	for range maxChain {
		by, later := holding(all, end)
		if by == nil {
			return end
		}
		end = later
	}
	return time.Time{}
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

func remedy(env *Environment, end, until time.Time, zone *time.Location) string {
	glass := fmt.Sprintf("break glass with a reason: %s may, and another approver must agree", who(env.Approvers()))
	switch {
	case until.IsZero():
		return "Other freezes follow it without a gap: " + glass + "."
	case until.After(end):
		return fmt.Sprintf("Wait until %s, when the freezes that follow it are over too, or %s.", clock(until, zone), glass)
	}
	return "Wait until then, or " + glass + "."
}

// clock writes a moment as people of a zone read it, and in UTC.
func clock(t time.Time, zone *time.Location) string {
	const day, hour = "Mon 2 Jan 2006", "15:04"
	local, utc := t.In(zone), t.UTC()
	there, here := local.Format(day+" "+hour), utc.Format(hour)
	if zone == time.UTC || zone.String() == "UTC" {
		return there + " UTC"
	}
	if local.Format(day) != utc.Format(day) {
		here = utc.Format("Mon 2 Jan ") + here
	}
	return fmt.Sprintf("%s %s (%s UTC)", there, zone, here)
}
