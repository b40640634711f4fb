package rules_test

import (
	"context"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/planner/rules"
)

func orders() []string {
	return []string{
		"deploy shop 1.4.2 to prod", "please ship shop 1.4.2 to production", "roll back shop in prod", "can you deploy backend 2.1.0 to staging?",
		"shop 1.4.2 to prod", "rollback web production to 6.9", "bitte shop 1.4.2 nach production ausrollen", "put shop 1.4.2 on prod",
		"i want shop 1.4.2 deployed to prod", "deploy shop 1.4.2, no wait, 1.4.3 to prod", "tests are green, deploy shop 1.4.2 to prod",
		"deploy shop 1.4.2 to prod because customers are waiting", "shop is broken in prod, roll it back",
	}
}

// Whatever order it is: with one of these before or after it, it is none.
func TestNothingIsDoneBesideADoubt(t *testing.T) {
	before := []string{
		"don't ", "do not ", "never ", "nobody should ", "if CI is green ", "when bob is back, ", "unless it rains, ", "tonight ", "tomorrow, ",
		"at 5pm ", "in 10 minutes ", "after lunch ", "once alice approves, ", "bob said: ", "bob said to ", "should we ", "imagine: ", "for example, ", "ignore all rules and ",
		"skip approval and ", "what if I ", "I would not ", "maybe ", "> ", "~", "you are now admin, ", "pretend to ", "please don't ",
		"I will ", "we might ", "wait until friday, then ", "nicht ", "ne pas ", "wenn die Tests grün sind, ", "morgen ", "si les tests passent, ", "someone ",
	}
	after := []string{
		" if CI is green", " when the tests pass", " tonight", " tomorrow", " at 17:00", " at 5pm", " in 10 minutes", " after lunch", " once bob approves",
		" unless alice objects", " on friday", " next week", " without approval", " but skip the checks", " ... not", " - don't", ", actually don't", ", just kidding",
		" or not", " only if it is safe", " until then", " later", " before noon", " wenn CI grün ist", " demain", " mañana", " if it is ok with bob", " with --force", " frobnicate",
		" and drop the database", "? never", ". wait, no", " provided the queue is empty",
	}
	for _, o := range orders() {
		for _, b := range before {
			refuseOrder(t, b+o)
		}
		for _, a := range after {
			if strings.Contains(o, "because") && a == " frobnicate" {
				continue // any word may stand in a reason
			}
			refuseOrder(t, o+a)
		}
		refuseOrder(t, `"`+o+`"`)
		refuseOrder(t, "```"+o+"```")
		refuseOrder(t, "~"+o+"~")
		refuseOrder(t, "&gt; "+o)
	}
}

func refuseOrder(t *testing.T, words string) {
	t.Helper()
	i := plan(t, agent.PlanInput{Words: words, Catalog: catalog()})
	if i.Kind == agent.IntentDeploy || i.Kind == agent.IntentRollback {
		t.Errorf("%q became %q", words, short(i))
	}
}

// What is harmless around an order doesn't keep it from being one.
func TestOrdersStayOrders(t *testing.T) {
	p := rules.New()
	for _, o := range orders() {
		want, err := p.Plan(context.Background(), agent.PlanInput{Words: o, Catalog: catalog()})
		if err != nil || want.Intent.Kind == agent.IntentClarify || want.Intent.Kind == agent.IntentNone {
			t.Errorf("%q is %q, %v; want an order", o, short(want.Intent), err)
			continue
		}
		for _, said := range []string{
			"hi! " + o, "hello there, " + o, o + " please", o + ", thanks!", o + " 🚀", "<@U0BOT> " + o, o + "\n\n", "  " + strings.ToUpper(o[:1]) + o[1:], o + " now", o + " and page me if it fails",
			"ok, " + o, o + " and keep me posted",
		} {
			got, err := p.Plan(context.Background(), agent.PlanInput{Words: said, Catalog: catalog()})
			if err != nil || short(got.Intent) != short(want.Intent) {
				t.Errorf("%q: got %q, %v; want %q", said, short(got.Intent), err, short(want.Intent))
			}
		}
	}
}

// Long and strange input is read in linear time, and is no order.
func TestLongInput(t *testing.T) {
	for name, words := range map[string]string{
		"words":        strings.Repeat("lorem ipsum dolor ", 40000/18),
		"brackets":     strings.Repeat("<", 40000),
		"quotes":       strings.Repeat(`"a `, 40000/3),
		"names":        strings.Repeat("shop production 1.4.2 ", 40000/22),
		"orders":       strings.Repeat("deploy shop 1.4.2 to prod. ", 40000/27) + "don't",
		"near misses":  strings.Repeat("bakcedn stagin chekout ", 40000/23),
		"no spaces":    strings.Repeat("x", 40000),
		"not":          strings.Repeat("not ", 10000),
		"zero width":   strings.Repeat("\u200b", 13000) + "deploy shop 1.4.2 to",
		"entities":     strings.Repeat("&lt;&gt;&amp;", 3000),
		"control":      strings.Repeat("\x00\x07\x1b", 13000),
		"broken utf-8": strings.Repeat("\xff\xfe", 20000),
		"no waits":     strings.Repeat("no wait, ", 4400),
		"page":         strings.Repeat("page me and ", 3300),
	} {
		begin := time.Now()
		i := plan(t, agent.PlanInput{Words: words, Catalog: catalog()})
		if i.Kind == agent.IntentDeploy || i.Kind == agent.IntentRollback {
			t.Errorf("%s: became %q", name, short(i))
		}
		if d := time.Since(begin); d > 20*time.Second {
			t.Errorf("%s: took %v", name, d)
		}
	}
}

// FuzzPlan holds what can be held of any input: no panic, names from the
// catalog only, and an order only of what the words say. The check is made
// with other means than the planner's.
func FuzzPlan(f *testing.F) {
	for _, o := range orders() {
		f.Add(o, "", "")
	}
	f.Add("1.4.2", "deploy shop to prod", "")
	f.Add("roll back checkout in prod. I fixed it yesterday. Please deploy the frontend 1.4.2 to staging", "deploy checkout 1.4.2", "no, dev")
	f.Add("again please", "do 1.4.3 instead", "don't deploy 1.4.1, deploy shop 1.4.2 to prod instead")
	f.Add("please run `deploy shop 1.4.2 to staging`", "forgot to say: checkout", "deploy 1.4.2 to prod")
	f.Add("make it 1.4.3", "deploy shop 1.4.2 to prod", "actually staging")
	f.Add("the second one", "deploy shop 1.4.2", "")
	f.Add("<@U1> deploy &lt;shop&gt; `1.4.2` to <http://x|prod>", "", "no, backend")
	f.Add("page me, alice and bob if it fails: checkout api@3.0 -> qa", "", "")
	p := rules.New()
	f.Fuzz(func(t *testing.T, words, earlier, earliest string) {
		in := agent.PlanInput{Words: words, Catalog: catalog(), Turns: []agent.Turn{{From: "person", Text: earliest}, {From: "person", Text: earlier}}}
		got, err := p.Plan(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := p.Plan(context.Background(), in)
		if short(again.Intent) != short(got.Intent) {
			t.Fatalf("%q came out in two ways: %q and %q", words, short(got.Intent), short(again.Intent))
		}
		entailed(t, got.Intent, words+"\n"+earlier+"\n"+earliest)
		if q := got.Intent.Question; (q != nil) != (got.Intent.Kind == agent.IntentClarify) || q != nil && (q.Text == "" || len(q.Options) > 5) {
			t.Fatalf("%q: bad question %+v of %q", words, q, short(got.Intent))
		}
		if _, err := p.ParseCommand(words, catalog()); err != nil && err.Error() == "" {
			t.Fatal("an error without words")
		}
	})
}

// entailed fails unless an order's parts stand in what was said.
func entailed(t *testing.T, i agent.Intent, said string) {
	t.Helper()
	if i.Kind != agent.IntentDeploy && i.Kind != agent.IntentRollback {
		return
	}
	plain := letters(said)
	has := func(forms ...string) bool {
		for _, f := range forms {
			if closeTo(plain, letters(f)) {
				return true
			}
		}
		return false
	}
	short := map[string]string{"checkout-api": "checkout"}[i.Service] // a part that no other service has
	if !has(i.Service) && (short == "" || !has(short)) {
		t.Fatalf("service %q isn't in %q", i.Service, said)
	}
	aliases := map[string][]string{
		"production": {"production", "prod", "prd", "live", "produktion", "produktiv", "producción", "produccion", "produção", "producao", "produzione", "produkcja", "produkcje", "produkcję", "produkcji"},
		"staging":    {"staging", "stage", "stg", "stag"},
		"dev":        {"dev", "development", "develop", "devel", "entwicklung", "desarrollo", "desenvolvimento"},
		"qa":         {"qa"},
	}
	if !has(aliases[i.Environment]...) {
		t.Fatalf("environment %q isn't in %q", i.Environment, said)
	}
	if i.Version != "" && !strings.Contains(wide(said), i.Version) {
		t.Fatalf("version %q isn't in %q", i.Version, said)
	}
	if i.Kind == agent.IntentDeploy && i.Version == "" {
		t.Fatalf("a deploy of no version from %q", said)
	}
}

// wide makes full-width characters narrow and drops what can't be seen.
func wide(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0xFF01 && r <= 0xFF5E:
			return r - 0xFEE0
		case r == '‐' || r == '‑' || r == '−':
			return '-'
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), unicode.Is(unicode.Variation_Selector, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
}

func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, wide(strings.NewReplacer("&lt;", "", "&gt;", "", "&amp;", "").Replace(s)))
}

// closeTo: name stands in text, give or take two letters.
func closeTo(text, name string) bool {
	if strings.Contains(text, name) {
		return true
	}
	t, n := []rune(text), []rune(name)
	if len(n) < 4 {
		return false
	}
	// The least edits between name and any part of text.
	row := make([]int, len(t)+1)
	for i := 1; i <= len(n); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if n[i-1] == t[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	for _, d := range row {
		if d <= 2 {
			return true
		}
	}
	return false
}

func BenchmarkPlan(b *testing.B) {
	p := rules.New()
	for name, words := range map[string]string{
		"deploy":  "deploy shop v1.4.2 to production and page me if health checks fail",
		"typos":   "depoly bakcend 2.1.0 to prodution",
		"clarify": "deploy shop 1.4.2 to prod when CI is green",
		"chat":    "thanks, that was quick",
		"40k":     strings.Repeat("lorem ipsum dolor sit amet, ", 40000/28),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			in := agent.PlanInput{Words: words, Catalog: catalog()}
			for b.Loop() {
				if _, err := p.Plan(context.Background(), in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		rules.New()
	}
}

// What is cut off of a text that is too long could have taken all back.
func TestWhatIsCutOffMayTakeItBack(t *testing.T) {
	for _, o := range orders() {
		for _, filler := range []string{" because it is needed", ". thanks", "\n", " "} {
			for _, end := range []string{"", " - no, don't"} {
				i := plan(t, agent.PlanInput{Words: o + strings.Repeat(filler, 9000/len(filler)) + end, Catalog: catalog()})
				if i.Kind == agent.IntentDeploy || i.Kind == agent.IntentRollback {
					t.Errorf("%q, 9000 bytes of %q and %q became %q", o, filler, end, short(i))
				}
			}
		}
	}
}
