package blocks

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

// A tester is what the checks report to: a test or a property.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// checkView fails unless Slack would take the view, and it is safe to show.
func checkView(t tester, v View) {
	t.Helper()
	if n := len(v.Blocks); n < 1 || n > 50 {
		t.Errorf("%s: %d blocks", v.Key, n)
	}
	checkText(t, v.Key+": top-level text", &slack.TextBlockObject{Type: slack.MarkdownType, Text: v.Text}, 4000)
	ids, acts := map[string]bool{}, map[string]bool{}
	for _, b := range v.Blocks {
		if id := b.ID(); id != "" {
			if ids[id] || chars(id) > 255 {
				t.Errorf("%s: block_id %q stands twice or is too long", v.Key, id)
			}
			ids[id] = true
		}
		checkBlock(t, v.Key, b, acts)
	}
	if n := chars(raw(v)); n > 10_000 {
		t.Errorf("%s: %d characters of text in all", v.Key, n)
	}
	roundTrip(t, v)
}

func checkBlock(t tester, key string, b slack.Block, acts map[string]bool) {
	t.Helper()
	switch b := b.(type) {
	case *slack.HeaderBlock:
		checkText(t, key+": header", b.Text, 150)
		if b.Text.Type != slack.PlainTextType {
			t.Errorf("%s: a header is plain text", key)
		}
	case *slack.SectionBlock:
		if b.Text == nil && len(b.Fields) == 0 || len(b.Fields) > 10 {
			t.Errorf("%s: a section with %d fields", key, len(b.Fields))
		}
		if b.Text != nil {
			checkText(t, key+": section", b.Text, 3000)
		}
		for _, f := range b.Fields {
			checkText(t, key+": field", f, 2000)
		}
	case *slack.ContextBlock:
		if n := len(b.ContextElements.Elements); n < 1 || n > 10 {
			t.Errorf("%s: a context with %d elements", key, n)
		}
		for _, e := range b.ContextElements.Elements {
			checkText(t, key+": context", e.(*slack.TextBlockObject), 3000)
		}
	case *slack.ActionBlock:
		if n := len(b.Elements.ElementSet); n < 1 || n > 25 {
			t.Errorf("%s: %d actions", key, n)
		}
		primary := 0
		for _, e := range b.Elements.ElementSet {
			btn := e.(*slack.ButtonBlockElement)
			checkButton(t, key, btn)
			if acts[btn.ActionID] {
				t.Errorf("%s: action %s stands twice", key, btn.ActionID)
			}
			acts[btn.ActionID] = true
			if btn.Style == slack.StylePrimary {
				primary++
			}
		}
		if primary > 1 {
			t.Errorf("%s: %d primary buttons", key, primary)
		}
	case *slack.DividerBlock:
	case *slack.InputBlock:
		checkInput(t, key, b)
	default:
		t.Errorf("%s: a block of type %T", key, b)
	}
}

// checkInput: the fields of our forms.
func checkInput(t tester, key string, b *slack.InputBlock) {
	t.Helper()
	checkText(t, key+": label", b.Label, 2000)
	if b.Hint != nil {
		checkText(t, key+": hint", b.Hint, 2000)
	}
	switch e := b.Element.(type) {
	case *slack.PlainTextInputBlockElement:
		if e.MaxLength < 1 || e.MaxLength > 3000 || e.MinLength > e.MaxLength {
			t.Errorf("%s: a field of %d to %d characters", key, e.MinLength, e.MaxLength)
		}
		if e.Placeholder != nil {
			checkText(t, key+": placeholder", e.Placeholder, 150)
		}
	case *slack.SelectBlockElement:
		if n := len(e.Options); n < 1 || n > 100 {
			t.Errorf("%s: %d options", key, n)
		}
		checkText(t, key+": placeholder", e.Placeholder, 150)
		for _, o := range e.Options {
			checkText(t, key+": option", o.Text, 75)
			if o.Value == "" || chars(o.Value) > 150 {
				t.Errorf("%s: an option with the value %q", key, o.Value)
			}
		}
	default:
		t.Errorf("%s: a field of type %T", key, e)
	}
}

// checkForm fails unless Slack would open the form.
func checkForm(t tester, f slack.ModalViewRequest) {
	t.Helper()
	checkText(t, "title", f.Title, 24)
	checkText(t, "submit", f.Submit, 24)
	checkText(t, "close", f.Close, 24)
	if n := len(f.Blocks.BlockSet); n < 1 || n > 100 || chars(f.PrivateMetadata) > 3000 || chars(f.CallbackID) > 255 {
		t.Errorf("%s: %d blocks, metadata %q", f.CallbackID, n, f.PrivateMetadata)
	}
	checkBlocks(t, f.CallbackID, f.Blocks.BlockSet)
}

// checkBlocks checks a form's or home tab's blocks, whose ids stand once.
func checkBlocks(t tester, key string, list []slack.Block) {
	t.Helper()
	ids := map[string]bool{}
	for _, b := range list {
		if id := b.ID(); id != "" {
			if ids[id] || chars(id) > 255 {
				t.Errorf("%s: block_id %q stands twice or is too long", key, id)
			}
			ids[id] = true
		}
		checkBlock(t, key, b, map[string]bool{}) // an action stands once in its block
	}
	roundTrip(t, View{Key: key, Blocks: list})
}

func checkButton(t tester, key string, b *slack.ButtonBlockElement) {
	t.Helper()
	checkText(t, key+": button", b.Text, 75)
	if b.ActionID == "" || chars(b.ActionID) > 255 || b.Value == "" || chars(b.Value) > 2000 {
		t.Errorf("%s: button %q with value %q", key, b.ActionID, b.Value)
	}
	if c := b.Confirm; c != nil {
		checkText(t, key+": title of a confirm", c.Title, 100)
		checkText(t, key+": confirm", c.Text, 300)
		checkText(t, key+": confirm's yes", c.Confirm, 30)
		checkText(t, key+": confirm's no", c.Deny, 30)
	}
	if b.Style == slack.StyleDanger && b.Confirm == nil && !OpensForm(agent.Verb(b.ActionID)) { // else its form asks
		t.Errorf("%s: %s can hurt and does not ask once more", key, b.ActionID)
	}
}

// ours are the only things between < and > that a view may have.
var ours = regexp.MustCompile(`<(@[UW][A-Z0-9]{2,30}|!subteam\^S[A-Z0-9]{2,30}|https?://[!-;=?-{}~]+\|[a-z ]+|!date\^-?[0-9]+\^[^<>|]*\|[^<>|]*)>`)

var escapes = regexp.MustCompile(`&(amp|lt|gt);`)

func checkText(t tester, where string, o *slack.TextBlockObject, limit int) {
	t.Helper()
	if o == nil || strings.TrimSpace(o.Text) == "" {
		t.Errorf("%s: empty", where)
		return
	}
	if n := chars(o.Text); n > limit {
		t.Errorf("%s: %d characters, Slack allows %d", where, n, limit)
	}
	if !utf8.ValidString(o.Text) {
		t.Errorf("%s: not UTF-8: %q", where, o.Text)
	}
	rest := o.Text
	if o.Type == slack.MarkdownType {
		rest = ours.ReplaceAllString(rest, "")
		if strings.Count(strings.ReplaceAll(rest, "```", ""), "`")%2 != 0 || strings.Count(rest, "```")%2 != 0 {
			t.Errorf("%s: a code span that is not closed: %q", where, o.Text)
		}
	}
	if strings.ContainsAny(rest, "<>") {
		t.Errorf("%s: an angle bracket that is not ours: %q", where, o.Text)
	}
	if strings.Contains(escapes.ReplaceAllString(rest, ""), "&") {
		t.Errorf("%s: & that is not escaped: %q", where, o.Text)
	}
	for _, r := range rest {
		if r != '\n' && unicode.IsControl(r) || r != 0x2068 && r != 0x2069 && unicode.Is(unicode.Cf, r) {
			t.Errorf("%s: %U in %q", where, r, o.Text)
		}
	}
	if strings.Count(rest, "\u2068") != strings.Count(rest, "\u2069") {
		t.Errorf("%s: an isolate that is not closed: %q", where, o.Text)
	}
}

// roundTrip: what goes to Slack is what slack-go, and so the local workspace, reads.
func roundTrip(t tester, v View) {
	t.Helper()
	b, err := json.Marshal(slack.Blocks{BlockSet: v.Blocks})
	if err != nil {
		t.Fatalf("%s: %v", v.Key, err)
	}
	if strings.Contains(string(b), "null") {
		var any []map[string]any
		if err := json.Unmarshal(b, &any); err != nil || hasNull(reflect.ValueOf(any)) {
			t.Errorf("%s: null in %s", v.Key, b)
		}
	}
	var back slack.Blocks
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatalf("%s: %v", v.Key, err)
	}
	if diff := cmp.Diff(v.Blocks, back.BlockSet); diff != "" {
		t.Errorf("%s reads back otherwise:\n%s", v.Key, diff)
	}
}

func hasNull(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		return v.IsNil() || hasNull(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			if hasNull(v.Index(i)) {
				return true
			}
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			if hasNull(v.MapIndex(k)) {
				return true
			}
		}
	}
	return false
}

// chars counts as the stricter reading of Slack's limits: UTF-16 units.
func chars(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}
