package sim

import (
	"fmt"
	"math/bits"
	"strings"
)

// Fault is a set of classes of faults.
type Fault uint32

// The classes.
const (
	Crash    Fault = 1 << iota // a process dies, between its steps, or before or after an effect
	Stop                       // a process stands still, longer than its leases last
	Slow                       // one call hangs while the rest of its process goes on
	Starve                     // leases are not renewed in time
	Clocks                     // replicas' clocks differ, and jump
	Jump                       // much time passes at once
	Outage                     // the store fails, before or after the effect
	Doubled                    // messages come twice, or late, or in another order
	Lost                       // clicks do not arrive
	Slack                      // Slack's replies get lost, its writes come late, it says 429 and 500
	Deployer                   // starts fail, or succeed unnoticed, or come late; runs fail
	Forget                     // a deployer forgets runs
	People                     // groups change, the directory is away
	Policy                     // the policy file changes, and replicas notice at different times
	Tags                       // tags move
	Older                      // snapshots of an older program stand in the store
	Failover                   // the store loses the last writes that it acknowledged
	Narrow                     // the channel takes a post only every few seconds, and says 429 for longer
	last
)

// All is every class but Failover, which makes most promises impossible.
const All = last - 1 - Failover

var faultNames = []string{
	"crash", "stop", "slow", "starve", "clocks", "jump", "outage", "doubled", "lost", "slack", "deployer", "forget", "people", "policy",
	"tags", "older", "failover", "narrow",
}

// Each lists the classes of a set, one by one.
func (f Fault) Each() []Fault {
	var list []Fault
	for rest := f; rest != 0; rest &= rest - 1 {
		list = append(list, 1<<bits.TrailingZeros32(uint32(rest)))
	}
	return list
}

func (f Fault) String() string {
	var names []string
	for _, one := range f.Each() {
		names = append(names, faultNames[bits.TrailingZeros32(uint32(one))])
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ",")
}

// ParseFaults reads a set as String writes it.
func ParseFaults(s string) (Fault, error) {
	if s == "none" {
		return 0, nil
	}
	var f Fault
next:
	for name := range strings.SplitSeq(s, ",") {
		for i, known := range faultNames {
			if name == known {
				f |= 1 << i
				continue next
			}
		}
		return 0, fmt.Errorf("there is no class of faults %q: there are %s", name, strings.Join(faultNames, ", "))
	}
	return f, nil
}
