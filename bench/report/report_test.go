package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const peersMeasured = `{"busy_before":3,"peer":"floor","what":"w1","store":"lualist","mode":"event","conc":16,"per_s":2000,"cpu_us":400,"redis_cpu_us":100}
{"busy_before":4,"peer":"langgraph.js","what":"w1","saver":"sqlite","conc":16,"runs_per_s":100,"cpu_ms_per_run":12,"bytes_per_thread":27000}
busy_before=12 BenchmarkRelease/redis/16-2   300   1000 ns/op   1200 runs/s   0.75 cpu-ms/run   8000 bytes/thread
busy_before=2 BenchmarkRelease/redis/16-2   300   1000 ns/op   1800 runs/s   0.75 cpu-ms/run   8000 bytes/thread
noise
{"peer":"ours","what":"w1-redis-cpu","conc":16,"redis_cpu_ms_per_run":0.5}
`

func TestPeersTable(t *testing.T) {
	table, err := peersTable([]byte(peersMeasured))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"others used 2 to 12 %",
		"| release runs/s, 16 at once, Redis | LangGraph.js + SQLite | 1500 | 100 | 15 | ≥ 15 | yes |", // the median of two
		"| the same | floor, a round trip an event | 1500 | 2000 | 0.75 | ≥ 0.5 | yes |",
		"| CPU per run, bot and Redis, 16 at once | LangGraph.js + SQLite | 1.25 ms | 12 ms | 0.104 | ≤ 0.125 | yes |",
		"| the same | floor | 1.25 ms | 0.5 ms | 2.5 | ≤ 2 | **no** |",
		"| bytes kept per finished thread | LangGraph.js + SQLite | 8 kB | 27 kB | 0.296 | ≤ 0.333 | yes |",
		"| ack p50 at 500 mentions/s | @slack/bolt | not measured | | | ≤ 1 | – |",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("the table has no %q:\n%s", want, table)
		}
	}
	if _, err := peersTable([]byte("nothing\n")); err == nil {
		t.Error("a table was made of nothing")
	}
}

func TestBenchTable(t *testing.T) {
	table, err := benchTable([]byte("goos: linux\nBenchmarkFold/1000-8  10  2500000 ns/op  640 B/op  12 allocs/op\nBenchmarkDecide/10  5  812 ns/op\nPASS\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| Fold/1000 | 2.5 ms | 640 | 12 |  |", "| Decide/10 | 812 ns |  |  |  |"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table has no %q:\n%s", want, table)
		}
	}
}

func TestBuildTable(t *testing.T) {
	dir := t.TempDir()
	symbols, binary := filepath.Join(dir, "nm.txt"), filepath.Join(dir, "bin")
	nm := "  401000    1000000 T github.com/redis/go-redis/v9.(*Client).Do\n  402000    500000 R type:*github.com/redis/go-redis/v9.Client\n  403000 9000000 B github.com/redis/go-redis/v9.big\n" +
		"  404000  300000 T net/http.(*conn[github.com/redis/go-redis/v9.X]).serve\n  405000 33554432 D " + zeroes + "\n"
	for path, text := range map[string]string{symbols: nm, binary: strings.Repeat("x", 1000)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	table, err := buildTable([]byte(`[{"Mode":"build","Package":"github.com/redis/go-redis/v9","CmdUser":2000000000,"CmdSys":500000000},
		{"Mode":"build","Package":"net/http","CmdUser":1000000000},{"Mode":"link","Package":"github.com/releasebot/releasebot/cmd/releasebot","CmdUser":1500000000}]`), symbols, binary)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"5 CPU-seconds", "(goal ≤ 450: reached)", "| github.com/redis/go-redis | 2.5 | 1.5 |", "| linking | 1.5 | 0.0 |", "| Go's standard library | 1.0 | 0.3 |"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table has no %q:\n%s", want, table)
		}
	}
	if _, err := buildTable([]byte(`[{"Mode":"build","Package":"x"}]`), symbols, binary); err == nil {
		t.Error("a build from the cache counts as one that costs nothing")
	}
}

func TestBetweenLeavesTheRestAlone(t *testing.T) {
	page := "a\n<!-- begin peers -->\nold\n<!-- end peers -->\nb\n<!-- begin bench -->\n<!-- end bench -->\n"
	got, err := between([]byte(page), "peers", "new\n")
	if want := "a\n<!-- begin peers -->\n\nnew\n\n<!-- end peers -->\nb\n<!-- begin bench -->\n<!-- end bench -->\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	again, err := between(got, "peers", "new\n")
	if err != nil || string(again) != string(got) {
		t.Errorf("twice is not once: %q, %v", again, err)
	}
	if _, err := between([]byte("a"), "peers", "new"); err == nil {
		t.Error("a page without markers is taken")
	}
}
