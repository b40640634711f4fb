package agent

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// filler fills values with what is hard to write: nothing, much, and characters that JSON escapes.
type filler struct{ rng *rand.Rand }

var (
	hardStrings = []string{"", "", "plain", `"quoted" \ back`, "<b>&amp;</b>", "é ü 漢字 🚀", "a\u2028b\u2029c", "line\nbreak\ttab\x00\x7f", "bad \xff utf-8", "v1.2.3"}
	hardRaws    = []json.RawMessage{nil, json.RawMessage(`{"a":[1,true,null],"b":{}}`), json.RawMessage(`{"text":"<b> & é \u003c"}`), json.RawMessage(`{}`)}
	hardTimes   = []time.Time{
		{},
		time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC),
		time.Date(2026, 11, 22, 10, 0, 0, 123_000_000, time.UTC),
		time.Date(1999, 1, 2, 3, 4, 5, 6, time.FixedZone("", 5*3600+1800)),
		time.UnixMilli(1).UTC(),
	}
)

func (f *filler) fill(v reflect.Value, depth int) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(hardTimes[f.rng.IntN(len(hardTimes))]))
		return
	case json.RawMessage:
		v.Set(reflect.ValueOf(hardRaws[f.rng.IntN(len(hardRaws))]))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				f.fill(v.Field(i), depth)
			}
		}
	case reflect.Pointer:
		if depth > 0 && f.rng.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			f.fill(v.Elem(), depth-1)
		}
	case reflect.Slice:
		if n := f.rng.IntN(4) - 1; n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				f.fill(v.Index(i), depth-1)
			}
		}
	case reflect.Map:
		if f.rng.IntN(2) == 0 {
			v.Set(reflect.MakeMap(v.Type()))
			value := reflect.New(v.Type().Elem()).Elem()
			f.fill(value, depth-1)
			v.SetMapIndex(reflect.ValueOf(hardStrings[2]), value)
		}
	case reflect.String:
		v.SetString(hardStrings[f.rng.IntN(len(hardStrings))])
	case reflect.Bool:
		v.SetBool(f.rng.IntN(2) == 0)
	case reflect.Int, reflect.Int64:
		v.SetInt([]int64{0, 1, -7, 1 << 40}[f.rng.IntN(4)])
	case reflect.Float64:
		v.SetFloat(f.rng.Float64())
	}
}

// types are what is written by hand, and what encoding/json writes of it.
func handWritten() map[string]func() any {
	return map[string]func() any{
		"thread line": func() any { return new(ThreadLine) }, "approval line": func() any { return new(ApprovalLine) },
		"environment line": func() any { return new(EnvironmentLine) }, "digested": func() any { return new(digested) },
		"trigger": func() any { return new(Trigger) }, "message": func() any { return new(Message) }, "planner_decision": func() any { return new(PlannerDecision) },
		"release_context": func() any { return new(ReleaseContext) }, "plan": func() any { return new(Plan) }, "approval_requested": func() any { return new(ApprovalRequested) },
		"decision_received": func() any { return new(DecisionReceived) }, "approval_response": func() any { return new(ApprovalResponse) },
		"lock_requested": func() any { return new(LockRequested) }, "lock_acquired": func() any { return new(LockAcquired) }, "lock_released": func() any { return new(LockReleased) },
		"deploy_started": func() any { return new(DeployStarted) }, "deploy_result": func() any { return new(DeployResult) }, "verify_started": func() any { return new(VerifyStarted) },
		"post_deploy_check_result": func() any { return new(PostDeployCheckResult) }, "answered": func() any { return new(Answered) }, "posted": func() any { return new(Posted) },
		"done": func() any { return new(Done) }, "claim": func() any { return new(Claim) }, "release": func() any { return new(Release) },
		"held, which is not": func() any { return new(Held) },
	}
}

// written is v as this package writes it, and as its tags say it.
func written(v any) (got, want []byte, err error) {
	html := false
	if p, ok := v.(Payload); ok {
		got, err = appendPayload([]byte("before"), p)
		got = bytes.TrimPrefix(got, []byte("before"))
	} else {
		_, html = v.(*digested)
		got, err = v.(interface{ encode() ([]byte, error) }).encode()
	}
	var w bytes.Buffer
	enc := json.NewEncoder(&w)
	enc.SetEscapeHTML(html)
	if werr := enc.Encode(v); werr != nil && err == nil {
		err = werr
	}
	return got, bytes.TrimSuffix(w.Bytes(), []byte("\n")), err
}

// TestEncodeAsTheTagsSay: what is written by hand is, byte for byte, what
// encoding/json writes of the same struct, whatever is in it. A field that was
// added to a struct and not to what writes it fails here.
func TestEncodeAsTheTagsSay(t *testing.T) {
	for name, fresh := range handWritten() {
		f := &filler{rand.New(rand.NewPCG(1, 2))}
		for range 400 {
			v := fresh()
			f.fill(reflect.ValueOf(v).Elem(), 3)
			got, want, err := written(v)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%s is written as\n%s\nits tags say\n%s\n(%v)", name, got, want, err)
			}
		}
	}
}

// FuzzEncode looks for values that TestEncodeAsTheTagsSay does not think of.
func FuzzEncode(f *testing.F) {
	f.Add(uint64(1), "text")
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		rng := rand.New(rand.NewPCG(seed, 3))
		for name, fresh := range handWritten() {
			v := fresh()
			fill := &filler{rng}
			fill.fill(reflect.ValueOf(v).Elem(), 2)
			setFirstString(reflect.ValueOf(v).Elem(), text)
			got, want, err := written(v)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%s is written as\n%s\nits tags say\n%s\n(%v)", name, got, want, err)
			}
		}
	})
}

func setFirstString(v reflect.Value, s string) {
	for _, f := range v.Fields() {
		if f.Kind() == reflect.String {
			f.SetString(s)
			return
		}
	}
}

// TestEncodeRefusesNoYear: a time that JSON can't hold is an error, and no event.
func TestEncodeRefusesNoYear(t *testing.T) {
	if b, err := appendPayload(nil, &ApprovalRequested{Expires: time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)}); err == nil {
		t.Errorf("written as %s", b)
	}
}
