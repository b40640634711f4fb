package main

import (
	"fmt"
	"strings"
)

// benchTable has a row for each Go benchmark, in the order in which they ran. Of several runs it has the medians.
func benchTable(measured []byte) (string, error) {
	r, err := parse(measured)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("| benchmark | time/op | B/op | allocs/op | more |\n|---|--:|--:|--:|---|\n")
	seen := map[string]bool{}
	for _, l := range r {
		name := l.of["bench"]
		if name == "" || seen[name] {
			continue
		}
		seen[name] = true
		where := "bench=" + name
		ns, _ := r.find(where, "ns/op")
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", name, duration(ns), whole(r, where, "B/op"), whole(r, where, "allocs/op"), strings.Join(extras(r, where), ", "))
	}
	return b.String(), nil
}

// extras are the numbers that our benchmarks report beside Go's own.
func extras(r results, where string) []string {
	var list []string
	for _, name := range []string{"runs/s", "resume-p50-ms", "resume-p99-ms", "cpu-ms/run", "bytes/thread", "appends/s", "ack-p50-µs", "bytes", "events"} {
		if v, ok := r.find(where, name); ok {
			list = append(list, short(v)+" "+name)
		}
	}
	return list
}

func whole(r results, where, name string) string {
	v, ok := r.find(where, name)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%.0f", v)
}

func duration(ns float64) string {
	switch {
	case ns >= 1e9:
		return short(ns/1e9) + " s"
	case ns >= 1e6:
		return short(ns/1e6) + " ms"
	case ns >= 1e3:
		return short(ns/1e3) + " µs"
	}
	return short(ns) + " ns"
}
