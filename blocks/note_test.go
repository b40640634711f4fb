package blocks

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/releasebot/releasebot/agent"
)

func TestANoteWithATextIsToldAsItIs(t *testing.T) {
	l := escalated()
	if len(l.s.Notes) != 3 {
		t.Fatalf("%d people were told directly, wanted 3: %+v", len(l.s.Notes), l.s.Notes)
	}
	keys := map[string]bool{}
	var list []shown
	for _, n := range l.s.Notes {
		v := Note(n, Options{})
		checkView(t, v)
		if v.Key != n.Key() || keys[v.Key] {
			t.Errorf("the note of %s has the key %q", n.Person, v.Key)
		}
		keys[v.Key] = true
		way := "/release approve " + cardID
		asked := n.Person == bob
		if !asked { // neither who asked for it, nor whom it is escalated to
			way = "Nobody has decided yet"
		}
		if strings.Contains(v.Text, "did nothing") || !strings.Contains(v.Text, way) || !asked && strings.Contains(v.Text, "your approval") {
			t.Errorf("what %s is told: %s", n.Person, v.Text)
		}
		list = append(list, shown{Key: v.Key, Text: v.Text, Final: v.Final, Blocks: slackBlocks(v)})
	}
	golden(t, "notes", list)
}

func TestANoteNamesPeopleAndKeepsContentHarmless(t *testing.T) {
	v := Note(agent.Note{Seq: 7, Ord: 2, Person: bob, Text: "{U0ALICE} holds shop in production: <!channel> {here}."}, Options{})
	checkView(t, v)
	if want := "🔔 <@U0ALICE> holds shop in production: &lt;!channel&gt; {here}."; v.Text != want || v.Key != "note/7.2" {
		t.Errorf("%s: %s", v.Key, v.Text)
	}
}

// A time between braces is shown on each reader's own clock; what only looks like one is content.
func TestANoteShowsTimesOnTheReadersClock(t *testing.T) {
	for text, want := range map[string]string{
		"Held since {2026-11-20 15:00 UTC}.":   "Held since <!date^1795186800^{date_short_pretty} at {time}|2026-11-20 15:00 UTC>.",
		"Held since {2026-11-20 15:00 CET}.":   "Held since {2026-11-20 15:00 CET}.",
		"Held since {2026-13-20 15:00 UTC}.":   "Held since {2026-13-20 15:00 UTC}.",
		"Held since {0001-01-01 00:00 UTC}.":   "Held since {0001-01-01 00:00 UTC}.",
		"Held since {2026-11-20 15:00 UTC|x}.": "Held since {2026-11-20 15:00 UTC|x}.",
	} {
		v := Note(agent.Note{Seq: 7, Person: bob, Text: text}, Options{})
		checkView(t, v)
		if v.Text != "🔔 "+want {
			t.Errorf("%s: %s", text, v.Text)
		}
	}
}

func TestEveryVerbHasAName(t *testing.T) {
	for _, v := range []agent.Verb{
		agent.VerbApprove, agent.VerbReject, agent.VerbAbort, agent.VerbCancel, agent.VerbHold, agent.VerbResume, agent.VerbRollback, agent.VerbRetry, agent.VerbLeave,
		agent.VerbRan, agent.VerbDidnt, agent.VerbStop, agent.VerbGlass, agent.VerbTakeover, agent.VerbEdit, agent.VerbHealthy, agent.VerbRecheck, agent.VerbUnwell,
	} {
		if name := verbName(v); name == "That" || strings.Contains(name, "_") {
			t.Errorf("%s is called %q", v, name)
		}
	}
}

func TestAnyNote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := func(name string) string { return written().Draw(t, name) }
		checkView(t, Note(agent.Note{Seq: 1, Text: s("text"), Data: agent.DecisionRefused{Verb: agent.Verb(s("verb")), Reason: s("reason"), Remedy: s("remedy")}}, Options{}))
	})
}
