package healthcheck_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/releasebot/releasebot/tools/healthcheck"
)

func TestBaselineBecomesCanonical(t *testing.T) {
	const before = `{"url":"http://a","method":"GET","status":200,"timeout":"5s","baseline":`
	for in, want := range map[string]string{
		`{"latency":"+20%"}`:                             `{"latency":"+20%","looks":3}`,
		`{"latency":" + 20.0 % ","looks":5}`:             `{"latency":"+20%","looks":5}`,
		`{"latency":"+0.05s"}`:                           `{"latency":"+50ms","looks":3}`,
		`{"json":{"errors":"+0","a.b":"-30%"}}`:          `{"json":{"a.b":"-30%","errors":"+0"},"looks":1}`,
		`{"json":{"n":"+/-1e2"}}`:                        `{"json":{"n":"±100"},"looks":1}`,
		`{"json":{"n":"+-1.50%"},"latency":"+100%"}`:     `{"latency":"+100%","json":{"n":"±1.5%"},"looks":3}`,
		`{"json":{"n":"±200%"},"looks":null}`:            `{"json":{"n":"±200%"},"looks":1}`,
		`{"json":{"n":"-99.9%"},"latency":null}`:         `{"json":{"n":"-99.9%"},"looks":1}`,
		`{"json":{"n":"+0.0000000001"}}`:                 `{"json":{"n":"+1e-10"},"looks":1}`,
		`{"json":{"n":"+9007199254740993"}}`:             `{"json":{"n":"+9.007199254740992e+15"},"looks":1}`,
		`{"latency":"+1h","json":{},"looks":10}`:         `{"latency":"+1h0m0s","looks":10}`,
		`{"json":{"a\\.b":"+1", "list.0.n":"-2"}}`:       `{"json":{"a\\.b":"+1","list.0.n":"-2"},"looks":1}`,
		`{"json":{"version":"±0"},"latency":"+0.1ms"  }`: `{"latency":"+100µs","json":{"version":"±0"},"looks":3}`,
	} {
		args := call(t, healthcheck.DecodeHTTP, `{"url":"http://a","baseline":`+in+`}`).Args
		if got, whole := string(args), before+want+"}"; got != whole {
			t.Errorf("%s\ngot  %s\nwant %s", in, got, whole)
		}
		if !healthcheck.HasBaseline(args) {
			t.Errorf("%s has no baseline", args)
		}
		again := call(t, healthcheck.DecodeHTTP, `{"url":"http://a","baseline":`+want+`}`).Args
		if string(again) != string(args) {
			t.Errorf("read again %s is %s", args, again)
		}
	}
}

func TestHasBaseline(t *testing.T) {
	for _, none := range []string{"", "null", "{", `[]`, `{"url":"http://a"}`, `{"baseline":null}`, `{"run":["x"],"timeout":"10s"}`} {
		if healthcheck.HasBaseline(json.RawMessage(none)) {
			t.Errorf("%s has a baseline", none)
		}
	}
}

func TestWrongBaselinesSayWhatIsWrong(t *testing.T) {
	for in, want := range map[string]struct{ keys, says string }{
		`{}`:                                   {"baseline", "nothing to compare"},
		`{"json":{}}`:                          {"baseline", "nothing to compare"},
		`{"latency":""}`:                       {"baseline.latency", "no sign"},
		`{"latency":"20%"}`:                    {"baseline.latency", "no sign: +20%"},
		`{"latency":"-20%"}`:                   {"baseline.latency", "which is no harm"},
		`{"latency":"±20%"}`:                   {"baseline.latency", "which is no harm"},
		`{"latency":"+20"}`:                    {"baseline.latency", "+20% or +50ms"},
		`{"latency":"+-20ms"}`:                 {"baseline.latency", "which is no harm"},
		`{"latency":"++20ms"}`:                 {"baseline.latency", "+20% or +50ms"},
		`{"latency":"+"}`:                      {"baseline.latency", "+20% or +50ms"},
		`{"latency":"+%"}`:                     {"baseline.latency", "is no change"},
		`{"json":{"n":"+"}}`:                   {"baseline.json.n", "is no change"},
		`{"json":{"n":"+inf"}}`:                {"baseline.json.n", "is no change"},
		`{"json":{"n":"+1e999"}}`:              {"baseline.json.n", "is no change"},
		`{"json":{"n":"+NaN%"}}`:               {"baseline.json.n", "is no change"},
		`{"json":{"n":"+0x10"}}`:               {"baseline.json.n", "is no change"},
		`{"json":{"n":"+1_0"}}`:                {"baseline.json.n", "is no change"},
		`{"json":{"n":"+5ms"}}`:                {"baseline.json.n", "is no change"},
		`{"json":{"n":"+${sha}"}}`:             {"baseline.json.n", "is no change"},
		`{"json":{"n":"-100%"}}`:               {"baseline.json.n", "never be exceeded"},
		`{"json":{"a..b":"+0"}}`:               {"baseline.json.a..b", "dots"},
		`{"json":{"${sha}":"+0"}}`:             {"baseline.json.${sha}", "placeholder"},
		`{"latency":"+1%","looks":0}`:          {"baseline.looks", "1 to 10"},
		`{"latency":"+1%","looks":11}`:         {"baseline.looks", "1 to 10"},
		`{"json":{"n":"+0"},"looks":2}`:        {"baseline.looks", "none is compared"},
		`{"json":{"b":"1","a":"2"},"looks":0}`: {"baseline.json.a baseline.json.b baseline.looks", ""},
	} {
		_, err := healthcheck.DecodeHTTP(from(`{"url":"http://a","baseline":` + in + `}`))
		if err == nil {
			t.Errorf("%s is taken", in)
			continue
		}
		got := keys(err)
		slices.Sort(got)
		if strings.Join(got, " ") != want.keys || !strings.Contains(err.Error(), want.says) {
			t.Errorf("%s: %q: %v", in, got, err)
		}
	}
	if _, err := healthcheck.DecodeHTTP(from(`{"url":"http://a","method":"head","baseline":{"json":{"n":"+0"}}}`)); err == nil || !strings.Contains(err.Error(), "no body") {
		t.Errorf("HEAD: %v", err)
	}
	if _, err := healthcheck.DecodeHTTP(from(`{"url":"http://a","baseline":{"lantency":"+1%"}}`)); err == nil || !strings.Contains(err.Error(), "lantency") {
		t.Errorf("an unknown key: %v", err)
	}
}

// measure measures with the baseline given.
func measure(t *testing.T, url, args string) (healthcheck.Measurement, healthcheck.Result) {
	t.Helper()
	c := call(t, healthcheck.DecodeHTTP, `{"url":"`+url+`",`+args+`}`)
	m, ok := healthcheck.New(healthcheck.Config{})["http"].(healthcheck.Measurer)
	if !ok {
		t.Fatal("the http check measures nothing")
	}
	measured, result := m.Measure(t.Context(), c)
	if result.Detail == "" || result.Took <= 0 {
		t.Errorf("a result without a detail, or a time: %+v", result)
	}
	b, err := json.Marshal(measured)
	if err != nil {
		t.Fatal(err)
	}
	var again healthcheck.Measurement
	if err := json.Unmarshal(b, &again); err != nil || !reflect.DeepEqual(again, measured) {
		t.Errorf("%s reads back as %+v, was %+v (%v)", b, again, measured, err)
	}
	return measured, result
}

func TestMeasure(t *testing.T) {
	var asked atomic.Int32
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		n := asked.Add(1)
		_, _ = fmt.Fprintf(w, `{"version":"v1.4.1","errors":%d,"rate":1.50,"deep":[{"n":-2e3}],"text":"7","none":null,"huge":1e999}`, n)
	})
	m, r := measure(t, s.URL, `"json":{"version":"${version}"},"baseline":{"latency":"+20%","json":
		{"errors":"+0","rate":"+0","deep.0.n":"+0","text":"+0","none":"+0","huge":"+0","gone":"+0"}}`)
	// The version that will be expected doesn't run yet: that takes nothing from the numbers.
	says(t, r, healthcheck.Unhealthy, `version is "v1.4.1", expected "v1.4.2"`)
	if asked.Load() != 3 || m.Latency <= 0 || m.Problem != "" {
		t.Errorf("%d looks: %+v", asked.Load(), m)
	}
	if want := map[string]float64{"errors": 3, "rate": 1.5, "deep.0.n": -2000}; !reflect.DeepEqual(m.JSON, want) {
		t.Errorf("got %v, want %v", m.JSON, want)
	}
	for path, want := range map[string]string{"text": "no number", "none": "no number", "huge": "too large", "gone": "missing"} {
		if !strings.Contains(m.Missing[path], want) {
			t.Errorf("%s: %q, want %q", path, m.Missing[path], want)
		}
	}
}

// A service that gives no good answer has no numbers, and says why.
func TestMeasureOfWhatIsNotThere(t *testing.T) {
	var asked atomic.Int32
	down := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	m, r := measure(t, down.URL, `"baseline":{"latency":"+20%","json":{"errors":"+0"}}`)
	says(t, r, healthcheck.Unhealthy, "status 503")
	if m.Latency != 0 || m.JSON != nil || m.Problem != "status 503, expected 200" || asked.Load() != 1 {
		t.Errorf("after %d looks %+v", asked.Load(), m)
	}

	text := serve(t, body("ok"))
	m, r = measure(t, text.URL, `"baseline":{"json":{"errors":"+0"}}`)
	says(t, r, healthcheck.Healthy, "status 200")
	if m.JSON != nil || !strings.Contains(m.Missing["errors"], "not JSON") {
		t.Errorf("%+v", m)
	}

	secret := serve(t, body(`{"errors":"xoxb-123456789012-abcdef"}`))
	m, _ = measure(t, secret.URL, `"baseline":{"json":{"errors":"+0"}}`)
	if strings.Contains(m.Missing["errors"], "xoxb") {
		t.Errorf("a token is shown: %+v", m)
	}

	late := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	m, r = measure(t, late.URL, `"timeout":"30ms","baseline":{"latency":"+20%"}`)
	says(t, r, healthcheck.Unhealthy, "no answer within 30ms")
	if m.Problem == "" || m.Latency != 0 {
		t.Errorf("%+v", m)
	}
	m, r = measure(t, text.URL, `"status":200`)
	says(t, r, healthcheck.Healthy)
	if m.Problem == "" {
		t.Errorf("without a baseline: %+v", m)
	}
}

// A look by Check is what it was: a baseline asks nothing of it.
func TestCheckWithBaseline(t *testing.T) {
	s := serve(t, body("ok"))
	says(t, look(t, healthcheck.Config{}, "http", call(t, healthcheck.DecodeHTTP, `{"url":"`+s.URL+`","baseline":{"latency":"+0%","json":{"n":"+0"}}}`)),
		healthcheck.Healthy, "status 200")
}

// at makes a measurement of the number n, and of a latency in milliseconds.
func at(n float64, ms int) healthcheck.Measurement {
	return healthcheck.Measurement{Latency: healthcheck.Duration(time.Duration(ms) * time.Millisecond), JSON: map[string]float64{"n": n}}
}

func TestCompare(t *testing.T) {
	none := healthcheck.Measurement{Problem: "connection refused"}
	noNumber := healthcheck.Measurement{Latency: healthcheck.Duration(time.Second), Missing: map[string]string{"n": "it is missing"}}
	for _, c := range []struct {
		baseline      string
		before, after healthcheck.Measurement
		want          healthcheck.Verdict
		says          string
	}{
		{`{"json":{"n":"+0"}}`, at(3, 0), at(3, 0), healthcheck.Healthy, "n 3, was 3 (+0 allowed)"},
		{`{"json":{"n":"+0"}}`, at(3, 0), at(2, 0), healthcheck.Healthy, "n 2, was 3"},
		{`{"json":{"n":"+0"}}`, at(3, 0), at(4, 0), healthcheck.Unhealthy, "n 4, was 3 (+0 allowed)"},
		{`{"json":{"n":"+5"}}`, at(3, 0), at(8, 0), healthcheck.Healthy, ""},
		{`{"json":{"n":"+5"}}`, at(3, 0), at(8.1, 0), healthcheck.Unhealthy, "n 8.1, was 3"},
		{`{"json":{"n":"-30%"}}`, at(100, 0), at(70, 0), healthcheck.Healthy, ""},
		{`{"json":{"n":"-30%"}}`, at(100, 0), at(69.9, 0), healthcheck.Unhealthy, ""},
		{`{"json":{"n":"-30%"}}`, at(100, 0), at(900, 0), healthcheck.Healthy, ""},
		{`{"json":{"n":"±10%"}}`, at(1.1, 0), at(1.21, 0), healthcheck.Healthy, ""},
		{`{"json":{"n":"±10%"}}`, at(3, 0), at(2.7, 0), healthcheck.Healthy, ""},
		{`{"json":{"n":"±10%"}}`, at(3, 0), at(2.69, 0), healthcheck.Unhealthy, "±10% allowed"},
		{`{"json":{"n":"+50%"}}`, at(-10, 0), at(-5, 0), healthcheck.Healthy, ""},
		{`{"json":{"n":"+50%"}}`, at(-10, 0), at(-4, 0), healthcheck.Unhealthy, ""},
		{`{"json":{"n":"+50%"}}`, at(0, 0), at(1, 0), healthcheck.Unhealthy, ""}, // a share of nothing is nothing
		{`{"latency":"+20%"}`, at(0, 200), at(0, 240), healthcheck.Healthy, "latency 240ms, was 200ms (+20% allowed)"},
		{`{"latency":"+20%"}`, at(0, 200), at(0, 241), healthcheck.Unhealthy, "latency 241ms, was 200ms"},
		{`{"latency":"+20%"}`, at(0, 200), at(0, 1), healthcheck.Healthy, ""},
		{`{"latency":"+20%"}`, at(0, 2), at(0, 11), healthcheck.Healthy, ""}, // 9ms are the weather
		{`{"latency":"+20%"}`, at(0, 2), at(0, 12), healthcheck.Unhealthy, ""},
		{`{"latency":"+5ms"}`, at(0, 2), at(0, 7), healthcheck.Healthy, ""},
		{`{"latency":"+5ms"}`, at(0, 2), at(0, 8), healthcheck.Unhealthy, ""},
		{`{"latency":"+20%","json":{"n":"+0"}}`, at(1, 100), at(2, 900), healthcheck.Unhealthy, "latency 900ms, was 100ms (+20% allowed); n 2, was 1 (+0 allowed)"},

		{`{"latency":"+20%"}`, none, at(0, 100), healthcheck.Inconclusive, "the latency was not measured before the deploy: connection refused"},
		{`{"latency":"+20%"}`, at(0, 100), none, healthcheck.Inconclusive, "not measured after the deploy"},
		{`{"latency":"+20%"}`, healthcheck.Measurement{}, at(0, 100), healthcheck.Inconclusive, "not measured before the deploy"},
		{`{"json":{"n":"+0"}}`, noNumber, at(0, 0), healthcheck.Inconclusive, "n was not measured before the deploy: it is missing"},
		{`{"json":{"n":"+0"}}`, at(0, 0), noNumber, healthcheck.Inconclusive, "n was not measured after the deploy: it is missing"},
		{`{"json":{"m":"+0"}}`, at(0, 0), at(0, 0), healthcheck.Inconclusive, "m was not measured before"},
		// What is worse is said, whatever can't be told beside it.
		{`{"json":{"m":"+0","n":"+0"}}`, at(0, 0), at(1, 0), healthcheck.Unhealthy, "n 1, was 0"},
	} {
		args := call(t, healthcheck.DecodeHTTP, `{"url":"http://a","baseline":`+c.baseline+`}`).Args
		r := healthcheck.Compare(args, c.before, c.after)
		says(t, r, c.want, c.says)
		if t.Failed() {
			t.Fatalf("%+v", c)
		}
	}
	says(t, healthcheck.Compare(nil, at(0, 1), at(0, 1)), healthcheck.Inconclusive, "arguments")
	bare := call(t, healthcheck.DecodeHTTP, `{"url":"http://a"}`).Args
	says(t, healthcheck.Compare(bare, none, none), healthcheck.Healthy, "no baseline")
	broken := json.RawMessage(`{"url":"http://a","method":"GET","status":200,"timeout":"5s","baseline":{"latency":"x","json":{"n":"y"},"looks":1}}`)
	says(t, healthcheck.Compare(broken, at(0, 1), at(0, 1)), healthcheck.Inconclusive, "latency")
}

// Whatever the numbers: no change at all is allowed by every limit, a limit that
// is wider allows no less, and the verdict is one of the three.
func TestCompareHolds(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		sign := rapid.SampledFrom([]string{"+", "-", "±"}).Draw(r, "sign")
		unit := rapid.SampledFrom([]string{"", "%"}).Draw(r, "unit")
		by := rapid.IntRange(0, 90).Draw(r, "by")
		before := rapid.Float64().Filter(finite).Draw(r, "before")
		after := rapid.Float64().Filter(finite).Draw(r, "after")
		verdict := func(by int, before, after float64) healthcheck.Verdict {
			args := call(t, healthcheck.DecodeHTTP, fmt.Sprintf(`{"url":"http://a","baseline":{"json":{"n":"%s%d%s"}}}`, sign, by, unit)).Args
			return healthcheck.Compare(args, at(before, 0), at(after, 0)).Verdict
		}
		if got := verdict(by, before, before); got != healthcheck.Healthy {
			r.Fatalf("no change is %s", got)
		}
		narrow, wide := verdict(by, before, after), verdict(by+9, before, after)
		if narrow == healthcheck.Healthy && wide != healthcheck.Healthy || narrow == healthcheck.Inconclusive {
			r.Fatalf("%s by %d, %s by %d", narrow, by, wide, by+9)
		}
	})
}

func finite(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) }
