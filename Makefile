# Everything here needs Go and Git only, but for lint, whose tools go fetches (go.tool.mod).
# Tests that need redis-server or Node look for it and say when they were skipped.

GO      ?= go
TOOL    := $(GO) tool -modfile=go.tool.mod
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)

FUZZTIME  ?= 30s
BENCH     ?= .
BENCHTIME ?= 1s
COUNT     ?= 1
SEEDS     ?= 2000
CHAOS_TIME ?= 60s
FROM      ?= 1
TIMEOUT   ?= 30m
SIM_TIMEOUT ?= 0

.DEFAULT_GOAL := help

.PHONY: help
help: ## list what there is
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## the program, as bin/releasebot
	$(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/releasebot ./cmd/releasebot

.PHONY: test
test: ## all tests
	.ci/tested test $(GO) test -timeout $(TIMEOUT) ./...

.PHONY: race
race: ## all tests under the race detector
	.ci/tested race $(GO) test -race -timeout $(TIMEOUT) ./...

.PHONY: failpoints
failpoints: ## the tests that kill at named places, in a build that has them; those that kill the program are in make test
	$(GO) vet -tags failpoints ./...
	.ci/tested failpoints $(GO) test -tags failpoints -timeout $(TIMEOUT) $$($(GO) list -tags failpoints -f '{{.ImportPath}} {{.Imports}} {{.TestImports}} {{.XTestImports}}' ./... | awk '/internal\/failpoint/ && $$1 !~ /\/e2e$$/{print $$1}')

.PHONY: lint
lint: ## formatters and linters (about six CPU-minutes the first time)
	$(TOOL) golangci-lint run ./...

.PHONY: vuln
vuln: ## known holes in what is used, where their data base can be reached
	@mkdir -p bin
	@if $(TOOL) govulncheck ./... >bin/govulncheck.txt 2>&1; then echo "govulncheck: no known holes"; \
	  elif grep -q 'fetching vulnerabilities:' bin/govulncheck.txt; then echo "govulncheck was skipped: its data base can't be reached from here"; \
	  else cat bin/govulncheck.txt; exit 1; fi

.PHONY: fmt
fmt: ## format everything, and mend what linters can mend
	$(TOOL) golangci-lint run --fix ./...

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME (30s)
	@.ci/fuzz $(FUZZTIME)

.PHONY: bench
bench: ## Go benchmarks: BENCH=pattern BENCHTIME=1s COUNT=1; REDIS_URL for a Redis of your own
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -benchtime $(BENCHTIME) -count $(COUNT) $$(grep -rl '^func Benchmark' --include='*_test.go' . | xargs -n1 dirname | sort -u)

.PHONY: bench-compare
bench-compare: ## compare two files of make bench: OLD=old.txt NEW=new.txt
	$(TOOL) benchstat $(OLD) $(NEW)

.PHONY: bench-table
bench-table: ## make bench, and its table in docs/benchmarks.md
	@mkdir -p bin
	$(MAKE) -s bench | tee bin/bench.txt
	$(GO) run ./bench/report -what bench -in bin/bench.txt docs/benchmarks.md

.PHONY: bench-peers
bench-peers: ## ours beside the peers of ../shared/bench, where that is, and the table of the goals: REPS=2 DUR=3
	bench/peers.sh

.PHONY: build-cost
build-cost: ## what each module costs to build with an empty cache (some CPU-minutes), and its table
	bench/buildcost.sh

.PHONY: sim
sim: ## the simulation: SEEDS=2000 worlds from FROM=1 on
	SIM_SEEDS=$(SEEDS) SIM_FROM=$(FROM) .ci/tested sim $(GO) test -count=1 -timeout $(SIM_TIMEOUT) -v -run '^TestSeeds$$' ./sim

.PHONY: planted
planted: ## bugs planted on purpose: the simulation has to find each
	$(GO) vet -tags planted ./agent ./bot ./threadstore ./sim ./internal/planted
	.ci/tested planted $(GO) test -count=1 -timeout $(TIMEOUT) -tags planted -run Planted ./sim

.PHONY: conformance
conformance: ## the store's suite over bbolt, miniredis and a real Redis, which must be there
	RELEASEBOT_REQUIRE_REDIS=1 $(GO) test -count=1 -run Conformance ./threadstore/...

.PHONY: cluster
cluster: ## the store's suite on a real three-node Cluster and behind a Sentinel, failovers that lose writes, and masters that die under running bots
	RELEASEBOT_REQUIRE_REDIS=1 RELEASEBOT_CLUSTER=1 $(GO) test -count=1 -v -run 'Conformance(Cluster|Sentinel)|TestFailover' ./threadstore/redisstore ./chaos

.PHONY: chaos
chaos: ## replicas, Redis and the network broken at random for CHAOS_TIME=60s, judged by the deployer's ledger
	RELEASEBOT_REQUIRE_REDIS=1 RELEASEBOT_CHAOS=1 CHAOS_TIME=$(CHAOS_TIME) .ci/tested chaos $(GO) test -count=1 -v -timeout 30m -run '^TestChaos$$' ./chaos

.PHONY: chaos-planted
chaos-planted: ## bugs planted on purpose in the running program: the judge has to find them; CHAOS_BUG=all tries those that it need not find
	RELEASEBOT_REQUIRE_REDIS=1 RELEASEBOT_PLANTED_CHAOS=1 $(GO) test -count=1 -v -timeout 30m -run TestPlantedBugsAreCaught ./chaos

.PHONY: restart
restart: ## every replica replaced under load by the same program: the short half of make upgrade
	RELEASEBOT_REQUIRE_REDIS=1 RELEASEBOT_UPGRADE=1 .ci/tested restart $(GO) test -count=1 -v -timeout $(TIMEOUT) -run TestRollingRestart ./chaos

.PHONY: upgrade
upgrade: ## every replica replaced under load: a restart, and from the program at OLD (the last version kept) to this one, back and forth
	RELEASEBOT_REQUIRE_REDIS=1 RELEASEBOT_UPGRADE=1 OLD=$(OLD) $(GO) test -count=1 -v -timeout 15m -run TestRolling ./chaos

.PHONY: scale
scale: ## 10,000 waiting threads, 1,000 environments, a thread of 1,000 messages: memory, idle CPU, Redis
	RELEASEBOT_SCALE=1 $(GO) test -count=1 -v -timeout 15m -run TestScale ./chaos

.PHONY: golden
golden: ## write the golden files anew: read the difference before you commit it
	$(GO) test ./policy ./blocks ./slacklocal -update
	$(GO) test ./agent -run Scenarios -rewrite
	UPDATE_SCRIPTS=1 $(GO) test ./cmd/releasebot -run TestScripts

.PHONY: histories
histories: ## keep what the scenarios' logs look like in this version: VERSION=v1.2, at a release
	$(GO) test -count=1 ./agent -run 'TestScenarios/bbolt|TestRecordShape' -record $(VERSION)

.PHONY: ci
ci: ## what runs for each change: .ci/run
	.ci/run
