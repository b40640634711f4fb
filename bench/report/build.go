package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

// action is what go build -debug-actiongraph says of one command.
type action struct {
	Mode    string
	Package string
	CmdUser int64 // ns
	CmdSys  int64
}

// buildTable says what each module costs in a build with an empty cache, and in the program.
func buildTable(measured []byte, symbols, binary string) (string, error) {
	var actions []action
	if err := json.Unmarshal(measured, &actions); err != nil {
		return "", err
	}
	cpu, total := map[string]float64{}, 0.0
	for _, a := range actions {
		s := float64(a.CmdUser+a.CmdSys) / 1e9
		total += s
		module := moduleOf(a.Package)
		if a.Mode == "link" {
			module = "linking"
		}
		cpu[module] += s
	}
	if total == 0 {
		return "", fmt.Errorf("no command was run: the cache was not empty")
	}
	size, err := sizes(symbols)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(binary)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%.0f CPU-seconds with an empty cache (goal ≤ 450: %s), a stripped program of %.1f MB (goal ≤ 45: %s).\n\n",
		total, reached(total <= 450), float64(info.Size())/1e6, reached(info.Size() <= 45e6))
	b.WriteString("| module | CPU-seconds | MB of code and data with its name on it |\n|---|--:|--:|\n")
	names := slices.SortedFunc(maps.Keys(cpu), func(a, b string) int { return cmp.Or(cmp.Compare(cpu[b], cpu[a]), cmp.Compare(a, b)) })
	for _, name := range names {
		if cpu[name] >= 0.5 || size[name] >= 0.2e6 {
			fmt.Fprintf(&b, "| %s | %.1f | %.1f |\n", name, cpu[name], size[name]/1e6)
		}
	}
	return b.String(), nil
}

func reached(ok bool) string {
	if ok {
		return "reached"
	}
	return "**not reached**"
}

// moduleOf names the module of a package, near enough for a table.
func moduleOf(pkg string) string {
	parts := strings.Split(pkg, "/")
	switch {
	case strings.HasPrefix(pkg, "github.com/releasebot/releasebot"):
		return "releasebot"
	case !strings.Contains(parts[0], "."), pkg == "":
		return "Go's standard library"
	case (parts[0] == "github.com" || parts[0] == "golang.org") && len(parts) >= 3:
		return strings.Join(parts[:3], "/")
	}
	return strings.Join(parts[:min(2, len(parts))], "/")
}

// zeroes is a large array that nm calls data. What is zero at the start takes no room in the file.
const zeroes = "crypto/internal/fips140/drbg.memory"

// sizes adds up the symbols of each module, from go tool nm -size: address, size, kind, name.
func sizes(path string) (map[string]float64, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	by := map[string]float64{}
	s := bufio.NewScanner(bytes.NewReader(b))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		f := strings.Fields(s.Text())
		if len(f) < 4 || strings.EqualFold(f[2], "b") || f[3] == zeroes {
			continue
		}
		n, err := strconv.ParseFloat(f[1], 64)
		if err != nil {
			continue
		}
		by[moduleOf(packageOf(f[3]))] += n
	}
	return by, s.Err()
}

// packageOf cuts a symbol's name behind its package: "github.com/a/b.(*T).M" is of github.com/a/b.
func packageOf(symbol string) string {
	symbol = strings.TrimLeft(strings.TrimPrefix(symbol, "type:"), "*[]")
	slash := strings.LastIndexByte(symbol[:len(symbol)-len(strings.TrimLeft(symbol, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./_-%"))], '/') + 1
	if dot := strings.IndexByte(symbol[slash:], '.'); dot >= 0 {
		return strings.ReplaceAll(symbol[:slash+dot], "%2e", ".")
	}
	return symbol
}
