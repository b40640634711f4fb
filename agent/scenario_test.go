package agent_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/agent/planner/rules"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/boltstore"
	"github.com/releasebot/releasebot/threadstore/redisstore"
	"github.com/releasebot/releasebot/threadstore/storetest/redistest"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/changelog"
	"github.com/releasebot/releasebot/tools/deploy"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

// TestScenarios plays the scripts of testdata/scenarios: what people say and
// press, and what the log says then. Run with -rewrite to write what is printed
// back into them. The same scripts run on the embedded store and on Redis.
func TestScenarios(t *testing.T) {
	stores := map[string]func(t *testing.T) threadstore.Driver{
		"bbolt": func(t *testing.T) threadstore.Driver {
			d, err := boltstore.Open(filepath.Join(t.TempDir(), "threads.db"))
			if err != nil {
				t.Fatal(err)
			}
			return d
		},
		"redis": func(t *testing.T) threadstore.Driver {
			d, err := redisstore.Open(t.Context(), redisstore.Config{URL: redistest.Start(t)})
			if err != nil {
				t.Fatal(err)
			}
			return d
		},
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			datadriven.Walk(t, "testdata/scenarios", func(t *testing.T, path string) {
				s := newScenario(t, open(t))
				datadriven.RunTest(t, path, s.run)
				s.t = t
				s.holds()
				if *recordVersion != "" && name == "bbolt" {
					s.keep(*recordVersion, path)
				}
			})
		})
	}
}

// scenario is a world with one or more replicas in which time stands still.
type scenario struct {
	t        *testing.T
	clock    *agenttest.Clock
	store    *threadstore.Store
	deployer *agenttest.Deployer
	health   *agenttest.Health
	people   *agenttest.People
	repo     *told
	ci       ciServer
	pager    *agenttest.Pager
	policy   *policy.File
	runner   *agent.Runner
	service  *agent.Service
	threads  []agent.ThreadID
	names    map[string]agent.ThreadID
	seen     map[string]int64
	idle     map[agent.ThreadID]bool
	serial   int
	driver   threadstore.Driver
	planner  agent.Planner
	owner    string
	asker    string
}

func newScenario(t *testing.T, d threadstore.Driver) *scenario {
	s := &scenario{
		t: t, clock: agenttest.NewClock(time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)),
		deployer: &agenttest.Deployer{}, health: &agenttest.Health{}, people: &agenttest.People{}, repo: &told{Repository: &agenttest.Repository{}},
		pager: &agenttest.Pager{}, names: map[string]agent.ThreadID{}, seen: map[string]int64{},
		planner: rules.New(), ci: ciServer{}, idle: map[agent.ThreadID]bool{}, driver: d,
	}
	s.store = threadstore.New(d, threadstore.Options{Now: s.clock.Now})
	t.Cleanup(func() { _ = s.store.Close() })
	s.boot("first")
	return s
}

// boot starts a replica that knows nothing but the store.
func (s *scenario) boot(owner string) {
	s.owner, s.idle = owner, map[agent.ThreadID]bool{}
	s.runner = agent.NewRunner(agent.Config{
		Store: s.store, Owner: owner, RunnerID: owner, Policy: func() *policy.File { return s.policy },
		Planner: s.planner, People: s.people, Pager: s.pager, Viewer: agenttest.Blind{},
		Sources:   func(*policy.Source) (changelog.Source, error) { return s.repo, nil },
		CI:        s.ci,
		Deployers: map[string]deploy.Driver{"fake": s.deployer},
		Checkers:  map[string]healthcheck.Checker{"fake": s.health},
		Now:       s.clock.Now,
	})
	s.service = agent.NewService(agent.NewEngine(s.runner))
}

func (s *scenario) run(t *testing.T, d *datadriven.TestData) string {
	s.t = t
	var err error
	switch d.Cmd {
	case "policy":
		s.policy, err = policy.Parse("releasebot.yml", []byte(d.Input), agenttest.Registry())
	case "group":
		s.people.SetGroup(d.CmdArgs[0].Key, strings.Fields(d.Input)...)
	case "person":
		p := policy.Person{ID: d.CmdArgs[0].Key, Team: agenttest.Team, Guest: d.HasArg("guest"), Deleted: d.HasArg("deactivated"), Foreign: d.HasArg("foreign")}
		s.people.Set(p)
	case "mute":
		err = s.service.Mute(t.Context(), agent.SlackActor(agenttest.Team, d.CmdArgs[0].Key), true)
	case "directory":
		s.people.Down(d.HasArg("down"))
	case "tag":
		s.repo.Tag(d.CmdArgs[0].Key, d.CmdArgs[1].Key)
	case "commits":
		s.repo.tell(d)
	case "ci":
		s.ci.set(d)
	case "health":
		s.health.Set(d.CmdArgs[0].Key, healthcheck.Verdict(d.CmdArgs[1].Key))
	case "deployer":
		s.setDeployer(d)
	case "say", "mention":
		err = s.say(d)
	case "press", "command":
		err = s.press(d)
	case "advance":
		var by time.Duration
		if by, err = time.ParseDuration(d.CmdArgs[0].Key); err == nil {
			s.clock.Move(by)
		}
	case "die": // the process is gone, and its leases run out
		s.die(d.CmdArgs[0].Key)
	case "ledger":
		return strings.Join(s.deployer.Ledger(), "\n") + "\n"
	case "pages":
		return strings.Join(s.pager.Sent(), "\n") + "\n"
	case "ask":
		return s.ask(d)
	case "environment":
		return s.environment(d)
	default:
		t.Fatalf("%s: what is %q?", d.Pos, d.Cmd)
	}
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	s.settle()
	return s.news()
}

// setDeployer: how runs end, by version.
func (s *scenario) setDeployer(d *datadriven.TestData) {
	switch d.CmdArgs[0].Key {
	case "runs", "fails":
		state, version := deploy.Running, d.CmdArgs[0].Vals[0]
		if d.CmdArgs[0].Key == "fails" {
			state = deploy.Failed
		}
		before := s.deployer.Outcome
		s.deployer.Outcome = func(c tools.Call) deploy.State {
			if c.Version == version {
				return state
			}
			if before != nil {
				return before(c)
			}
			return deploy.Succeeded
		}
	case "finish":
		s.deployer.Finish("", deploy.Succeeded)
	case "amnesia":
		s.deployer.Amnesia = true
	case "once":
		s.deployer.Once = true
	case "progress":
		s.deployer.Progress(40, "copying")
	}
}

func (s *scenario) thread(d *datadriven.TestData) agent.ThreadID {
	name := "A"
	if d.HasArg("thread") {
		d.ScanArgs(s.t, "thread", &name)
	}
	id, ok := s.names[name]
	if !ok {
		id = agent.SlackThreadID(agenttest.Team, "C0RELEASES", name)
		s.names[name] = id
	}
	return id
}

func actor(d *datadriven.TestData) agent.Actor {
	return agent.SlackActor(agenttest.Team, d.CmdArgs[0].Key)
}

// say: the first words in a thread start it.
func (s *scenario) say(d *datadriven.TestData) error {
	id := s.thread(d)
	s.serial++
	f := agent.Fact{ID: fmt.Sprintf("slack/%d", s.serial), Thread: id, Actor: actor(d), Data: &agent.Message{Text: d.Input, Aside: d.Cmd == "say" && d.HasArg("aside")}}
	known := false
	for _, t := range s.threads {
		known = known || t == id
	}
	if !known {
		s.threads = append(s.threads, id)
		f.Data = &agent.Trigger{Source: "mention", Text: d.Input, Slack: &agent.Place{Team: agenttest.Team, Channel: "C0RELEASES", TS: string(id)}}
	}
	times := 1
	if d.HasArg("times") {
		d.ScanArgs(s.t, "times", &times)
	}
	for range times {
		if _, err := s.service.Take(s.t.Context(), f); err != nil {
			return err
		}
	}
	return nil
}

// press: USER verb N, where N is the number of the release in its thread, or an id as written.
func (s *scenario) press(d *datadriven.TestData) error {
	id := s.thread(d)
	target := d.CmdArgs[2].Key
	if !strings.Contains(target, "-") {
		head, rest, _ := strings.Cut(target, "/")
		target = strings.TrimPrefix(string(id), "t") + "-" + head
		if rest != "" {
			target += "/" + rest
		}
	}
	if d.HasArg("from") {
		var other string
		d.ScanArgs(s.t, "from", &other)
		target = agent.ReleaseID(s.names[other], 1)
	}
	s.serial++
	_, err := s.service.Take(s.t.Context(), agent.Fact{
		ID: fmt.Sprintf("click/%d", s.serial), Thread: id, Actor: actor(d),
		Data: &agent.DecisionReceived{Verb: agent.Verb(d.CmdArgs[1].Key), Target: target, Reason: d.Input, Via: "button", Edit: s.edit(d)},
	})
	return err
}

func (s *scenario) edit(d *datadriven.TestData) *agent.Edit {
	var e agent.Edit
	if d.HasArg("version") {
		d.ScanArgs(s.t, "version", &e.Version)
	}
	if d.HasArg("environment") {
		d.ScanArgs(s.t, "environment", &e.Environment)
	}
	if e == (agent.Edit{}) {
		return nil
	}
	return &e
}

// settle steps every thread that is under way or due until nothing is left to do at this time.
func (s *scenario) settle() {
	for range 200 {
		due, err := s.store.Due(s.t.Context(), s.clock.Now(), 0)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, d := range due {
			delete(s.idle, agent.ThreadID(d.Log))
		}
		busy := false
		for _, id := range s.threads {
			if !s.idle[id] && s.steps(id) {
				busy = true
			}
		}
		if !busy {
			return
		}
	}
	s.t.Fatal("the threads keep each other busy")
}

// steps steps one thread until it waits; it reports whether it did anything.
func (s *scenario) steps(id agent.ThreadID) bool {
	for n := range 500 {
		p, err := s.runner.Step(s.t.Context(), id, s.clock.Now())
		if err != nil {
			s.t.Fatalf("stepping %s: %v", s.label(id), err)
		}
		if p.Did == agent.StepWait {
			s.idle[id] = p.Idle
			return n > 0
		}
	}
	s.t.Fatalf("%s does not come to rest", s.label(id))
	return false
}

// news is what the logs say since they were last looked at.
func (s *scenario) news() string {
	var b strings.Builder
	for _, id := range s.threads {
		s.tail(&b, string(id), s.label(id))
	}
	return b.String()
}

func (s *scenario) label(id agent.ThreadID) string {
	names := make([]string, 0, len(s.names))
	for n, t := range s.names {
		if t == id {
			names = append(names, n)
		}
	}
	sort.Strings(names)
	return names[0]
}

func (s *scenario) tail(b *strings.Builder, log, label string) {
	events, err := agent.ReadEvents(s.t.Context(), s.store, log, s.seen[log]+1)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range events {
		s.seen[log] = e.Seq
		release := ""
		if e.Release > 0 {
			release = fmt.Sprintf(" #%d", e.Release)
		}
		who := string(e.Actor)
		if u := e.Actor.User(); u != "" {
			who = u
		}
		fmt.Fprintf(b, "%s %d%s %s [%s] %s\n", label, e.Seq, release, e.Type(), who, agent.Describe(e))
	}
}

func (s *scenario) ask(d *datadriven.TestData) string {
	in := agent.Intent{Kind: agent.IntentKind(d.CmdArgs[0].Key)}
	for _, a := range d.CmdArgs[1:] {
		switch a.Key {
		case "for":
			s.asker = a.Vals[0]
		case "service":
			in.Service = a.Vals[0]
		case "environment":
			in.Environment = a.Vals[0]
		case "since":
			in.Since = a.Vals[0]
		case "about":
			in.About = agent.About(a.Vals[0])
		case "id":
			name, n, _ := strings.Cut(a.Vals[0], "/") // thread and number
			in.ID = strings.TrimPrefix(string(s.names[name]), "t") + "-" + n
		}
	}
	a, _, err := s.service.Answer(context.Background(), in, s.asker, s.clock.Now())
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	return a.Title + "\n" + strings.Join(a.Lines, "\n") + "\n"
}

func (s *scenario) environment(d *datadriven.TestData) string {
	var b strings.Builder
	s.tail(&b, agent.EnvironmentLog(d.CmdArgs[0].Key, d.CmdArgs[1].Key), "env")
	return b.String()
}

// holds checks what must hold of every log that a scenario leaves behind.
func (s *scenario) holds() {
	for _, id := range s.threads {
		events, err := agent.ReadEvents(s.t.Context(), s.store, string(id), 1)
		if err != nil {
			s.t.Fatal(err)
		}
		folded, diffs := agent.Replay(id, events)
		for _, d := range diffs {
			s.t.Errorf("%s: replayed, it differs: %s", s.label(id), d)
		}
		half := agent.Fold(agent.NewState(id), events[:len(events)/2])
		half, err = half.Clone()
		if err != nil {
			s.t.Fatal(err)
		}
		s.same("a log folded in two halves", folded, agent.Fold(half, events[len(events)/2:]))
		loaded, err := agent.LoadThread(s.t.Context(), s.store, id)
		if err != nil {
			s.t.Fatal(err)
		}
		s.same("the snapshot and the events after it", folded, loaded)
		records, err := s.store.Read(s.t.Context(), string(id), 1, 0)
		if err != nil {
			s.t.Fatal(err)
		}
		if _, err := s.store.Verify(records, agent.PrevOf); err != nil {
			s.t.Errorf("%s: the hash chain: %v", s.label(id), err)
		}
	}
}

func (s *scenario) same(what string, a, b *agent.State) {
	x, y := mustJSON(s.t, a), mustJSON(s.t, b)
	if x != y {
		s.t.Errorf("%s: another state than the whole log:\n%s\n%s", what, x, y)
	}
}

func mustJSON(t interface{ Fatal(args ...any) }, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
