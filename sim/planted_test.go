//go:build planted

package sim_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/releasebot/releasebot/internal/planted"
	"github.com/releasebot/releasebot/sim"
)

// TestPlanted: each planted bug is found within 2,000 seeds, by a seed that breaks nothing without it.
// SIM_BUG plants one alone.
func TestPlanted(t *testing.T) {
	defer planted.Plant("")
	for _, bug := range planted.All() {
		if only := os.Getenv("SIM_BUG"); only != "" && only != bug {
			continue
		}
		t.Run(strings.ReplaceAll(bug, " ", "_"), func(t *testing.T) {
			planted.Plant(bug)
			for seed := uint64(1); seed <= 2000; seed++ {
				r := sim.Run(t.Context(), sim.Config{Seed: seed})
				if r.Failure == nil {
					continue
				}
				planted.Plant("")
				if sound := sim.Run(t.Context(), sim.Config{Seed: seed}); sound.Failure != nil {
					t.Fatalf("seed %d fails without the bug: %v", seed, sound.Failure)
				}
				planted.Plant(bug)
				small, r := sim.Shrink(t.Context(), sim.Config{Seed: seed}, 60)
				t.Logf("%-50s seed %d: %s", bug, seed, r.Failure.Promise)
				t.Logf("  %v; shrunk to %d ticks, faults %s", r.Failure, small.Ticks-len(small.Skip), r.Faults)
				if os.Getenv("SIM_BUG") != "" {
					tell(t, small)
				}
				return
			}
			t.Errorf("%s: not found in 2,000 seeds", bug)
		})
	}
}

func tell(t *testing.T, cfg sim.Config) {
	var trace bytes.Buffer
	cfg.Trace = &trace
	sim.Run(t.Context(), cfg)
	t.Log("\n" + trace.String())
}
