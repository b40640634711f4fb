package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A line is one measurement: what it is of, and its numbers by name.
type line struct {
	of      map[string]string // peer, what, store, mode, load, conc, …
	numbers map[string]float64
}

// results are the lines of a run. The same thing measured several times stands in it several times.
type results []line

// parse reads JSON objects and the lines of Go benchmarks; others are not for us.
func parse(measured []byte) (results, error) {
	var list results
	s := bufio.NewScanner(bytes.NewReader(measured))
	for n := 1; s.Scan(); n++ {
		text := strings.TrimSpace(s.Text())
		switch {
		case strings.HasPrefix(text, "{"):
			l, err := parseJSON(text)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
			list = append(list, l)
		case strings.Contains(text, "Benchmark") && strings.Contains(text, " ns/op"):
			list = append(list, parseBench(text))
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("nothing was measured")
	}
	return list, s.Err()
}

func parseJSON(text string) (line, error) {
	var raw map[string]any
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return line{}, err
	}
	l := line{map[string]string{}, map[string]float64{}}
	for k, v := range raw {
		l.of[k] = fmt.Sprint(v)
		if f, ok := v.(float64); ok {
			l.numbers[k] = f
		}
	}
	return l, nil
}

// parseBench reads "BenchmarkRelease/redis/16-2  300  1 ns/op  2 runs/s": the name without the number of processors, then pairs.
func parseBench(text string) line {
	l := line{map[string]string{}, map[string]float64{}}
	f := strings.Fields(text)
	if busy, ok := strings.CutPrefix(f[0], "busy_before="); ok {
		l.numbers["busy_before"], _ = strconv.ParseFloat(busy, 64)
		f = f[1:]
	}
	name := strings.TrimPrefix(f[0], "Benchmark")
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		if _, err := strconv.Atoi(name[i+1:]); err == nil {
			name = name[:i]
		}
	}
	l.of["bench"] = name
	for i := 2; i+1 < len(f); i += 2 {
		if v, err := strconv.ParseFloat(f[i], 64); err == nil {
			l.numbers[f[i+1]] = v
		}
	}
	return l
}

// find returns the median of a number over the lines that match "key=value …"; false where there is none.
func (r results) find(where, number string) (float64, bool) {
	var found []float64
	for _, l := range r {
		if v, ok := l.numbers[number]; ok && l.matches(where) {
			found = append(found, v)
		}
	}
	if len(found) == 0 {
		return 0, false
	}
	slices.Sort(found)
	if n := len(found); n%2 == 0 {
		return (found[n/2-1] + found[n/2]) / 2, true
	}
	return found[len(found)/2], true
}

func (l line) matches(where string) bool {
	for f := range strings.FieldsSeq(where) {
		k, v, _ := strings.Cut(f, "=")
		if l.of[k] != v {
			return false
		}
	}
	return true
}

// busy is the share of the machine that others used before the measurements, at least and at most.
func (r results) busy() (least, most float64) {
	least = 100
	for _, l := range r {
		if b, ok := l.numbers["busy_before"]; ok {
			least, most = min(least, b), max(most, b)
		}
	}
	return min(least, most), most
}
