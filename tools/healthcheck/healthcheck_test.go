package healthcheck_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

// from reads arguments as the policy file's reader does: strictly, with numbers
// in the form in which they were written.
func from(text string) func(any) error {
	return func(target any) error {
		dec := json.NewDecoder(bytes.NewReader([]byte(text)))
		dec.DisallowUnknownFields()
		dec.UseNumber()
		return dec.Decode(target)
	}
}

type decoder = func(func(any) error) (any, error)

// call makes a call with the arguments that the decoder makes of text.
func call(t *testing.T, decode decoder, text string) tools.Call {
	t.Helper()
	args, err := decode(from(text))
	if err != nil {
		t.Fatalf("decoding %s: %v", text, err)
	}
	b, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	return tools.Call{
		Release: "r-1", Action: "deploy", Service: "shop", Environment: "production", Key: "k-1",
		Version: "v1.4.2", Commit: "abc", PreviousVersion: "v1.4.1", PreviousCommit: "def", Args: b,
	}
}

func look(t *testing.T, cfg healthcheck.Config, kind string, c tools.Call) healthcheck.Result {
	t.Helper()
	r := healthcheck.New(cfg)[kind].Check(t.Context(), c)
	if r.Detail == "" {
		t.Errorf("a result without a detail: %+v", r)
	}
	if r.Took <= 0 {
		t.Errorf("a look that took no time: %+v", r)
	}
	return r
}

// says fails unless the result has the verdict and says all of the words.
func says(t *testing.T, r healthcheck.Result, want healthcheck.Verdict, words ...string) {
	t.Helper()
	if r.Verdict != want {
		t.Errorf("verdict %q (%s), want %q", r.Verdict, r.Detail, want)
	}
	for _, w := range words {
		if !strings.Contains(r.Detail, w) {
			t.Errorf("detail %q does not say %q", r.Detail, w)
		}
	}
}

func TestChecksOnlyRead(t *testing.T) {
	checkers := healthcheck.New(healthcheck.Config{})
	for _, kind := range []string{"http", "tcp", "command"} {
		if got := checkers[kind].Spec(); got.Effect != tools.Reads || got.Name != "healthcheck."+kind {
			t.Errorf("%s: %+v", kind, got)
		}
	}
}

func TestArgumentsBecomeCanonicalJSON(t *testing.T) {
	for _, tc := range []struct {
		name   string
		decode decoder
		in     string
		want   string
	}{
		{
			"http, defaults", healthcheck.DecodeHTTP, `{"url":"http://a/h"}`,
			`{"url":"http://a/h","method":"GET","status":200,"timeout":"5s"}`,
		},
		{
			"http, all", healthcheck.DecodeHTTP,
			`{"timeout":"60s","latency":"500ms","method":"post","status":204,"url":"https://a:1/${version}?v=${sha}",
			  "headers":{"x-b":"2","accept":"${environment}"},"json":{"v":1.20,"ok":true,"n":null,"a.0":"${version}"}}`,
			`{"url":"https://a:1/${version}?v=${sha}","method":"POST","status":204,` +
				`"json":{"a.0":"${version}","n":null,"ok":"true","v":"1.20"},` +
				`"headers":{"Accept":"${environment}","X-B":"2"},"timeout":"1m0s","latency":"500ms"}`,
		},
		{"tcp", healthcheck.DecodeTCP, `{"address":"[::1]:80"}`, `{"address":"[::1]:80","timeout":"5s"}`},
		{
			"command", healthcheck.DecodeCommand, `{"run":["./x-${environment}","${version}"]}`,
			`{"run":["./x-${environment}","${version}"],"timeout":"10s"}`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := call(t, tc.decode, tc.in).Args; string(got) != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestWrongArgumentsSayWhatIsWrong(t *testing.T) {
	for _, tc := range []struct {
		decode decoder
		in     string
		keys   string // of all problems, in order
		says   string
	}{
		{healthcheck.DecodeHTTP, `{}`, "url", "missing"},
		{healthcheck.DecodeHTTP, `{"url":"ftp://a"}`, "url", "http:// or https://"},
		{healthcheck.DecodeHTTP, `{"url":"http:///x"}`, "url", "no host"},
		{healthcheck.DecodeHTTP, `{"url":"http://a b/"}`, "url", "no URL"},
		{healthcheck.DecodeHTTP, `{"url":"http://a:99999/"}`, "url", "port"},
		{healthcheck.DecodeHTTP, `{"url":"http://u:secret@a/"}`, "url", "Authorization"},
		{healthcheck.DecodeHTTP, `{"url":"http://a/#x"}`, "url", "fragment"},
		{healthcheck.DecodeHTTP, `{"url":"${action}://a/"}`, "url", ""},
		{healthcheck.DecodeHTTP, `{"url":"http://a/${verison}"}`, "url", "${previous_version}"},
		{healthcheck.DecodeHTTP, `{"url":"http://a/${version"}`, "url", "unknown placeholder"},
		{healthcheck.DecodeHTTP, `{"url":"http://a","method":"DELETE"}`, "method", "only looks"},
		{healthcheck.DecodeHTTP, `{"url":"http://a","status":42}`, "status", "200 to 599"},
		{healthcheck.DecodeHTTP, `{"url":"http://a","status":0}`, "status", "200 to 599"},
		{healthcheck.DecodeHTTP, `{"url":"http://a","method":""}`, "method", "not one of"},
		{healthcheck.DecodeHTTP, `{"url":"http://a","timeout":""}`, "timeout", "no duration"},
		{healthcheck.DecodeHTTP, `{"url":"http://a","latency":""}`, "latency", "no duration"},
		{healthcheck.DecodeHTTP, `{"url":"http://a","timeout":"5"}`, "timeout", "unit"},
		{healthcheck.DecodeHTTP, `{"url":"http://a","timeout":"-1s"}`, "timeout", "more than nothing"},
		{healthcheck.DecodeHTTP, `{"url":"http://a","timeout":"1h"}`, "timeout", "longest"},
		{healthcheck.DecodeHTTP, `{"url":"http://a","latency":"6s"}`, "latency", "timeout"},
		{healthcheck.DecodeHTTP, `{"url":"http://a","json":{"a..b":"x"}}`, "json.a..b", "dots"},
		{healthcheck.DecodeHTTP, `{"url":"http://a","json":{"a":[1]}}`, "json.a", "one value"},
		{healthcheck.DecodeHTTP, `{"url":"http://a","json":{"a":"${nope}"}}`, "json.a", "unknown placeholder"},
		{healthcheck.DecodeHTTP, `{"url":"http://a","method":"HEAD","json":{"a":"1"}}`, "json", "no body"},
		{healthcheck.DecodeHTTP, `{"url":"http://a","headers":{"a b":"1"}}`, "headers.a b", "no header name"},
		{healthcheck.DecodeHTTP, `{"url":"http://a","headers":{"A":"1\r\nB: 2"}}`, "headers.A", "can't hold"},
		{healthcheck.DecodeHTTP, `{"url":"http://a","headers":{"A":"1","a":"2"}}`, "headers.a", "twice"},
		{healthcheck.DecodeHTTP, `{"url":"http://a","headers":{"Upgrade":"1"}}`, "headers.Upgrade", "connection"},
		{healthcheck.DecodeHTTP, `{"url":"ftp://a","status":1,"timeout":"x"}`, "timeout url status", ""},
		{healthcheck.DecodeTCP, `{}`, "address", "host:port"},
		{healthcheck.DecodeTCP, `{"address":"a"}`, "address", "host:port"},
		{healthcheck.DecodeTCP, `{"address":":80"}`, "address", "no host"},
		{healthcheck.DecodeTCP, `{"address":"a:http"}`, "address", "port number"},
		{healthcheck.DecodeTCP, `{"address":"a:0"}`, "address", "port number"},
		{healthcheck.DecodeCommand, `{}`, "run", "list"},
		{healthcheck.DecodeCommand, `{"run":[" "]}`, "run", "list"},
		{healthcheck.DecodeCommand, `{"run":["./${version}"]}`, "run.0", "which program runs"},
		{healthcheck.DecodeCommand, `{"run":["a","${x}"]}`, "run.1", "unknown placeholder"},
		{healthcheck.DecodeCommand, `{"run":["a","b\u0000"]}`, "run.1", "zero byte"},
	} {
		t.Run(tc.in, func(t *testing.T) {
			args, err := tc.decode(from(tc.in))
			if err == nil {
				t.Fatalf("taken as %+v", args)
			}
			if got := strings.Join(keys(err), " "); got != tc.keys {
				t.Errorf("problems with %q, want %q: %v", got, tc.keys, err)
			}
			if !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%q does not say %q", err, tc.says)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("%q shows a password", err)
			}
		})
	}
}

func keys(err error) []string {
	var joined interface{ Unwrap() []error }
	var all []string
	if errors.As(err, &joined) {
		for _, e := range joined.Unwrap() {
			all = append(all, keys(e)...)
		}
		return all
	}
	if one, ok := errors.AsType[*healthcheck.ArgError](err); ok {
		return []string{one.Field()}
	}
	return []string{"not an ArgError"}
}

func TestUnknownKeysAreTheReadersError(t *testing.T) {
	for name, decode := range map[string]decoder{"http": healthcheck.DecodeHTTP, "tcp": healthcheck.DecodeTCP, "command": healthcheck.DecodeCommand} {
		if _, err := decode(from(`{"urll":"x"}`)); err == nil || !strings.Contains(err.Error(), "urll") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestArgumentsThatNoDecoderWroteAreInconclusive(t *testing.T) {
	for _, kind := range []string{"http", "tcp", "command"} {
		for _, args := range []string{"", "null", "{", `{"x":1}`, `{} {}`} {
			r := look(t, healthcheck.Config{}, kind, tools.Call{Args: json.RawMessage(args)})
			says(t, r, healthcheck.Inconclusive)
		}
	}
}

func TestWindow(t *testing.T) {
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	w := healthcheck.Window{Passes: 3, Every: 2 * time.Second, Within: 10 * time.Second}
	for _, tc := range []struct {
		name    string
		window  healthcheck.Window
		looks   string // h, u, i; one each 2 s from the beginning
		late    time.Duration
		want    healthcheck.Verdict
		waiting time.Duration // where it is not done: when the next look is due, since the beginning
	}{
		{name: "the first look is due at once", window: w, waiting: 0},
		{name: "no window ends without a look", window: w, late: time.Hour, waiting: time.Hour},
		{name: "one pass is not enough", window: w, looks: "h", waiting: 2 * time.Second},
		{name: "three in a row", window: w, looks: "hhh", want: healthcheck.Healthy},
		{name: "a failure begins the row again", window: w, looks: "hhu", waiting: 6 * time.Second},
		{name: "an inconclusive look too", window: w, looks: "hhi", waiting: 6 * time.Second},
		{name: "in a row after failures", window: w, looks: "uuhhh", want: healthcheck.Healthy},
		{name: "the last look that fits is at the end", window: w, looks: "uuuuu", waiting: 10 * time.Second},
		{name: "over, and unhealthy", window: w, looks: "uuuuuu", want: healthcheck.Unhealthy},
		{name: "over, and inconclusive", window: w, looks: "uuuuui", want: healthcheck.Inconclusive},
		{name: "over in the middle of a row after failures", window: w, looks: "uuuuhh", want: healthcheck.Unhealthy},
		{name: "over in the middle of a row that was never broken", window: w, looks: "h", late: time.Minute, want: healthcheck.Inconclusive},
		{name: "healthy however late it is asked", window: w, looks: "hhh", late: time.Hour, want: healthcheck.Healthy},
		{name: "a late runner looks at once", window: w, looks: "u", late: 7 * time.Second, waiting: 7 * time.Second},
		{name: "the zero window wants one pass", window: healthcheck.Window{}, looks: "h", want: healthcheck.Healthy},
		{name: "and waits a minute for it", window: healthcheck.Window{}, looks: strings.Repeat("u", 30), waiting: time.Minute},
		{name: "but no longer", window: healthcheck.Window{}, looks: strings.Repeat("u", 31), want: healthcheck.Unhealthy},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var p healthcheck.Progress
			now := began
			for i, look := range tc.looks {
				now = began.Add(time.Duration(i) * 2 * time.Second)
				verdict := map[rune]healthcheck.Verdict{'h': healthcheck.Healthy, 'u': healthcheck.Unhealthy, 'i': healthcheck.Inconclusive}[look]
				p = p.Add(healthcheck.Result{Verdict: verdict, Detail: "seen"}, now)
			}
			if tc.late > 0 {
				now = began.Add(tc.late)
			}
			v, done, next := tc.window.Judge(p, began, now)
			if v != tc.want || done != (tc.want != "") {
				t.Fatalf("%q, done %v, want %q", v, done, tc.want)
			}
			if !done && !next.Equal(began.Add(tc.waiting)) {
				t.Errorf("next look after %s, want %s", next.Sub(began), tc.waiting)
			}
		})
	}
}

func TestWindowSummary(t *testing.T) {
	w := healthcheck.Window{Passes: 3}
	p := healthcheck.Progress{}
	if got := w.Summary(p); got != "no look yet" {
		t.Error(got)
	}
	p = p.Add(healthcheck.Result{Verdict: healthcheck.Healthy, Detail: "status 200"}, time.Time{})
	if got := w.Summary(p); got != "1 of 3 passes in a row; last: status 200" {
		t.Error(got)
	}
	if got := (healthcheck.Window{}).Summary(p); got != "status 200" {
		t.Error(got)
	}
}
