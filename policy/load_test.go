package policy_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

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
