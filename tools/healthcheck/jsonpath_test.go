package healthcheck

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestSplitPath(t *testing.T) {
	for path, want := range map[string]string{
		"a": "a", "a.b": "a|b", `a\.b.c`: "a.b|c", `a\\.b`: `a\|b`, "items.0.name": "items|0|name", "ü.ß": "ü|ß",
	} {
		got, err := splitPath(path)
		if err != nil || strings.Join(got, "|") != want {
			t.Errorf("%s: %q %v", path, got, err)
		}
	}
	for _, path := range []string{"", ".", "a.", ".a", "a..b", `a\`, `a\b`, strings.Repeat("a.", 40) + "a"} {
		if got, err := splitPath(path); err == nil {
			t.Errorf("%q is taken as %q", path, got)
		}
	}
}

// A path made from steps leads back to them, and a value that is put under a
// path is found there, whatever both are.
func FuzzJSONPath(f *testing.F) {
	f.Add("a", "b.c", `{"x":1}`)
	f.Add(`\`, `.`, `"1.20"`)
	f.Add("0", "1", `1.20`)
	f.Add("a", "b", `[null,true,1e400]`)
	f.Fuzz(func(t *testing.T, one, two, body string) {
		value, err := parseBody([]byte(body))
		if err != nil {
			return
		}
		want, err := printed(value)
		if err != nil {
			t.Fatalf("printing %q: %v", body, err)
		}
		if s, isText := value.(string); isText && s != want {
			t.Fatalf("%q is printed as %q", s, want)
		}
		if one == "" || two == "" {
			return
		}
		escape := strings.NewReplacer(`\`, `\\`, `.`, `\.`)
		path := escape.Replace(one) + "." + escape.Replace(two)
		steps, err := splitPath(path)
		if err != nil || len(steps) != 2 || steps[0] != one || steps[1] != two {
			t.Fatalf("%q became %q: %v", path, steps, err)
		}
		tree := map[string]any{one: map[string]any{two: value}}
		if differs := (Config{}).mismatch(tree, path, want); differs != "" {
			t.Fatalf("%s under %q: %s", body, path, differs)
		}
		if differs := (Config{}).mismatch(tree, path, want+"x"); differs == "" {
			t.Fatalf("%s under %q equals something else", body, path)
		}
	})
}

// Whatever a service answers and a policy file asks for, comparing ends, and
// what is said of it is one short line.
func FuzzMismatch(f *testing.F) {
	f.Add(`{"a":{"b":[1,2]}}`, "a.b.1", "2")
	f.Add(`[[[[1]]]]`, "0.0.0.0", "\x1b[31m")
	f.Fuzz(func(t *testing.T, body, path, want string) {
		value, err := parseBody([]byte(body))
		if err != nil {
			return
		}
		if !json.Valid([]byte(body)) {
			t.Fatalf("%q was taken as JSON", body)
		}
		differs := (Config{}).mismatch(value, path, want)
		if strings.ContainsAny(differs, "\n\x1b\x00") || len(differs) > 4000 {
			t.Fatalf("%q", differs)
		}
	})
}
