package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// connectionsOfAnApp is how many links Slack gives one app.
const connectionsOfAnApp = 10

// takeoverWithin is promised: from a replica's death until another has its
// threads. A busy machine is given three times that here.
const takeoverWithin = 3 * 10 * time.Second

// six services, each with an environment of its own, so that no release waits for another.
func six() string {
	var b strings.Builder
	b.WriteString("version: 1\npeople:\n  oncall: {group: S0ONCALL}\nservices:\n")
	for n := range 6 {
		fmt.Fprintf(&b, "  shop%d:\n    environments:\n      production:\n        approval: {required: 1, from: [oncall]}\n        deploy: {driver: command, start: @deploy@}\n", n)
	}
	return b.String()
}

// Six replicas want two links each, and Slack gives an app ten. The others wait
// without hammering; the replica without links runs threads like the rest.
// Clicks go to whichever replica Slack chooses. One dies while it runs a deploy:
// another goes on within ten seconds, and its links are taken by who waits.
func TestSixReplicasShareTenConnections(t *testing.T) {
	t.Parallel()
	w := newRedisWorld(t, six())
	var bots []*botProcess
	began := time.Now()
	for n := range 6 {
		bots = append(bots, w.start(fmt.Sprintf("%c", 'A'+n), "data"))
	}
	full := func() bool { return w.slack.Connected() == connectionsOfAnApp }
	refusals := func() (n int) {
		for _, p := range bots {
			n += strings.Count(p.log.String(), "too_many_websockets")
		}
		return n
	}
	w.until("ten links, and one refused", func() bool { return full() && refusals() > 0 })

	var threads []string
	for n := range 6 {
		w.order(fmt.Sprintf("shop%d v1", n), order{Hold: true})
		threads = append(threads, w.mention(alice, fmt.Sprintf("deploy shop%d v1 to production", n)))
	}
	for _, ts := range threads {
		w.click(bob, w.card(ts, 1), "Approve")
	}
	w.begun(len(threads))
	w.wait("every click being acknowledged", w.slack.Idle)
	sockets := map[string]bool{}
	for _, d := range w.slack.Deliveries() {
		if d.Event == "block_actions" && d.Acked {
			sockets[d.Socket] = true
		}
	}
	if len(sockets) < 3 {
		t.Errorf("six clicks came over %d links; want several, so that several replicas have handled them", len(sockets))
	}

	var holder *botProcess
	var epoch int64
	w.until("a replica that holds the thread", func() bool { holder, epoch = w.holder(threads[0]); return holder != nil })
	died := time.Now()
	holder.kill()
	var other *botProcess
	w.untilFor(takeoverWithin, "another replica running its thread", func() bool {
		p, now := w.holder(threads[0])
		other = p
		return p != nil && p != holder && now > epoch
	})
	t.Logf("bot %s died, bot %s ran its thread after %s", holder.name, other.name, time.Since(died).Round(10*time.Millisecond))
	for _, e := range w.begins() {
		w.letGo(e)
	}
	for _, ts := range threads {
		w.ends(ts, 1, "done")
		w.wantCount(ts, "deploy_started", 1)
		w.wantSound(ts)
	}
	if n := len(w.begins()); n != len(threads) {
		t.Errorf("%d deploys began, want %d\n%s", n, len(threads), w.show())
	}
	w.untilFor(time.Minute, "the links of the dead replica going to who waited", full)
	// Each waiting link tries again after 5 s at the earliest, then less and less often.
	if n, most := refusals(), 2+2*2*int(time.Since(began)/(5*time.Second)+2); n > most {
		t.Errorf("Slack refused %d connections, more than %d: who waits has to wait longer", n, most)
	}
}

// holder is the bot that holds the lease of a thread now, with the lease's epoch; nil if none does.
func (w *world) holder(ts string) (*botProcess, int64) {
	w.Helper()
	o, err := redis.ParseURL(w.redis)
	w.must(err)
	o.Protocol, o.DisableIdentity = 2, true
	c := redis.NewClient(o)
	defer c.Close() //nolint:errcheck // only asked
	keys, err := c.Keys(w.Context(), "rb:{*}:o:"+string(w.thread(ts))).Result()
	w.must(err)
	for _, key := range keys {
		v, err := c.Get(w.Context(), key).Result()
		if err != nil {
			continue // given back, or run out, meanwhile
		}
		epoch, owner, _ := strings.Cut(v, " ")
		n, err := strconv.ParseInt(epoch, 10, 64)
		w.must(err)
		for _, p := range w.fleet.bots {
			if strings.Contains(owner, "/"+strconv.Itoa(p.cmd.Process.Pid)+"/") {
				return p, n
			}
		}
	}
	return nil, 0
}
