// Command report makes the tables of docs/benchmarks.md from what was measured,
// and puts each between its markers: <!-- begin NAME --> and <!-- end NAME -->.
//
//	report -what bench -in bench.txt docs/benchmarks.md      from the output of make bench
//	report -what peers -in results.txt docs/benchmarks.md    from the lines that bench/peers.sh collects
//	report -what build -in actions.json -symbols nm.txt -binary bin/releasebot docs/benchmarks.md
//
// It adds up and divides; it measures nothing itself.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

func main() {
	what := flag.String("what", "", "bench, peers or build")
	in := flag.String("in", "", "the file with what was measured")
	symbols := flag.String("symbols", "", "build: what go tool nm -size says of the program with its symbols")
	binary := flag.String("binary", "", "build: the stripped program")
	flag.Parse()
	if err := write(*what, *in, *symbols, *binary, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func write(what, in, symbols, binary, page string) error {
	measured, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	var table string
	switch what {
	case "bench":
		table, err = benchTable(measured)
	case "peers":
		table, err = peersTable(measured)
	case "build":
		table, err = buildTable(measured, symbols, binary)
	default:
		return fmt.Errorf("-what is %q; it has to be bench, peers or build", what)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	old, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	page2, err := between(old, what, machine()+"\n\n"+table)
	if err != nil {
		return fmt.Errorf("%s: %w", page, err)
	}
	return os.WriteFile(page, page2, 0o644) //nolint:gosec // a page of the documentation
}

// between replaces what stands between the markers of that name.
func between(page []byte, name, text string) ([]byte, error) {
	begin, end := []byte("<!-- begin "+name+" -->\n"), []byte("<!-- end "+name+" -->")
	i := bytes.Index(page, begin)
	j := bytes.Index(page, end)
	if i < 0 || j < i {
		return nil, fmt.Errorf("there are no lines %q and %q", bytes.TrimSpace(begin), end)
	}
	i += len(begin)
	return bytes.Join([][]byte{page[:i], []byte("\n" + strings.TrimSpace(text) + "\n\n"), page[j:]}, nil), nil
}

// machine says where and when it was measured.
func machine() string {
	cpu := "unknown processor"
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if v, ok := strings.CutPrefix(line, "model name"); ok {
				cpu = strings.TrimSpace(strings.TrimLeft(v, "\t :"))
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d cores, %s/%s, %s, on %s.", cpu, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), time.Now().UTC().Format("2 January 2006"))
}
