package bench

import (
	"context"
	"fmt"
	"os"
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

const growthPolicy = `version: 1
services:
  shop:
    environments:
      production:
        deploy: {driver: fake}
`

// messagesEach is how many messages are measured in one thread before another
// one of the same length is begun.
const messagesEach = 5

// BenchmarkGrowth is one more message, answered and posted, in a thread of about
// n events on Redis (REDIS_URL, else a redis-server that it starts), and what all of
// the thread's keys take there. Neither may grow faster than the log.
func BenchmarkGrowth(b *testing.B) {
	url := os.Getenv("REDIS_URL")
	if url == "" {
		url = redistest.Start(b)
	}
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var t *talk
			var bytes, threads int64
			for i := range b.N {
				if i%messagesEach == 0 {
					b.StopTimer()
					t.close()
					t = newTalk(b, url)
					for t.events() < n {
						t.say()
					}
					bytes, threads = bytes+t.bytes(), threads+1
					b.StartTimer()
				}
				t.say()
			}
			b.StopTimer()
			t.close()
			b.ReportMetric(float64(bytes)/float64(threads), "bytes")
			b.ReportMetric(float64(t.events()), "events")
		})
	}
}

// talk is a thread, and the one process that runs it.
type talk struct {
	b       *testing.B
	client  *redis.Client
	prefix  string
	store   *threadstore.Store
	runner  *agent.Runner
	service *agent.Service
	id      agent.ThreadID
	view    *poster
	said    int
}

func newTalk(b *testing.B, url string) *talk {
	opt, err := redis.ParseURL(url)
	if err != nil {
		b.Fatal(err)
	}
	t := &talk{b: b, client: redis.NewClient(opt), prefix: fmt.Sprintf("growth%d", time.Now().UnixNano()), view: &poster{}}
	d, err := redisstore.Open(b.Context(), redisstore.Config{URL: url, Prefix: t.prefix})
	if err != nil {
		b.Fatal(err)
	}
	store := threadstore.New(d, threadstore.Options{})
	t.store = store
	f, err := policy.Parse("growth.yml", []byte(growthPolicy), agenttest.Registry())
	if err != nil {
		b.Fatal(err)
	}
	t.runner = agent.NewRunner(agent.Config{
		Store: store, Owner: "bench", RunnerID: "bench", Policy: func() *policy.File { return f }, Planner: rules.New(),
		People: &agenttest.People{}, Pager: &agenttest.Pager{}, Viewer: t.view,
		Sources: func(*policy.Source) (changelog.Source, error) { return changelog.None{}, nil },
	})
	t.view.runner = t.runner
	engine := agent.NewEngine(t.runner)
	engine.Drive(func(agent.ThreadID) {})
	t.service = agent.NewService(engine)
	t.id = agent.SlackThreadID(agenttest.Team, "C0", "1.1")
	return t
}

func (t *talk) close() {
	if t != nil {
		_ = t.store.Close()
		_ = t.client.Close()
	}
}

func (t *talk) events() int { return t.view.version }

// say takes a question in and runs the thread until it rests: the answer stands in Slack.
func (t *talk) say() {
	t.said++
	f := agent.Fact{ID: fmt.Sprintf("m%d", t.said), Thread: t.id, Actor: agent.SlackActor(agenttest.Team, "U0ALICE")}
	if f.Data = (&agent.Message{Text: "what is the status of shop now?"}); t.said == 1 {
		f.Data = &agent.Trigger{Source: "mention", Text: "status of shop", Slack: &agent.Place{Team: agenttest.Team, Channel: "C0", TS: "1.1"}}
	}
	ctx := context.Background()
	if _, err := t.service.Take(ctx, f); err != nil {
		t.b.Fatal(err)
	}
	for range 100 {
		p, err := t.runner.Step(ctx, t.id, time.Now())
		if err != nil {
			t.b.Fatal(err)
		}
		if p.Idle {
			return
		}
	}
	t.b.Fatal("the thread does not come to rest")
}

// bytes is what Redis says that all keys of the thread's store take.
func (t *talk) bytes() int64 {
	var sum int64
	keys := t.client.Scan(t.b.Context(), 0, t.prefix+"*", 1000).Iterator()
	for keys.Next(t.b.Context()) {
		n, err := t.client.MemoryUsage(t.b.Context(), keys.Val(), 0).Result()
		if err != nil {
			t.b.Fatal(err)
		}
		sum += n
	}
	if err := keys.Err(); err != nil || sum == 0 {
		t.b.Fatalf("%d bytes below %s, %v", sum, t.prefix, err)
	}
	return sum
}

// poster is a Slack that takes everything at once.
type poster struct {
	runner  *agent.Runner
	version int
}

// Show posts the answers that don't stand yet, for good.
func (p *poster) Show(s *agent.State, _ int64, _ func() bool) agent.Shown {
	p.version = int(s.Version)
	var views []agent.PostedView
	for _, a := range s.Answers {
		views = append(views, agent.PostedView{Key: agent.ViewAnswer(a.Seq), Channel: "C0", TS: "1.2", Final: true})
	}
	if len(views) > 0 {
		p.runner.Posted(s.ID, views)
	}
	return agent.Settled
}

// Forget implements agent.Viewer.
func (*poster) Forget(agent.ThreadID) {}
