package main

import (
	"fmt"
	"strings"
)

// A goal is one row of the table: ours divided by theirs, and what that has to be.
type goal struct {
	what string
	peer string
	unit string
	ours measure
	them measure // zero: the goal is a number, not a ratio
	goal float64
	more bool // more is better
}

// A measure is a number in the results, or a sum of several.
type measure []term

type term struct {
	where, number string
	times         float64 // 0 = 1
}

func (m measure) value(r results) (float64, bool) {
	sum := 0.0
	for _, t := range m {
		v, ok := r.find(t.where, t.number)
		if !ok {
			return 0, false
		}
		if t.times != 0 {
			v *= t.times
		}
		sum += v
	}
	return sum, len(m) > 0
}

func one(where, number string) measure { return measure{{where, number, 0}} }

const (
	lg16   = "peer=langgraph.js what=w1 saver=sqlite conc=16"
	lg1    = "peer=langgraph.js what=w1 saver=sqlite conc=1"
	fl16   = "peer=floor what=w1 store=lualist mode=event conc=16"
	w1at16 = "bench=Release/redis/16"
	w1at1  = "bench=Release/redis/1"
)

func load(peer, load string) string { return "peer=" + peer + " what=slack load=" + load }

// goals are what is to be reached, in its order.
func goals() []goal {
	cpu := measure{{w1at16, "cpu-ms/run", 0}, {"peer=ours what=w1-redis-cpu conc=16", "redis_cpu_ms_per_run", 0}}
	floorCPU := measure{{fl16, "cpu_us", 1e-3}, {fl16, "redis_cpu_us", 1e-3}}
	lg, bolt, slackgo := "LangGraph.js + SQLite", "@slack/bolt", "slack-go"
	return []goal{
		{"release runs/s, 16 at once, Redis", lg, "", one(w1at16, "runs/s"), one(lg16, "runs_per_s"), 15, true},
		{"the same", "floor, a round trip an event", "", one(w1at16, "runs/s"), one(fl16, "per_s"), 0.5, true},
		{"CPU per run, bot and Redis, 16 at once", lg, "ms", cpu, one(lg16, "cpu_ms_per_run"), 1.0 / 8, false},
		{"the same", "floor", "ms", cpu, floorCPU, 2, false},
		{"resume p50, decision to done, one at a time", lg, "ms", one(w1at1, "resume-p50-ms"), one(lg1, "resume_p50_ms"), 1.0 / 8, false},
		{"bytes kept per finished thread", lg, "kB", measure{{w1at16, "bytes/thread", 1e-3}}, measure{{lg16, "bytes_per_thread", 1e-3}}, 1.0 / 3, false},
		{"growth: bytes at 1,000 events", "ours at 100", "kB", measure{{"bench=Growth/1000", "bytes", 1e-3}}, measure{{"bench=Growth/100", "bytes", 1e-3}}, 11, false},
		{"growth: one more step at 1,000 events", "ours at 10", "ms", measure{{"bench=Growth/1000", "ns/op", 1e-6}}, measure{{"bench=Growth/10", "ns/op", 1e-6}}, 1.5, false},
		{"ack p50 at 500 mentions/s", bolt, "ms", one(load("ours", "500/s"), "ack_p50_ms"), one(load("bolt", "500/s"), "ack_p50_ms"), 1, false},
		{"the same", slackgo, "ms", one(load("ours", "500/s"), "ack_p50_ms"), one(load("slack-go", "500/s"), "ack_p50_ms"), 3, false},
		{"ack p99 at 2,000 mentions/s", bolt, "ms", one(load("ours", "2000/s"), "ack_p99_ms"), one(load("bolt", "2000/s"), "ack_p99_ms"), 1.0 / 5, false},
		{"mention to first post p50 at 500/s", bolt, "ms", one(load("ours", "500/s"), "post_p50_ms"), one(load("bolt", "500/s"), "post_p50_ms"), 1, false},
		{"mentions/s, 64 outstanding", bolt, "", one(load("ours", "window64"), "posted_per_s"), one(load("bolt", "window64"), "posted_per_s"), 2, true},
		{"resident memory, idle", bolt, "MB", one(load("ours", "500/s"), "rss_idle_mb"), one(load("bolt", "500/s"), "rss_idle_mb"), 1.0 / 2, false},
		{"resident memory, under 2,000/s", bolt, "MB", one(load("ours", "2000/s"), "rss_mb"), one(load("bolt", "2000/s"), "rss_mb"), 1.0 / 3, false},
		{"start to connected, embedded store", "LangGraph.js, cold", "ms", one("peer=ours-embedded", "connect_ms"), one("peer=langgraph.js what=cold", "cold_ms"), 1.0 / 5, false},
		{"resident memory, with the threads that wait", "64 MB", "MB", one("peer=ours-waiting what=slack", "rss_idle_mb"), nil, 64, false},
		{"CPU, with the threads that wait", "1 % of a core", "%", measure{{"peer=ours-waiting what=slack", "cpu_us", 1e-4}}, nil, 1, false},
	}
}

func peersTable(measured []byte) (string, error) {
	r, err := parse(measured)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	least, most := r.busy()
	fmt.Fprintf(&b, "Before the measurements others used %.0f to %.0f %% of the machine.\n\n", least, most)
	if n, ok := r.find("peer=ours-waiting what=threads", "threads"); ok {
		fmt.Fprintf(&b, "In the last two rows %.0f threads wait for an approval.\n\n", n)
	}
	b.WriteString("| what | beside | ours | theirs | ours ÷ theirs | goal | reached |\n|---|---|--:|--:|--:|--:|---|\n")
	for _, g := range goals() {
		b.WriteString(g.row(r))
	}
	return b.String(), nil
}

// row: what was not measured says so, and reaches nothing.
func (g goal) row(r results) string {
	sign := "≤"
	if g.more {
		sign = "≥"
	}
	want := sign + " " + short(g.goal)
	ours, ok := g.ours.value(r)
	if !ok {
		return fmt.Sprintf("| %s | %s | not measured | | | %s | – |\n", g.what, g.peer, want)
	}
	mine := short(ours) + unit(g.unit)
	if g.them == nil {
		return fmt.Sprintf("| %s | %s | %s | | | %s%s | %s |\n", g.what, g.peer, mine, want, unit(g.unit), g.verdict(ours))
	}
	theirs, ok := g.them.value(r)
	if !ok || theirs == 0 {
		return fmt.Sprintf("| %s | %s | %s | not measured | | %s | – |\n", g.what, g.peer, mine, want)
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s |\n", g.what, g.peer, mine, short(theirs)+unit(g.unit), short(ours/theirs), want, g.verdict(ours/theirs))
}

func (g goal) verdict(v float64) string {
	if g.more && v >= g.goal || !g.more && v <= g.goal {
		return "yes"
	}
	return "**no**"
}

func unit(u string) string {
	if u == "" {
		return ""
	}
	return " " + u
}

// short writes a number with three digits that matter.
func short(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
	case v >= 1:
		return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", v), "0"), ".")
	}
	return fmt.Sprintf("%.3g", v)
}
