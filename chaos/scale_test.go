package chaos

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/agent/planner/rules"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/redisstore"
	"github.com/releasebot/releasebot/threadstore/storetest/redistest"
	"github.com/releasebot/releasebot/tools/changelog"
)

// scale is how many threads wait, and over how many channels they are spread.
const (
	scaleThreads  = 10_000
	scaleServices = 1_000 // each with one environment
	scaleChannels = 2_000 // Slack takes about one message a second in each
	scaleAtOnce   = 100   // threads under way
)

// threads is scaleThreads, or what SCALE_THREADS says.
func threads(t *testing.T) int {
	t.Helper()
	v := os.Getenv("SCALE_THREADS")
	if v == "" {
		return scaleThreads
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		t.Fatalf("SCALE_THREADS is %q; it has to be a number", v)
	}
	return n
}

// Ten thousand threads wait for approval, of a thousand environments, all asked
// for in Slack and taken in by one process: what that process, and Redis, need.
func TestScaleWaitingThreads(t *testing.T) {
	optIn(t, "RELEASEBOT_SCALE")
	n := threads(t)
	server := redistest.Serve(t)
	c := plain(t, server)
	var file strings.Builder
	file.WriteString("version: 1\npeople:\n  oncall: {group: S0ONCALL}\nservices:\n")
	for i := range scaleServices {
		fmt.Fprintf(&file, "  s%04d: {environments: {production: {approval: {required: 1, from: [oncall]}, deploy: {driver: command, start: @deploy@}}}}\n", i)
	}
	w := newTown(t, file.String())
	for i := range scaleChannels {
		w.slack.AddChannel(channel(i), "c"+strconv.Itoa(i), alice, bob)
	}
	w.store = []string{"REDIS_URL=" + server.URL()}
	r := w.replica("a", "a", w.store...)
	show := func() string { return r.log.Last(4000) }
	w.until(patience, "its links", func() bool { return w.slack.Connected() >= 2 }, show)
	empty, base := rss(t, r.pid()), used(t, c)

	began := time.Now()
	for i := range n {
		if i%(scaleAtOnce/2) == 0 {
			w.until(patience, "threads coming to rest", func() bool { return i-waiting(t, c) < scaleAtOnce/2 && len(keys(t, c, "rb:{*}:o:*")) < scaleAtOnce/2 }, show)
		}
		w.slack.Post(alice, channel(i%scaleChannels), fmt.Sprintf("@releasebot deploy s%04d v1.%d to production", i%scaleServices, i), "")
	}
	w.until(2*patience, "the last cards", func() bool { return waiting(t, c) >= n && w.slack.Idle() }, func() string { return fmt.Sprint(waiting(t, c), "\n", show()) })
	took := time.Since(began)
	w.until(patience, "leases being given back", func() bool { return len(keys(t, c, "rb:{*}:o:*")) == 0 }, show)
	t.Logf("%d threads in %s (%.0f/s), load average %s", n, took.Round(time.Second), float64(n)/took.Seconds(), load())

	busy := idleCPU(t, r.pid())
	t.Logf("the process that took them in: %.1f MB resident (%.1f MB with none), idle CPU %.2f %% of a core over %s", mb(rss(t, r.pid())), mb(empty), busy, idleFor)
	redisUsed := used(t, c) - base
	t.Logf("Redis: %.1f MB used_memory beyond the empty store, %.1f kB a thread; %d keys", mb(redisUsed), float64(redisUsed)/1024/float64(n), c.DBSize(t.Context()).Val())

	before := r.pid()
	r.signal(syscall.SIGTERM)
	w.until(patience, "a new process", func() bool { return r.pid() != before && w.slack.Connected() >= 2 }, show)
	t.Logf("a process started on them: %.1f MB resident, idle CPU %.2f %% of a core; load average %s", mb(rss(t, r.pid())), idleCPU(t, r.pid()), load())
}

func channel(i int) string { return fmt.Sprintf("C0SCALE%03d", i) }

func mb(n int64) float64 { return float64(n) / (1 << 20) }

// waiting is how many approvals are pending.
func waiting(t *testing.T, c *redis.Client) int {
	t.Helper()
	var all []*redis.IntCmd
	if _, err := c.Pipelined(t.Context(), func(p redis.Pipeliner) error {
		for i := range 64 {
			all = append(all, p.HLen(t.Context(), fmt.Sprintf("rb:{s%02d}:x:approvals", i)))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, cmd := range all {
		n += int(cmd.Val())
	}
	return n
}

func keys(t *testing.T, c *redis.Client, pattern string) []string {
	t.Helper()
	list, err := c.Keys(t.Context(), pattern).Result()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func plain(t *testing.T, s *redistest.Server) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: s.Addr(), Protocol: 2, DisableIdentity: true})
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// used is Redis' used_memory.
func used(t *testing.T, c *redis.Client) int64 {
	t.Helper()
	info, err := c.Info(t.Context(), "memory").Result()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(info) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "used_memory:"); ok {
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("Redis doesn't say what it uses")
	return 0
}

// rss is a process' resident memory.
func rss(t *testing.T, pid int) int64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skip("needs /proc: ", err)
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmRSS:" {
			kb, err := strconv.ParseInt(f[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatalf("no VmRSS of process %d", pid)
	return 0
}

// idleFor is how long a process is watched doing nothing.
const idleFor = 20 * time.Second

// idleCPU is what a process uses of a core while nothing happens, in percent.
func idleCPU(t *testing.T, pid int) float64 {
	t.Helper()
	pause(t.Context(), 3*time.Second) // the last of what was going on
	before, began := ticks(t, pid), time.Now()
	pause(t.Context(), idleFor)
	return float64(ticks(t, pid)-before) / 100 / time.Since(began).Seconds() * 100 // 100 ticks a second, on every Linux
}

func ticks(t *testing.T, pid int) int64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	f := strings.Fields(rest) // from the third field on
	var sum int64
	for _, s := range f[11:13] { // utime, stime
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return sum
}

// A thread of a thousand messages: what its last step costs, beside that of its
// tenth message, by a process that remembers the thread and by one that reads it anew.
func TestScaleLongThread(t *testing.T) {
	optIn(t, "RELEASEBOT_SCALE")
	server := redistest.Serve(t)
	d, err := redisstore.Open(t.Context(), redisstore.Config{URL: server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	store := threadstore.New(d, threadstore.Options{})
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	file, err := policy.Parse("releasebot.yml", []byte("version: 1\nservices: {shop: {environments: {staging: {deploy: {driver: fake}}}}}\n"), agenttest.Registry())
	if err != nil {
		t.Fatal(err)
	}
	id := agent.SlackThreadID(agenttest.Team, releases, "1")
	process := func() (*agent.Runner, *agent.Service) {
		v := &teller{told: map[string]bool{}}
		r := agent.NewRunner(agent.Config{
			Store: store, Owner: "test", RunnerID: "test", Policy: func() *policy.File { return file }, Planner: rules.New(), People: &agenttest.People{}, Pager: &agenttest.Pager{},
			Viewer: v, Sources: func(*policy.Source) (changelog.Source, error) { return changelog.None{}, nil },
		})
		v.runner = r
		e := agent.NewEngine(r)
		e.Drive(func(agent.ThreadID) {})
		return r, agent.NewService(e)
	}
	say := func(r *agent.Runner, s *agent.Service, n int) time.Duration {
		var data agent.Payload = &agent.Message{Text: "status of shop", TS: strconv.Itoa(n)}
		if n == 1 {
			data = &agent.Trigger{Source: "mention", Text: "status of shop", Slack: &agent.Place{Team: agenttest.Team, Channel: releases, TS: "1"}}
		}
		began := time.Now()
		if _, err := s.Take(t.Context(), agent.Fact{ID: "slack/" + strconv.Itoa(n), Thread: id, Actor: agent.SlackActor(agenttest.Team, alice), Data: data}); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			p, err := r.Step(t.Context(), id, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if p.Did == agent.StepWait && p.Idle {
				return time.Since(began)
			}
		}
		t.Fatal("it never comes to rest")
		return 0
	}
	r, s := process()
	const last = 1000
	for n := range 200 { // so that the program is as warm at the tenth message as at the last
		say(r, s, n+1)
	}
	id = agent.SlackThreadID(agenttest.Team, releases, "2")
	var warm, cold [2][]time.Duration // at 10, at 1,000
	for n := 1; n <= last+20; n++ {
		at := -1
		switch {
		case n > 5 && n <= 25:
			at = 0
		case n > last:
			at = 1
		}
		switch {
		case at < 0:
			say(r, s, n)
		case n%2 == 0:
			warm[at] = append(warm[at], say(r, s, n))
		default:
			r2, s2 := process()
			cold[at] = append(cold[at], say(r2, s2, n))
			r, s = r2, s2
		}
	}
	st, err := agent.LoadThread(context.Background(), store, id)
	if err != nil {
		t.Fatal(err)
	}
	if st.Version < last {
		t.Fatalf("only %d events", st.Version)
	}
	for name, took := range map[string][2][]time.Duration{"remembered": warm, "read anew": cold} {
		early, late := median(took[0]), median(took[1])
		t.Logf("%s: a message and its answer %s at about 10, %s at 1,000 (%d events): ratio %.2f; load average %s", name, early, late, st.Version, float64(late)/float64(early), load())
	}
}

func median(list []time.Duration) time.Duration {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2].Round(time.Microsecond)
}
