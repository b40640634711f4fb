package policy_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/releasebot/releasebot/policy"
)

// Whatever stands in a file: Parse doesn't panic, an error has a place for each
// problem, and what is accepted is complete and means the same when read again.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.yml", "testdata/bad/*.yml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, path := range files {
			src, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		file, err := policy.Parse("fuzz.yml", src, testRegistry())
		if err != nil {
			if file != nil {
				t.Error("a policy and an error")
			}
			positioned(t, "fuzz.yml", err)
			return
		}
		if len(file.Services) == 0 {
			t.Error("accepted without services")
		}
		for service, s := range file.Services {
			for name, env := range s.Environments {
				complete(t, env)
				thaws(t, env)
				if at := file.Position(service, name, "deploy"); at.Line < 1 || at.Column < 1 {
					t.Errorf("deploy of %s %s stands nowhere", service, name)
				}
			}
		}
		again, err := policy.Parse("fuzz.yml", src, testRegistry())
		if err != nil || again.Revision != file.Revision {
			t.Errorf("read again: %v", err)
		}
	})
}

// thaws sees that the freezes of an accepted file can be followed: from change
// to change, each later than the one before.
func thaws(t *testing.T, env *policy.Environment) {
	t.Helper()
	now := time.Date(2026, 12, 23, 12, 0, 0, 0, time.UTC)
	for range 5 {
		v, until := policy.Frozen(env, "deploy", now)
		_, frozen := policy.FrozenBy(env, "deploy", now)
		if v.Rule != policy.RuleFreeze || v.Allowed == frozen || !until.IsZero() && (v.Allowed || !until.After(now)) {
			t.Fatalf("%+v at %s: %+v until %s", env.Freeze, now, v, until)
		}
		next := policy.NextChange(env, now)
		if next.IsZero() {
			return
		}
		if !next.After(now) {
			t.Fatalf("%+v changes at %s, after %s", env.Freeze, next, now)
		}
		now = next
	}
}

func complete(t *testing.T, env *policy.Environment) {
	t.Helper()
	a := env.Approval
	if a.ExpiresAfter <= 0 || a.RemindAfter < 0 || a.Required < 0 || a.Required > 0 && len(a.From) == 0 {
		t.Errorf("approval %+v", a)
	}
	if env.Deploy.Driver == "" || env.Deploy.Timeout <= 0 || len(env.Deploy.Args) == 0 || env.OnFailure == "" {
		t.Errorf("environment %+v", env)
	}
	for _, c := range env.Verify {
		if c.Name == "" || c.Kind == "" || c.Passes < 1 || c.Every <= 0 || c.Within <= 0 || len(c.Args) == 0 {
			t.Errorf("check %+v", c)
		}
	}
	if len(a.EscalateTo) > 0 && (a.EscalateAfter < a.RemindAfter || a.EscalateAfter >= a.ExpiresAfter) {
		t.Errorf("approval %+v", a)
	}
	for _, list := range [][]policy.Subject{env.Requesters, a.From, a.EscalateTo, env.Page} {
		for _, s := range list {
			if (s.User == "") == (s.Group == "") {
				t.Errorf("subject %+v is not one user or group", s)
			}
		}
	}
}
