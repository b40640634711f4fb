package deploy

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// strictYAML decodes as the policy file does: unknown keys are errors.
func strictYAML(text string) func(any) error {
	return func(v any) error {
		d := yaml.NewDecoder(bytes.NewReader([]byte(text)))
		d.KnownFields(true)
		return d.Decode(v)
	}
}

func TestDecodeCommandGivesCanonicalJSON(t *testing.T) {
	v, err := DecodeCommand(strictYAML("current: [./c.sh]\nstart: [./deploy.sh, \"${version}\"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"start":["./deploy.sh","${version}"],"current":["./c.sh"]}`; string(raw) != want {
		t.Errorf("got %s, want %s", raw, want)
	}
	if _, err := parseArgs(raw); err != nil {
		t.Errorf("its own JSON is refused: %v", err)
	}
}

func TestDecodeCommandRefuses(t *testing.T) {
	for text, why := range map[string]string{
		"status: [./s.sh]\n":             "start is missing",
		"start: []\n":                    "start is missing",
		"start: [\"\"]\n":                "start names no program",
		"start: [a]\nstatus: []\n":       "status names no program",
		"start: [a]\ncurrent: [\" \"]\n": "current names no program",
		"start: [\"a\\0b\"]\n":           "NUL",
		"start: [a]\nstrat: [b]\n":       "strat",
		"start: ./deploy.sh prod\n":      "",
	} {
		if v, err := DecodeCommand(strictYAML(text)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, %v; want an error with %q", text, v, err, why)
		}
	}
	own := errors.New("policy's own error")
	if _, err := DecodeCommand(func(any) error { return own }); !errors.Is(err, own) {
		t.Errorf("got %v, want the decoder's error", err)
	}
}

func TestCheckNamesWhatCantBeExecuted(t *testing.T) {
	b := newBench(t)
	good := b.call("", "succeed")
	if err := b.d.Check(good); err != nil {
		t.Errorf("got %v", err)
	}
	bad := b.with(good, CommandArgs{Start: []string{"./a.sh"}, Status: []string{"./${service}.sh"}, Current: []string{"no-such-program"}})
	err := b.d.Check(bad)
	if err == nil || !strings.Contains(err.Error(), "start: ") || !strings.Contains(err.Error(), "current: ") || strings.Contains(err.Error(), "status: ") {
		t.Errorf("got %v", err)
	}
}
