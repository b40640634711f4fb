package policy_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/releasebot/releasebot/policy"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with a file in testdata, or writes it with -update.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// Freezes, escalations and authors are resolved to the end, and files without
// them keep the canonical form that they had.
func TestLoadFullExample(t *testing.T) {
	f, err := policy.Load("testdata/good/full.yml", testRegistry())
	if err != nil {
		t.Fatal(err)
	}
	for _, env := range []string{"canary", "production"} {
		e, ok := f.Environment("shop", env)
		if !ok {
			t.Fatalf("no %s", env)
		}
		b, err := e.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "testdata/good/full."+env+".json", append(b, '\n'))
		var again policy.Environment
		if err := json.Unmarshal(b, &again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, &again); diff != "" {
			t.Errorf("%s read back: %s", env, diff)
		}
	}
}

// The revision of a file that uses nothing new is what it was: approvals that
// wait under it stay good.
func TestRevisionOfOldFilesStays(t *testing.T) {
	if got := mustParse(t, contract(t)).Revision; got != "p-3da41965e31b" {
		t.Errorf("the example of the contract has the revision %s", got)
	}
}

// Authors are found by their address, else by their name.
func TestAuthor(t *testing.T) {
	f, err := policy.Load("testdata/good/full.yml", testRegistry())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, email, want string }{
		{"", "alice@example.com", "alice"},
		{"Somebody", "Alice@Example.COM ", "alice"},
		{"alice  doe", "alice@home.example", "alice"},
		{"Alice Doe", "bob@example.com", "bob"},
		{"bob", "bob@home.example", ""},
		{"", "", ""},
		{"alice@example.com", "", "alice"},
	} {
		who, ok := f.Author(c.name, c.email)
		if who.Name != c.want || ok != (c.want != "") || ok && who.User == "" {
			t.Errorf("%q <%s> is %+v, %t", c.name, c.email, who, ok)
		}
	}
	if _, ok := (&policy.File{}).Author("Alice Doe", "alice@example.com"); ok {
		t.Error("a file without people knows an author")
	}
}

// The example of the contract, without its freeze, loads and is resolved to the end.
func TestLoadContractExample(t *testing.T) {
	f, err := policy.Load("testdata/good/contract.yml", testRegistry())
	if err != nil {
		t.Fatal(err)
	}
	for _, env := range []string{"staging", "production"} {
		e, ok := f.Environment("shop", env)
		if !ok {
			t.Fatalf("no %s", env)
		}
		b, err := e.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "testdata/good/contract."+env+".json", append(b, '\n'))
	}
	if !filepath.IsAbs(f.Dir) || filepath.Base(f.Dir) != "good" {
		t.Errorf("Dir = %q, want the file's folder, absolute", f.Dir)
	}
	if diff := cmp.Diff([]string{"staging", "production"}, f.Services["shop"].Order); diff != "" {
		t.Errorf("order as written: %s", diff)
	}
	if got := f.Line("shop", "production", "approval.from"); got != "contract.yml:32" {
		t.Errorf("approval.from stands in %s", got)
	}
}

// Files that are no text are refused with the place of what is wrong.
func TestEncodings(t *testing.T) {
	for name, c := range map[string]struct{ src, want string }{
		"UTF-16":            {"\xff\xfev\x00e\x00", "f:1:1: the file is UTF-16: save it as UTF-8"},
		"Latin-1":           {"version: 1\n# caf\xe9\n", "f:2:6: the byte 0xe9 is not UTF-8: save the file as UTF-8"},
		"a zero byte":       {"version: 1\r\n\r\nx: \x00", "f:3:4: the control character U+0000 can't stand in a policy file"},
		"columns are runes": {"\ufeffé: \x07", "f:1:4: the control character U+0007 can't stand in a policy file"},
		"too long":          {"# " + strings.Repeat("x", policy.MaxSize), "f:1:1: the file is longer than 1048576 bytes: that is no policy file"},
		"too deep":          {"version: 1\npeople: " + strings.Repeat("[", 70) + strings.Repeat("]", 70), "f:2:72: this is nested more than 64 deep"},
		"far too deep":      {strings.Repeat("[", policy.MaxSize), "f:1:"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := policy.Parse("f", []byte(c.src), testRegistry())
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Fatalf("got %v, want %s", err, c.want)
			}
			positioned(t, "f", err)
		})
	}
}

// A file that is wrong from end to end is not answered with a book.
func TestManyErrors(t *testing.T) {
	_, err := policy.Parse("f", []byte(strings.Repeat("x: 1\n", 10_000)), testRegistry())
	var list policy.Errors
	if !errors.As(err, &list) || len(list) > 60 {
		t.Fatalf("%d errors", len(list))
	}
	if last := list[len(list)-1].Message; !strings.Contains(last, "more problems") {
		t.Errorf("the last says %q", last)
	}
}

// A file as long as is allowed, and wrong in the way that costs most, is
// answered at once.
func TestLongFilesAreQuick(t *testing.T) {
	var names, keys strings.Builder
	for i := range 8000 {
		fmt.Fprintf(&names, "  person%d: {user: U0%d}\n", i, i)
		fmt.Fprintf(&keys, "persxn%d, ", i)
	}
	for name, src := range map[string]string{
		"names": "version: 1\npeople:\n" + names.String() +
			"services: {s: {environments: {e: {requesters: [" + keys.String() + "]}}}}",
		"keys": "version: 1\nservices: {s: {environments: {e: {deploy: {driver: command, " +
			strings.ReplaceAll(keys.String(), ",", ": 1,") + "}}}}}",
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := policy.Parse("f", []byte(src), testRegistry())
			if err == nil {
				t.Fatal("accepted")
			}
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// A byte order mark, other line ends, anchors and merge keys are fine.
func TestOtherWaysOfWriting(t *testing.T) {
	want := mustParse(t, contract(t))
	crlf := strings.ReplaceAll("\ufeff"+string(contract(t)), "\n", "\r\n")
	if got := mustParse(t, []byte(crlf)); got.Revision != want.Revision {
		t.Error("a byte order mark and CRLF change the meaning")
	}
	plain := mustParse(t, []byte(`
version: 1
services:
  shop:
    environments:
      staging: {approval: {required: 1, from: [U0ALICE], self: false}, deploy: {driver: command, start: [x]}}
      production: {approval: {required: 2, from: [U0ALICE, S0OPS], self: true}, deploy: {driver: command, start: [x]}}
`))
	anchored := mustParse(t, []byte(`
version: 1
services:
  shop:
    environments:
      staging: &base
        approval: &approval {required: 1, from: [&alice U0ALICE], self: false}
        deploy: &deploy {driver: command, start: [x]}
      production:
        <<: [{deploy: *deploy}, *base]
        approval:
          <<: *approval
          required: 2
          from: [*alice, S0OPS]
          self: true
`))
	if diff := cmp.Diff(plain.Services, anchored.Services); diff != "" || plain.Revision != anchored.Revision {
		t.Errorf("anchors change the meaning: %s", diff)
	}
}

// A rule stands at its key, and what isn't written at the nearest thing around.
func TestPositions(t *testing.T) {
	f := mustParse(t, contract(t))
	for _, c := range []struct{ service, env, rule, want string }{
		{"shop", "production", policy.RuleRequesters, "releasebot.yml:29:9"},
		{"shop", "production", policy.RuleFrom, "releasebot.yml:32:11"},
		{"shop", "production", policy.RuleSelf, "releasebot.yml:33:11"},
		{"shop", "production", policy.RuleAfter, "releasebot.yml:28:9"},
		{"shop", "production", "approval.escalate_to", "releasebot.yml:30:9"},
		{"shop", "production", policy.RuleGuest, "releasebot.yml:27:7"},
		{"shop", "staging", policy.RuleFrom, "releasebot.yml:13:7"},
		{"shop", "nowhere", policy.RuleFrom, "releasebot.yml:8:3"},
		{"nobody", "", "", "releasebot.yml:1:1"},
	} {
		if got := f.Position(c.service, c.env, c.rule).String(); got != c.want {
			t.Errorf("%s of %s %s stands at %s, want %s", c.rule, c.service, c.env, got, c.want)
		}
	}
	if got := f.Line("shop", "production", policy.RuleRequesters); got != "releasebot.yml:29" {
		t.Errorf("Line: %s", got)
	}
}

func TestLoadSaysWhatCannotBeRead(t *testing.T) {
	_, err := policy.Load(filepath.Join(t.TempDir(), "missing.yml"), testRegistry())
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := policy.Load(t.TempDir(), testRegistry()); err == nil {
		t.Error("a folder was read as a file")
	}
	long := filepath.Join(t.TempDir(), "long.yml")
	if err := os.WriteFile(long, make([]byte, policy.MaxSize+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := policy.Load(long, testRegistry()); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("got %v", err)
	}
}

func TestUnknownEnvironment(t *testing.T) {
	f := mustParse(t, contract(t))
	for _, c := range [][2]string{{"shop", "prod"}, {"shop", ""}, {"Shop", "production"}, {"", ""}} {
		if e, ok := f.Environment(c[0], c[1]); ok || e != nil {
			t.Errorf("%v has a policy: %+v", c, e)
		}
	}
}

func TestSourceLocation(t *testing.T) {
	for want, s := range map[string]policy.Source{
		"/srv/git/shop.git":                {Git: "/srv/git/shop.git"},
		"https://github.com/acme/shop.git": {GitHub: "acme/shop"},
	} {
		if got := s.Location(); got != want {
			t.Errorf("%+v is at %s", s, got)
		}
	}
}
