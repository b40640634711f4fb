package bot

import (
	"encoding/json"
	"reflect"
	"testing"
)

// delivery is an envelope as Slack sends it.
const delivery = `{"envelope_id":"e1","type":"events_api","accepts_response_payload":false,"retry_attempt":2,"retry_reason":"timeout","payload":` +
	`{"type":"event_callback","team_id":"T1","event_id":"Ev1","event_time":1,"authorizations":[{"enterprise_id":null,"team_id":"T1","user_id":"U0BOT","is_bot":true}],` +
	`"event":{"type":"app_mention","user":"U2","text":"<@U0BOT> deploy \"shop\" \u2013 now","ts":"1.2","channel":"C1","event_ts":"1.2",` +
	`"blocks":[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"user","user_id":"U0BOT"},{"type":"text","text":" } ] \\\" deploy"}]}]}]}}}`

// What is scanned is what encoding/json reads.
func checkScan(t *testing.T, raw []byte) (frames, events bool) {
	t.Helper()
	if !json.Valid(raw) {
		return false, false
	}
	if got, ok := scanFrame(raw); ok {
		var want frame
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatalf("%s is read, and is not what it should be: %v", raw, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\nis read as %+v\nand is      %+v", raw, got, want)
		}
		frames = true
	}
	if got, ok := scanEvent(raw); ok {
		var want struct {
			Event *message `json:"event"`
		}
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatalf("%s is read, and is not what it should be: %v", raw, err)
		}
		if !reflect.DeepEqual(got, want.Event) {
			t.Fatalf("%s\nis read as %+v\nand is      %+v", raw, got, want.Event)
		}
		events = got != nil
	}
	return frames, events
}

func TestScan(t *testing.T) {
	if frames, _ := checkScan(t, []byte(delivery)); !frames {
		t.Error("a delivery is not read")
	}
	f, _ := scanFrame([]byte(delivery))
	if _, events := checkScan(t, f.Payload); !events {
		t.Error("its event is not read")
	}
	if m, _ := scanEvent(f.Payload); m.Text != "<@U0BOT> deploy \"shop\" – now" || m.TS != "1.2" || m.Channel != "C1" {
		t.Errorf("it is read as %+v", m)
	}
	for _, s := range []string{
		`{}`, ` { } `, `{"type":null,"retry_attempt":null}`, `{"event":null}`, `{"event":{"ts":"1","ts":null}}`, `{"payload":[1,-2.5e+3,true,{"a":"\\"}] , "type" : "x"}`, `{"payload":null}`,
		"{\"event\":{\"text\":\"\xff\"}}", `{"event":{"text":"\ud800"}}`,
	} {
		if frames, events := checkScan(t, []byte(s)); !frames && !events {
			t.Errorf("%s is not read", s)
		}
	}
	for _, s := range []string{ // left to encoding/json, which knows what is wrong, or can read it all the same
		``, `[]`, `{`, `{"type"`, `{"type":`, `{"type":"x`, `{"type":"x"`, `{"type":"x"}}`, `{"type":"x",}`, `{"type":7}`, `{"retry_attempt":"1"}`, `{"retry_attempt":1.5}`, `{"Type":"x"}`,
		`{"\u0074ype":"x"}`, `{"event":{"type":"a"},"event":{"ts":"1"}}`, `{"event":"x"}`, `{"type":"x"} {}`, `{"type":}`, `{,}`, `{"a" 1}`,
	} {
		_, frame := scanFrame([]byte(s))
		_, event := scanEvent([]byte(s))
		if frame && event {
			t.Errorf("%s is read", s)
		}
	}
}

func FuzzScan(f *testing.F) {
	f.Add(delivery)
	for _, s := range []string{`{"event":{"type":"message","ts":"1"}}`, `{"type":"\u00e9\n","payload":{"a":[{}]}}`, `{"retry_attempt":10}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkScan(t, []byte(s)) })
}

func BenchmarkScan(b *testing.B) {
	raw := []byte(delivery)
	b.ReportAllocs()
	for b.Loop() {
		f := readFrame(raw)
		if w, _ := open(&envelope{kind: f.Type, payload: f.Payload}); w.event == nil {
			b.Fatal("not read")
		}
	}
}
