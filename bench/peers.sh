#!/usr/bin/env bash
# Runs the goals' peers and releasebot beside each other, on one machine and in one
# run, and writes the table of docs/benchmarks.md from what they print: make bench-peers.
#
#   PEERS      the peers' folder (../shared/bench); without it nothing is done
#   BENCH_TMP  where they are copied to, installed and built; kept, so that a second run begins at once
#   DUR        seconds for each point (3)
#   REPS       how often everything is run (2); the table has the medians
#   WAITING    threads that wait for an approval in the last measurement (10000)
#
# Every command has an end: with everything installed it takes about two minutes a repetition.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PEERS=${PEERS:-../shared/bench}
BENCH_TMP=${BENCH_TMP:-${TMPDIR:-/tmp}/releasebot-bench-$(id -u)}
DUR=${DUR:-3}
REPS=${REPS:-2}
WAITING=${WAITING:-10000}
PORT=${REDIS_PORT:-16379}

skip() { echo "bench-peers was skipped: $*"; exit 0; }
[ -d "$PEERS/gobench" ] || skip "$PEERS is not there"
for tool in redis-server redis-cli node npm; do command -v $tool >/dev/null || skip "there is no $tool"; done

mkdir -p "$BENCH_TMP" bin
BENCH_TMP=$(cd "$BENCH_TMP" && pwd)
peers=$BENCH_TMP/peers results=$BENCH_TMP/results.txt errors=$BENCH_TMP/errors.log
export BENCH_TMP REDIS_PORT=$PORT NO_PG=1

setup() {
	[ -d "$peers" ] || cp -r "$PEERS" "$peers" || return
	chmod -R u+w "$peers"
	[ -e "$peers/node/node_modules" ] || (cd "$peers/node" && npm install --no-audit --no-fund --no-package-lock --loglevel=error) || return
	[ -x "$peers/gobench/bin/fakeslack" ] || (cd "$peers/gobench" && mkdir -p bin && go mod tidy && nice go build -o bin/ ./cmd/...) || return
	nice go build -trimpath -ldflags "-s -w" -o bin/releasebot ./cmd/releasebot || return
	nice go test -c -o bin/agent.test ./agent && nice go test -c -o bin/bench.test ./bench
}

# busy prints how much of the machine others use right now, in percent.
busy() {
	local a b
	a=$(awk '/^cpu /{print $5+$6, $2+$3+$4+$5+$6+$7+$8}' /proc/stat)
	sleep 0.5
	b=$(awk '/^cpu /{print $5+$6, $2+$3+$4+$5+$6+$7+$8}' /proc/stat)
	echo "$a $b" | awk '{all = $4 - $2; print (all > 0) ? int(100 - 100*($3 - $1)/all) : 0}'
}

# run LIMIT COMMAND…: waits a little for a calmer machine, runs the command for LIMIT at most, and keeps its
# lines with how busy the machine was before it.
run() {
	local limit=$1 b
	shift
	for _ in 1 2 3 4 5; do b=$(busy); [ "$b" -lt 25 ] && break; done
	timeout "$limit" "$@" 2>>"$errors" | sed "s/^{/{\"busy_before\":$b,/; s/^Benchmark/busy_before=$b &/" | tee -a "$results"
}

flush() { redis-cli -p "$PORT" flushall >/dev/null; }

redis_cpu() { redis-cli -p "$PORT" info cpu | awk -F: '/^used_cpu_(user|sys):/{s += $2} END{print s*1000}'; }

# ours_w1 AT RUNS: the W1 benchmark on the scratch Redis, and what Redis itself used for it. Go runs it once more, to begin with.
ours_w1() {
	flush
	local before after
	before=$(redis_cpu)
	REDIS_URL=redis://127.0.0.1:$PORT run 120 bin/agent.test -test.run '^$' -test.bench "^BenchmarkRelease\$/^redis\$/^$1\$" -test.benchtime "$2x"
	after=$(redis_cpu)
	echo "$before $after $2" | awk -v at="$1" '{printf "{\"peer\":\"ours\",\"what\":\"w1-redis-cpu\",\"conc\":%d,\"redis_cpu_ms_per_run\":%.4f}\n", at, ($2-$1)/($3+1)}' | tee -a "$results"
}

# serve is releasebot as a whole process, for fakeslack to start.
serve() { # LIMIT STORE NAME FLAGS…
	local limit=$1 url=$2 name=$3
	shift 3
	rm -rf "$BENCH_TMP/data"
	REDIS_URL="$url" RELEASEBOT_CONFIG="$peers/releasebot.yml" RELEASEBOT_DATA="$BENCH_TMP/data" RELEASEBOT_PLANNER=rules \
		RELEASEBOT_HTTP_ADDR=off RELEASEBOT_LOG_LEVEL=error run "$limit" "$peers/gobench/bin/fakeslack" -name "$name" "$@" -- bin/releasebot serve
}

slack() { # LIMIT FLAGS…: bolt, slack-go and ours, one after the other
	local limit=$1
	shift
	run "$limit" "$peers/gobench/bin/fakeslack" -name bolt "$@" -- node "$peers/node/bolt_echo.mjs"
	run "$limit" "$peers/gobench/bin/fakeslack" -name slack-go "$@" -- "$peers/gobench/bin/slackgo-echo"
	flush
	serve "$limit" "redis://127.0.0.1:$PORT" ours "$@"
}

cold() { # of LangGraph.js: a process from its start to the end of one run
	local t
	for _ in 1 2 3 4 5; do
		t=$(date +%s%N)
		(cd "$peers" && timeout 30 node node/langgraph.mjs once sqlite) >/dev/null 2>>"$errors"
		echo "$(($(date +%s%N) - t))"
	done | sort -n | awk '{v[NR] = $1} END{printf "{\"peer\":\"langgraph.js\",\"what\":\"cold\",\"cold_ms\":%.0f}\n", v[int((NR+1)/2)]/1e6}' | tee -a "$results"
}

repetition() {
	flush
	run 90 "$peers/gobench/bin/floor" w1 -addr "127.0.0.1:$PORT" -store lualist -mode event -dur "${DUR}s"
	ours_w1 1 $((200 * DUR))
	ours_w1 16 $((600 * DUR))
	(cd "$peers" && run 120 node node/langgraph.mjs w1 sqlite --dur "$DUR" --conc 1,16)
	flush
	REDIS_URL=redis://127.0.0.1:$PORT run 120 bin/bench.test -test.run '^$' -test.bench Growth -test.benchtime 200x
	slack 60 -rate 500,2000 -dur "${DUR}s"
	slack 60 -window 64 -dur "${DUR}s"
	for _ in 1 2 3; do serve 30 "" ours-embedded -rate 100 -dur 100ms; done
	cold
}

# waiting: a Redis with threads that wait for an approval, and a serve that is sent a mention a second of other threads.
waiting() {
	flush
	REDIS_URL=redis://127.0.0.1:$PORT WAITING=$WAITING run 120 bin/bench.test -test.run TestWaiting
	serve 60 "redis://127.0.0.1:$PORT" ours-waiting -rate 1 -dur 15s
}

echo "bench-peers: peers from $PEERS, in $BENCH_TMP, $REPS times, ${DUR}s a point"
setup || { echo "bench-peers: the peers could not be installed or built"; exit 1; }
: >"$results" >"$errors"
"$peers/services.sh" start || exit 1
trap '"$peers/services.sh" stop' EXIT
for _ in $(seq 150); do redis-cli -p "$PORT" ping 2>/dev/null | grep -q PONG && break; sleep 0.2; done # it may have to read a run before this one
for _ in $(seq "$REPS"); do repetition; done
waiting
go run ./bench/report -what peers -in "$results" docs/benchmarks.md
