package agent_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/agent/planner/rules"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/boltstore"
	"github.com/releasebot/releasebot/threadstore/redisstore"
	"github.com/releasebot/releasebot/threadstore/storetest/redistest"
	"github.com/releasebot/releasebot/tools/changelog"
	"github.com/releasebot/releasebot/tools/deploy"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

// benchServices is how many services a benchmark's runs are spread over. Runs
// of one environment queue up behind each other; that is not what is measured.
const benchServices = 256

// BenchmarkRelease is one release run (W1): mention, context, approval asked
// and given, deploy, verify, done, with tools that do nothing, the rules planner
// and no view. It runs on the embedded store and on Redis (REDIS_URL, else a
// redis-server that it starts), at 1, 16 and 64 runs at once.
func BenchmarkRelease(b *testing.B) {
	for _, store := range []string{"bbolt", "redis"} {
		for _, at := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("%s/%d", store, at), func(b *testing.B) { benchRelease(b, store, at) })
		}
	}
}

func benchPolicy(b *testing.B) *policy.File {
	var y strings.Builder
	y.WriteString("version: 1\nservices:\n")
	for i := range benchServices {
		fmt.Fprintf(&y, "  s%d:\n    environments:\n      production:\n        approval: {required: 1, from: [U0BOB]}\n        deploy: {driver: fake}\n        verify: [{name: health, fake: {}}]\n", i)
	}
	f, err := policy.Parse("bench.yml", []byte(y.String()), agenttest.Registry())
	if err != nil {
		b.Fatal(err)
	}
	return f
}

func openBench(b *testing.B, kind string) (threadstore.Driver, *redis.Client) {
	if kind == "bbolt" {
		d, err := boltstore.Open(filepath.Join(b.TempDir(), "threads.db"))
		if err != nil {
			b.Fatal(err)
		}
		return d, nil
	}
	url := os.Getenv("REDIS_URL")
	if url == "" {
		url = redistest.Start(b)
	}
	opt, err := redis.ParseURL(url)
	if err != nil {
		b.Fatal(err)
	}
	c := redis.NewClient(opt)
	b.Cleanup(func() { _ = c.Close() })
	d, err := redisstore.Open(b.Context(), redisstore.Config{URL: url, Prefix: "b" + strconv.FormatInt(time.Now().UnixMilli()%(36*36*36*36), 36)})
	if err != nil {
		b.Fatal(err)
	}
	return d, c
}

type benchWorld struct {
	service *agent.Service
	runner  *agent.Runner
	mu      sync.Mutex
	waits   map[agent.ThreadID]chan string
}

// observe tells whoever waits for a thread that it asks for approval, or is done.
func (w *benchWorld) observe(id agent.ThreadID, _ *agent.State, e *agent.Event) {
	var what string
	switch e.Data.(type) {
	case *agent.ApprovalRequested:
		what = "asked"
	case *agent.Done:
		what = "done"
	default:
		return
	}
	w.mu.Lock()
	ch := w.waits[id]
	w.mu.Unlock()
	if ch != nil {
		ch <- what
	}
}

func benchRelease(b *testing.B, kind string, at int) {
	driver, client := openBench(b, kind)
	f := benchPolicy(b)
	store := threadstore.New(driver, threadstore.Options{})
	w := &benchWorld{waits: map[agent.ThreadID]chan string{}}
	w.runner = agent.NewRunner(agent.Config{
		Store: store, Owner: "bench", RunnerID: "bench", Policy: func() *policy.File { return f }, Planner: rules.New(),
		People: &agenttest.People{}, Pager: &agenttest.Pager{}, Viewer: agenttest.Blind{},
		Sources:   func(*policy.Source) (changelog.Source, error) { return changelog.None{}, nil },
		Deployers: map[string]deploy.Driver{"fake": &agenttest.Deployer{}},
		Checkers:  map[string]healthcheck.Checker{"fake": &agenttest.Health{}},
		Observe:   w.observe,
	})
	engine := agent.NewEngine(w.runner)
	w.service = agent.NewService(engine)
	ctx, stop := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	wg.Go(func() { engine.Run(ctx) })
	engine.Pause("")
	for !engine.Running() {
		time.Sleep(time.Millisecond)
	}
	before := memory(b, client)

	var serial atomic.Int64
	resumes := make([][]time.Duration, at)
	cpu := cpuTime()
	b.ResetTimer()
	var runs sync.WaitGroup
	for i := range at {
		runs.Go(func() {
			for {
				n := serial.Add(1)
				if n > int64(b.N) {
					return
				}
				resumes[i] = append(resumes[i], w.release(b, n))
			}
		})
	}
	runs.Wait()
	b.StopTimer()
	report(b, resumes, cpuTime()-cpu, memory(b, client)-before)
	stop()
	wg.Wait()
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
}

// release plays one run and returns how long it took from the decision to the end.
func (w *benchWorld) release(b *testing.B, n int64) time.Duration {
	ts := strconv.FormatInt(n, 10)
	id := agent.SlackThreadID(agenttest.Team, "C0BENCH", ts)
	ch := make(chan string, 4)
	w.mu.Lock()
	w.waits[id] = ch
	w.mu.Unlock()
	_, err := w.service.Take(b.Context(), agent.Fact{
		ID: "slack/T0ACME/C0BENCH/" + ts, Thread: id, Actor: agent.SlackActor(agenttest.Team, "U0ALICE"),
		Data: &agent.Trigger{
			Source: "mention", Text: fmt.Sprintf("deploy s%d 2026.11.22-rc4 to production", n%benchServices),
			Slack: &agent.Place{Team: agenttest.Team, Channel: "C0BENCH", TS: ts},
		},
	})
	if err != nil {
		b.Error(err)
		return 0
	}
	<-ch
	began := time.Now()
	_, err = w.service.Take(b.Context(), agent.Fact{
		ID: "click/" + ts, Thread: id, Actor: agent.SlackActor(agenttest.Team, "U0BOB"),
		Data: &agent.DecisionReceived{Verb: agent.VerbApprove, Target: agent.ReleaseID(id, 1), Via: "button"},
	})
	if err != nil {
		b.Error(err)
		return 0
	}
	<-ch
	took := time.Since(began)
	w.mu.Lock()
	delete(w.waits, id)
	w.mu.Unlock()
	return took
}

func report(b *testing.B, resumes [][]time.Duration, cpu time.Duration, bytes int64) {
	var all []time.Duration
	for _, r := range resumes {
		all = append(all, r...)
	}
	slices.Sort(all)
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
	b.ReportMetric(ms(all[len(all)/2]), "resume-p50-ms")
	b.ReportMetric(ms(all[len(all)*99/100]), "resume-p99-ms")
	b.ReportMetric(ms(cpu)/float64(b.N), "cpu-ms/run")
	if bytes > 0 {
		b.ReportMetric(float64(bytes)/float64(b.N), "bytes/thread")
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// memory is what Redis says it uses for data; 0 without Redis.
func memory(b *testing.B, c *redis.Client) int64 {
	if c == nil {
		return 0
	}
	info, err := c.Info(b.Context(), "memory").Result()
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(info) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "used_memory:"); ok {
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			return n
		}
	}
	return 0
}
