package sim_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/releasebot/releasebot/sim"
)

// number reads a number from the environment.
func number(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatalf("%s=%q: a number is wanted", name, s)
	}
	return n
}

// TestSeeds lives through many worlds: SIM_SEEDS of them (default 200), from
// SIM_FROM on (default 1). SIM_SEED lives through one, and tells it.
func TestSeeds(t *testing.T) {
	if os.Getenv("SIM_SEED") != "" {
		one(t, number(t, "SIM_SEED", 0))
		return
	}
	from, n := number(t, "SIM_FROM", 1), number(t, "SIM_SEEDS", 200)
	began := time.Now()
	sum, lived := many(t, from, n)
	took := time.Since(began)
	t.Logf("%d seeds in %s: %.0f a second; %d steps, %d events, %d starts", lived, took.Round(time.Millisecond), float64(lived)/took.Seconds(), sum.Steps, sum.Events, sum.Starts)
	t.Logf("releases: %s", counts(sum.Ends))
	t.Logf("faults: %s", counts(sum.Injected))
	t.Logf("written: %s", counts(sum.Written))
}

func counts(m map[string]int) string {
	var b bytes.Buffer
	for _, k := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, "%s %d, ", k, m[k])
	}
	return b.String()
}

// many lives through n worlds, as many at once as there are processors, and adds them up. It ends with the
// third that fails; lived is how many there were.
func many(t *testing.T, from, n uint64) (sum sim.Report, lived int) {
	sum = sim.Report{Injected: map[string]int{}, Ends: map[string]int{}, Written: map[string]int{}}
	var mu sync.Mutex
	var failed atomic.Int32
	var wg sync.WaitGroup
	var next atomic.Uint64
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				i := next.Add(1) - 1
				if i >= n || failed.Load() >= 3 {
					return
				}
				r := sim.Run(t.Context(), sim.Config{Seed: from + i})
				mu.Lock()
				add(&sum, &r)
				lived++
				mu.Unlock()
				if r.Failure != nil {
					failed.Add(1)
					t.Errorf("seed %d (%s): %v\nSIM_SEED=%d go test ./sim -run TestSeeds -v", r.Seed, r.Faults, r.Failure, r.Seed)
				}
			}
		})
	}
	wg.Wait()
	return sum, lived
}

func add(sum, r *sim.Report) {
	sum.Steps, sum.Events, sum.Starts = sum.Steps+r.Steps, sum.Events+r.Events, sum.Starts+r.Starts
	for k, v := range r.Injected {
		sum.Injected[k] += v
	}
	for k, v := range r.Ends {
		sum.Ends[k] += v
	}
	for k, v := range r.Written {
		sum.Written[k] += v
	}
}

// one lives through one world, and tells it; if it fails, it tells a smaller one that fails alike.
func one(t *testing.T, seed uint64) {
	r := sim.Run(t.Context(), sim.Config{Seed: seed})
	cfg := sim.Config{Seed: seed}
	if r.Failure != nil {
		t.Errorf("seed %d: %v", seed, r.Failure)
		cfg, r = sim.Shrink(t.Context(), cfg, 300)
	}
	var trace bytes.Buffer
	cfg.Trace = &trace
	sim.Run(t.Context(), cfg)
	t.Logf("seed %d, faults %s, %d ticks, of which %d left out\n%s", seed, r.Faults, cfg.Ticks, len(cfg.Skip), trace.String())
}

// TestReplay: the same seed lives through the same world.
func TestReplay(t *testing.T) {
	for seed := uint64(1); seed <= 20; seed++ {
		a, b := sim.Run(t.Context(), sim.Config{Seed: seed}), sim.Run(t.Context(), sim.Config{Seed: seed})
		if a.Hash != b.Hash || a.Steps != b.Steps {
			t.Errorf("seed %d: %d steps, sum %x, and then %d, %x", seed, a.Steps, a.Hash, b.Steps, b.Hash)
		}
	}
}

// TestFailover: where the store loses what it has acknowledged, nothing is started twice all the same.
func TestFailover(t *testing.T) {
	n := number(t, "SIM_SEEDS", 60)
	lost, noticed, starts := 0, 0, 0
	for seed := uint64(1); seed <= n && !t.Failed(); seed++ {
		r := sim.Run(t.Context(), sim.Config{Seed: seed, Only: sim.All&^sim.Forget&^sim.Deployer | sim.Failover})
		lost, noticed, starts = lost+r.Injected["failover loses writes"], noticed+r.Injected["loss noticed"], starts+r.Starts
		if r.Failure != nil {
			t.Errorf("seed %d (%s): %v", seed, r.Faults, r.Failure)
		}
	}
	t.Logf("%d failovers that lost writes, noticed %d times; %d starts", lost, noticed, starts)
	if lost > 0 && noticed == 0 {
		t.Error("no process has noticed that the store lost what it had seen")
	}
}
