package policy_test

import (
	"slices"
	"strings"
	"testing"
)

// TestSourceCI: the command is kept as written, and is part of the policy that a digest covers; a file without one reads as before.
func TestSourceCI(t *testing.T) {
	const file = `
version: 1
services:
  shop:
    source: {git: /srv/git/shop.git, ci: ["./ci.sh", "--commit=${sha}", "${version}"]}
    environments:
      staging: {deploy: {driver: command, start: ["./deploy.sh"]}}
`
	env, ok := mustParse(t, []byte(file)).Environment("shop", "staging")
	if !ok || !slices.Equal(env.Source.CI, []string{"./ci.sh", "--commit=${sha}", "${version}"}) {
		t.Fatalf("the command is read as %q", env.Source.CI)
	}
	with, err := env.Canonical()
	if err != nil || !strings.Contains(string(with), `"source":{"git":"/srv/git/shop.git","ci":["./ci.sh","--commit=${sha}","${version}"]}`) {
		t.Errorf("%s, %v", with, err)
	}
	env, _ = mustParse(t, []byte(strings.Replace(file, `, ci: ["./ci.sh", "--commit=${sha}", "${version}"]`, "", 1))).Environment("shop", "staging")
	if without, err := env.Canonical(); err != nil || strings.Contains(string(without), `"ci"`) {
		t.Errorf("%s, %v", without, err)
	}
}
