package chaos

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/releasebot/releasebot/internal/e2etest"
	"github.com/releasebot/releasebot/internal/planted"
)

// storms of half a minute are what a bug has to be found in.
const storms = 3

// caught are planted bugs that the judge finds.
// The others need a coincidence that only the simulation arranges, or something
// that this policy file does not have, such as approvals that expire.
func caught() []string {
	return []string{planted.RandomKey, planted.NoDedupe, planted.ButtonTrusted, planted.QuorumTwice, planted.ActBeforeAppend}
}

// The judge can find something: a program that is broken on purpose is found.
// CHAOS_BUG plants one bug alone, also one of those that are not always found.
func TestPlantedBugsAreCaught(t *testing.T) {
	optIn(t, "RELEASEBOT_PLANTED_CHAOS")
	broken, err := e2etest.Build(t.TempDir(), "planted")
	if err != nil {
		t.Fatal(err)
	}
	bugs := caught()
	if bug := os.Getenv("CHAOS_BUG"); bug == "all" {
		bugs = planted.All()
	} else if bug != "" {
		bugs = []string{bug}
	}
	for _, bug := range bugs {
		t.Run(strings.ReplaceAll(bug, " ", "_"), func(t *testing.T) {
			if !slices.Contains(planted.All(), bug) {
				t.Fatalf("no bug is called %q; they are %q", bug, planted.All())
			}
			for n := range storms {
				s := newStorm(t, broken, planted.Variable+"="+bug)
				s.w.program = program     // what reads the logs is sound
				s.calm = 40 * time.Second // what is broken may never come to rest: that alone proves nothing
				s.every = 200 * time.Millisecond
				j := s.blow(30 * time.Second)
				for _, r := range s.faults.replicas {
					r.end()
				}
				if len(j.found) > 0 {
					t.Logf("%-32s found in storm %d, %d times: %.200s", bug, n+1, len(j.found), j.found[len(j.found)-1])
					return
				}
				t.Logf("%-32s not found in storm %d (seed %d): %s; %s", bug, n+1, s.seed, s.faults, j)
			}
			t.Errorf("%s: not found in %d storms", bug, storms)
		})
	}
}
