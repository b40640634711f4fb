package e2e

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/releasebot/releasebot/agent"
)

// TestGolden plays the scripts of testdata/golden: what people do, what Slack
// shows and what the log says, over the built program, on the embedded store and
// on Redis. Run with -rewrite to write what is printed back into them.
//
//	policy                    the policy file
//	boot                      starts a bot
//	mention USER              speaks to the bot in the channel: the thread of all that follows
//	reply USER                says something in the thread
//	click USER BUTTON CARD    CARD is approval/N, release/N or question/N
//	reject USER CARD          with the reason
//	await CARD                waits until CARD shows what stands below
//	home USER                 opens the home tab, and waits until it shows what stands below
//	press USER BUTTON         presses a button of the home tab
//	shown USER                what the home tab shows
//	told USER                 waits until USER alone is told what stands below
//	slack CARD                what CARD shows
//	log                       what has come to the log since it was last looked at
//	ledger                    what was really started
//
// Ids, times, durations and what changes from run to run stand as words: see steady.
func TestGolden(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(*testing.T, string) *world{"bbolt": newWorld, "Redis": newRedisWorld} {
		t.Run(name, func(t *testing.T) {
			datadriven.Walk(t, filepath.Join("testdata", "golden"), func(t *testing.T, path string) {
				g := &golden{world: make(t, standard)}
				datadriven.RunTest(t, path, g.run)
				g.wantOneOfEach(g.ts)
				g.wantSound(g.ts)
				g.wantNobodyPinged(alice, bob, carol, "S0ONCALL")
			})
		})
	}
}

// golden is a world in which a script is played.
type golden struct {
	*world
	ts   string
	seen int64 // of the log
}

func (g *golden) run(t *testing.T, d *datadriven.TestData) string {
	w := g.sub(t)
	defer func() { g.policy = w.policy }()
	arg := func(i int) string { return d.CmdArgs[i].Key }
	switch d.Cmd {
	case "policy":
		w.setPolicy(d.Input)
	case "boot":
		w.boot("A", "data")
	case "mention":
		g.ts = w.mention(arg(0), d.Input)
	case "reply":
		w.reply(arg(0), g.ts, d.Input)
	case "click":
		button := strings.ReplaceAll(arg(1), "_", " ")
		list := w.views(g.ts, g.key(arg(2)))
		if len(list) == 0 {
			t.Fatalf("%s: there is no %s", d.Pos, arg(2))
		}
		w.click(arg(0), list[0], button)
	case "reject":
		w.reject(arg(0), w.views(g.ts, g.key(arg(1)))[0], d.Input)
	case "await":
		w.says(g.ts, g.key(arg(0)), d.Input)
	case "home":
		w.must(w.slack.OpenHome(arg(0)))
		w.wait("the home tab", func() bool {
			v, ok := w.slack.Home(arg(0))
			return ok && strings.Contains(w.slack.RenderView(v), d.Input)
		})
	case "press":
		v, _ := w.slack.Home(arg(0))
		w.must(w.slack.ClickView(arg(0), v.ID, arg(1)))
	case "shown":
		v, _ := w.slack.Home(arg(0))
		return g.steady(w.slack.RenderView(v))
	case "told":
		w.told(arg(0), d.Input)
	case "slack":
		return g.steady(w.slack.Render(w.views(g.ts, g.key(arg(0)))[0]))
	case "log":
		return g.news(w)
	case "ledger":
		var b strings.Builder
		for _, e := range w.begins() {
			fmt.Fprintln(&b, e)
		}
		return b.String()
	default:
		t.Fatalf("%s: what is %q?", d.Pos, d.Cmd)
	}
	return ""
}

// key is a view's key: approval/2 is that of the thread's second release.
func (g *golden) key(name string) string {
	kind, number, _ := strings.Cut(name, "/")
	n, err := strconv.Atoi(number)
	if kind != "approval" || err != nil {
		return name
	}
	return agent.ViewApproval(agent.ReleaseID(g.thread(g.ts), n))
}

// news is what has come to the log, without what depends on how fast Slack is.
func (g *golden) news(w *world) string {
	var b strings.Builder
	for _, e := range w.log(g.ts) {
		if e.Seq <= g.seen || e.Type() == "posted" || e.Type() == "deploy_progress" {
			continue
		}
		g.seen = e.Seq
		about := e.Type()
		if e.Release > 0 {
			about = fmt.Sprintf("#%d %s", e.Release, about)
		}
		who := string(e.Actor)
		if _, user, ok := e.Actor.Slack(); ok {
			who = user
		}
		fmt.Fprintf(&b, "%s [%s] %s\n", about, who, agent.Describe(e))
	}
	return g.steady(b.String())
}

// unsteady is what differs from run to run, and the word that stands for it.
var unsteady = []struct {
	pattern *regexp.Regexp
	word    string
}{
	{regexp.MustCompile(`rb-[a-z2-9]{26}`), "KEY"},
	{regexp.MustCompile(`digest [0-9a-f]{8}`), "digest DIGEST"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d UTC`), "DATE"},
	{regexp.MustCompile(`\d{1,2} [A-Z][a-z]{2} \d\d:\d\d UTC`), "DATE"},
	{regexp.MustCompile(`, (\d+m ?)?\d+(\.\d+)?s after it was asked for`), ""}, // as is the next
	{regexp.MustCompile(`( after| ·| in) (\d+m ?)?\d+(\.\d+)?s\b`), ""},        // left out of a card where it is next to nothing
	{regexp.MustCompile(`\b(\d+m ?)?\d+(\.\d+)?s\b`), "DURATION"},
	{regexp.MustCompile(`\d+ looks?`), "N looks"},
	{regexp.MustCompile(` \(edited\)`), ""},
}

// steady puts words in the place of what differs from run to run, and ends in a line break.
func (g *golden) steady(text string) string {
	text = strings.ReplaceAll(text, strings.TrimPrefix(string(g.thread(g.ts)), "t"), "THREAD")
	for _, u := range unsteady {
		text = u.pattern.ReplaceAllString(text, u.word)
	}
	return strings.TrimSuffix(text, "\n") + "\n"
}
