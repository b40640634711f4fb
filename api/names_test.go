package api

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Each metric of ours stands in the operators' manual, and no alert or manual names one that there isn't.
func TestMetricsAreDocumented(t *testing.T) {
	m := NewMetrics()
	if err := m.count(nil, time.Now); err != nil {
		t.Fatal(err)
	}
	ch := make(chan *prometheus.Desc)
	go func() { m.registry.Describe(ch); close(ch) }()
	name := regexp.MustCompile(`fqName: "([^"]+)"`)
	var names []string
	for d := range ch {
		if n := name.FindStringSubmatch(d.String())[1]; strings.HasPrefix(n, "releasebot_") {
			names = append(names, n)
		}
	}
	manual := read(t, "../docs/operations.md")
	for _, n := range names {
		if !strings.Contains(manual, "`"+n+"`") && !strings.Contains(manual, "`"+n+"{") {
			t.Errorf("docs/operations.md has no row for %s", n)
		}
	}
	for _, file := range []string{"../docs/operations.md", "../docs/alerts.yml", "../docs/planner.md"} {
		for _, n := range regexp.MustCompile(`releasebot_[a-z_]+[a-z]`).FindAllString(read(t, file), -1) {
			base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(n, "_bucket"), "_count"), "_sum")
			if !slices.Contains(names, n) && !slices.Contains(names, base) {
				t.Errorf("%s names %s, which is no metric", file, n)
			}
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
