package policy_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"

	"github.com/releasebot/releasebot/policy"
)

func contract(t testing.TB) []byte {
	t.Helper()
	src, err := os.ReadFile("testdata/good/contract.yml")
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func mustParse(t testing.TB, src []byte) *policy.File {
	t.Helper()
	f, err := policy.Parse("releasebot.yml", src, testRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The order of keys, comments and the style of writing change neither the
// revision nor any environment's canonical form.
func TestWritingDoesNotChangeMeaning(t *testing.T) {
	src := contract(t)
	want := mustParse(t, src)
	rapid.Check(t, func(r *rapid.T) {
		var doc yaml.Node
		if err := yaml.Load(src, &doc); err != nil {
			r.Fatal(err)
		}
		rewrite(r, doc.Content[0])
		written, err := yaml.Dump(&doc)
		if err != nil {
			r.Fatal(err)
		}
		got, err := policy.Parse("other.yml", written, testRegistry())
		if err != nil {
			r.Fatalf("%v\n%s", err, written)
		}
		if got.Revision != want.Revision {
			r.Fatalf("revision %s became %s:\n%s", want.Revision, got.Revision, written)
		}
		if diff := cmp.Diff(want.Services["shop"].Environments, got.Services["shop"].Environments); diff != "" {
			r.Fatal(diff)
		}
	})
}

// rewrite writes the same thing in another way.
func rewrite(r *rapid.T, n *yaml.Node) {
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	switch n.Kind {
	case yaml.MappingNode:
		order := make([]int, len(n.Content)/2)
		for i := range order {
			order[i] = i
		}
		var content []*yaml.Node
		for _, i := range rapid.Permutation(order).Draw(r, "order") {
			content = append(content, n.Content[2*i], n.Content[2*i+1])
		}
		n.Content, n.Style = content, 0
	case yaml.SequenceNode:
		n.Style = 0
	case yaml.ScalarNode:
		if n.Tag == "!!str" {
			n.Style = rapid.SampledFrom([]yaml.Style{0, yaml.SingleQuotedStyle, yaml.DoubleQuotedStyle}).Draw(r, "quotes")
		}
		n.HeadComment = rapid.SampledFrom([]string{"", "# why: it is so"}).Draw(r, "comment")
	}
	for _, child := range n.Content {
		rewrite(r, child)
	}
}

// What changes the meaning changes the revision.
func TestRevisionFollowsMeaning(t *testing.T) {
	src := string(contract(t))
	before := mustParse(t, []byte(src))
	for _, c := range []struct{ old, now string }{
		{"required: 1 ", "required: 2 "},
		{"self: false", "self: true"},
		{"from: [oncall, alice]", "from: [alice]"},
		{"alice:  {user: U0ALICE}", "alice:  {user: U0ALICE2}"},
		{"expires_after: 1h", "expires_after: 2h"},
		{"after: staging ", ""},
		{"./deploy.sh", "./deploy2.sh"},
		{"passes: 3 ", "passes: 4 "},
		{"role: requester", "role: viewer"},
		{"channel: C0RELEASES", "channel: C0OTHER"},
		{"shop.git ", "worker.git "},
		{"on_failure: propose_rollback", "on_failure: page"},
	} {
		if !strings.Contains(src, c.old) {
			t.Fatalf("the example has no %q", c.old)
		}
		if f := mustParse(t, []byte(strings.Replace(src, c.old, c.now, 1))); f.Revision == before.Revision {
			t.Errorf("%q instead of %q keeps the revision", c.now, c.old)
		}
	}
	for _, c := range []struct{ old, now string }{ // the same in other words
		{"every: 2s ", "every: 2000ms "},
		{"timeout: 10m ", "timeout: 600s "},
		{"required: 1 ", "required: 0x1 "},
		{"self: false", ""},
		{"on_failure: propose_rollback", ""},
	} {
		if f := mustParse(t, []byte(strings.Replace(src, c.old, c.now, 1))); f.Revision != before.Revision {
			t.Errorf("%q instead of %q changes the revision", c.now, c.old)
		}
	}
}

// What is new changes the revision too.
func TestRevisionFollowsWhatIsNew(t *testing.T) {
	b, err := os.ReadFile("testdata/good/full.yml")
	if err != nil {
		t.Fatal(err)
	}
	src := string(b)
	before := mustParse(t, b)
	change := func(old, now string) string {
		if !strings.Contains(src, old) {
			t.Fatalf("the example has no %q", old)
		}
		return mustParse(t, []byte(strings.Replace(src, old, now, 1))).Revision
	}
	for _, c := range []struct{ old, now string }{
		{"Fri 16:00", "Fri 16:01"},
		{"zone: Europe/Berlin", "zone: Europe/Paris"},
		{"reason: weekend", "reason: rest"},
		{", rollbacks: true", ""},
		{"\"2026-12-24\"]", "\"2026-12-25\"]"},
		{"escalate_to: [alice, bob]", "escalate_to: [alice]"},
		{"escalate_after: 50m", "escalate_after: 40m"},
		{"notify: [authors]", ""},
		{"bob@example.com", "bob@example.org"},
	} {
		if change(c.old, c.now) == before.Revision {
			t.Errorf("%q instead of %q keeps the revision", c.now, c.old)
		}
	}
	for _, c := range []struct{ old, now string }{ // the same in other words
		{"Fri 16:00", "friday 16:00"},
		{"until: \"2027-01-02\"", "until: \"2027-01-03 00:00\""},
		{"\"2026-12-31\", \"2026-12-24\"", "2026-12-24, 2026-12-31"},
		{"escalate_to: [alice, bob]", "escalate_to: [alice, bob]\n          escalate_after: 35m"},
		{"notify: [authors]", "notify: authors"},
		{"reason: moving house", "reason: moving house, zone: UTC"},
		{"Alice Doe", "alice doe"},
	} {
		if change(c.old, c.now) != before.Revision {
			t.Errorf("%q instead of %q changes the revision", c.now, c.old)
		}
	}
}

// The canonical form reads back into the same policy, and is written the same again.
func TestCanonicalFormBothWays(t *testing.T) {
	for name, want := range mustParse(t, contract(t)).Services["shop"].Environments {
		first, err := want.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		var got policy.Environment
		if err := json.Unmarshal(first, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, &got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		second, err := got.Canonical()
		if err != nil || string(first) != string(second) {
			t.Errorf("%s: written again it is %s (%v), was %s", name, second, err, first)
		}
	}
}

func TestDurationJSON(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		want := policy.Duration(rapid.Int64().Draw(r, "nanoseconds"))
		b, err := json.Marshal(want)
		if err != nil {
			r.Fatal(err)
		}
		var got policy.Duration
		if err := json.Unmarshal(b, &got); err != nil || got != want {
			r.Fatalf("%s became %s: %v", b, got, err)
		}
	})
	var d policy.Duration
	for _, bad := range []string{`10`, `"ten"`, `""`, `null1`} {
		if json.Unmarshal([]byte(bad), &d) == nil {
			t.Errorf("%s is taken for a duration", bad)
		}
	}
	if got := policy.Duration(90 * time.Second); got.Std() != 90*time.Second || got.String() != "1m30s" {
		t.Errorf("%s", got)
	}
}
