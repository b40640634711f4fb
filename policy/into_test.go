package policy_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/releasebot/releasebot/policy"
)

// readArgs reads the arguments of a driver with decode. The arguments begin in
// line 1, one level in.
func readArgs(t *testing.T, args string, decode policy.Decoder) error {
	t.Helper()
	src := "{version: 1, services: {shop: {environments: {staging: {deploy: {driver: test,\n" + args + "\n}}}}}}\n"
	_, err := policy.Parse("f", []byte(src), policy.Registry{Drivers: map[string]policy.Decoder{"test": decode}})
	return err
}

type everything struct {
	Text    string            `json:"text"`
	Flag    bool              `json:"flag"`
	Small   int8              `json:"small"`
	Count   uint              `json:"count"`
	Ratio   float64           `json:"ratio"`
	Wait    time.Duration     `json:"wait"`
	List    []string          `json:"list"`
	Pair    [2]int            `json:"pair"`
	Map     map[string]string `json:"map"`
	Nested  *nested           `json:"nested"`
	Address netip.Addr        `json:"address"`
	Any     any               `json:"any"`
	Raw     json.RawMessage   `json:"raw"`
	Untold  int
	Hidden  string `json:"-"`
}

type nested struct {
	Name string `json:"name"`
}

func TestIntoFillsEveryKind(t *testing.T) {
	got := everything{Text: "default", Ratio: 0.5}
	err := readArgs(t, `flag: true, small: -0x7f, count: 1_000, wait: 1m30s, list: [1.20, 2026-11-22, x], pair: [1, 010],
map: {version: 1.20}, nested: {name: n}, address: 127.0.0.1, any: [1.20, 0x10, null, {a: false, b: .5}], raw: {b: 1.20, a: "<"}, untold: 3`,
		func(v policy.Value) (json.RawMessage, error) { return json.RawMessage(`{}`), v.Into(&got) })
	if err != nil {
		t.Fatal(err)
	}
	want := everything{
		Text: "default", Flag: true, Small: -127, Count: 1000, Ratio: 0.5, Wait: 90 * time.Second,
		List: []string{"1.20", "2026-11-22", "x"}, Pair: [2]int{1, 10}, Map: map[string]string{"version": "1.20"},
		Nested: &nested{Name: "n"}, Address: netip.MustParseAddr("127.0.0.1"),
		Any: []any{json.Number("1.20"), json.Number("16"), nil, map[string]any{"a": false, "b": json.Number("0.5")}},
		Raw: json.RawMessage(`{"a":"\u003c","b":1.20}`), Untold: 3,
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

// Into refuses what doesn't fit, each with its place, all at once.
func TestIntoIsStrict(t *testing.T) {
	err := readArgs(t, `text: true,
flag: 1,
small: 128,
count: -1,
ratio: .inf,
wait: 10,
list: x,
pair: [1],
map: [],
nested: {nam: n},
address: nowhere,
any: {a: "${nothing}"},
hidden: x,
driver2: x`, func(v policy.Value) (json.RawMessage, error) { return nil, v.Into(&everything{}) })
	want := `f:2:7: ` + "`text` must be a text: write \"true\" in quotes" + `
f:3:7: ` + "`flag` must be true or false, not `1`" + `
f:4:8: ` + "`small` is out of range: 128" + `
f:5:8: ` + "`count` must be 0 or more, not -1" + `
f:6:8: ` + "`ratio` is no number that JSON can hold: `.inf`" + `
f:7:7: ` + "`wait` must be a duration such as `30s`, `10m` or `1h30m`, not `10`" + `
f:8:7: ` + "`list` must be a list, not `x`" + `
f:9:7: ` + "`pair` must have 2 items, not 1" + `
f:10:6: ` + "`map` must be a mapping, not a list" + `
f:11:10: ` + "unknown key `nam`, did you mean `name`?" + `
f:12:10: ` + "`address`: ParseAddr(\"nowhere\"): unable to parse IP" + `
f:13:10: ` + "unknown placeholder `${nothing}`; known are ${version}, ${sha}, ${environment}, ${service}, ${action}, ${key}, ${previous_version}, and nothing is passed through a shell" + `
f:14:1: ` + "unknown key `hidden`; known here: address, any, count, driver, flag, list, map, nested, pair, ratio, raw, small, text, timeout, untold, wait" + `
f:15:1: ` + "unknown key `driver2`, did you mean `driver`?"
	if err == nil {
		t.Fatal("accepted")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
}

// What a tool finds wrong itself stands at the key it names, however deep, and
// at the arguments when it names none.
func TestDecoderErrorsArePlaced(t *testing.T) {
	args := "start: start,\nhttp: {json: {a.b: 1,\n  list: [x,\n  y]}}"
	for field, want := range map[string]string{
		"start":         "f:2:1",
		"http.json":     "f:3:8",
		"http.json.a":   "f:3:8",
		"http.json.a.b": "f:3:15", "http.json.list.1": "f:5:3", "http.json.list.7": "f:4:3",
		"missing": "f:1:65",
	} {
		t.Run(field, func(t *testing.T) {
			byMethod := readArgs(t, args, func(v policy.Value) (json.RawMessage, error) { return nil, v.Errorf(field, "no %s", "good") })
			byType := readArgs(t, args, func(policy.Value) (json.RawMessage, error) {
				return nil, fmt.Errorf("reading: %w", fieldError{field, "no good"})
			})
			if got := fmt.Sprint(byMethod); got != want+": no good" {
				t.Errorf("Errorf: %s, want %s", got, want)
			}
			if got := fmt.Sprint(byType); got != want+": reading: no good" {
				t.Errorf("Field(): %s, want %s", got, want)
			}
		})
	}
}

// A decoder that goes wrong in its own way still leaves an error with a place.
func TestDecoderMisbehaves(t *testing.T) {
	for name, c := range map[string]struct {
		decode policy.Decoder
		want   string
	}{
		"no JSON":      {func(policy.Value) (json.RawMessage, error) { return nil, nil }, "can't be written as JSON"},
		"two values":   {func(policy.Value) (json.RawMessage, error) { return json.RawMessage(`1 2`), nil }, "more than one JSON value"},
		"empty errors": {func(policy.Value) (json.RawMessage, error) { return nil, policy.Errors{} }, "refused without a reason"},
		"no pointer":   {func(v policy.Value) (json.RawMessage, error) { return nil, v.Into(everything{}) }, "must be a pointer"},
		"odd type":     {func(v policy.Value) (json.RawMessage, error) { return nil, v.Into(new(chan int)) }, "can't be decoded into chan int"},
		"plain error":  {func(policy.Value) (json.RawMessage, error) { return nil, fmt.Errorf("no such thing") }, "no such thing"},
		"canonical keys": {func(policy.Value) (json.RawMessage, error) {
			return json.RawMessage(`{"b": 1, "a": {"d": 1.20, "c": 2}}`), nil
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := readArgs(t, "x: 1", c.decode)
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "f:1:") {
				t.Errorf("got %v, want %q at f:1", err, c.want)
			}
		})
	}
}

func TestCheckPlaceholders(t *testing.T) {
	for _, name := range policy.Placeholders() {
		if err := policy.CheckPlaceholders("a${" + name + "}b$c{d}$$${" + name + "}"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, bad := range []string{"${}", "${version", "${version}${", "${ version }", "${VERSION}", "${${version}}"} {
		if policy.CheckPlaceholders(bad) == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}
