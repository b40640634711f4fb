#!/usr/bin/env bash
# What a build with an empty cache costs, by module, and how large the program is:
# make build-cost. Some CPU-minutes; the modules themselves have to be there already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
go mod download
GOCACHE=$tmp/cache nice go build -trimpath -ldflags "-s -w" -debug-actiongraph="$tmp/actions.json" -o "$tmp/stripped" ./cmd/releasebot
GOCACHE=$tmp/cache nice go build -trimpath -o "$tmp/whole" ./cmd/releasebot
go tool nm -size "$tmp/whole" >"$tmp/symbols.txt"
go run ./bench/report -what build -in "$tmp/actions.json" -symbols "$tmp/symbols.txt" -binary "$tmp/stripped" docs/benchmarks.md
