package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/releasebot/releasebot/policy"
)

// frozenBy makes an environment with the windows given.
func frozenBy(windows ...policy.Window) *policy.Environment {
	return production(func(e *policy.Environment) { e.Freeze = windows })
}

func weekend(zone string) policy.Window {
	return policy.Window{From: "Fri 16:00", Until: "Mon 08:00", Zone: zone, Reason: "weekend"}
}

func moment(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestFrozen(t *testing.T) {
	holidays := policy.Window{Days: []string{"2026-12-24", "2026-12-25", "2026-12-31"}, Zone: "Europe/Berlin", Reason: "holidays"}
	all := policy.Window{From: "2027-02-01 00:00", Until: "2027-02-02 12:00", Zone: "UTC", Rollbacks: true}
	env := frozenBy(weekend("Europe/Berlin"), holidays, all)
	for _, c := range []struct{ action, now, until string }{
		{"deploy", "2026-11-06T14:59:59Z", ""},
		{"deploy", "2026-11-06T15:00:00Z", "2026-11-09T07:00:00Z"},
		{"deploy", "2026-11-09T06:59:59.999Z", "2026-11-09T07:00:00Z"},
		{"deploy", "2026-11-09T07:00:00Z", ""},
		{"rollback", "2026-11-07T12:00:00Z", ""},
		{"verify", "2026-11-07T12:00:00Z", ""},
		{"", "2026-11-07T12:00:00Z", "2026-11-09T07:00:00Z"},
		{"retire", "2026-11-07T12:00:00Z", "2026-11-09T07:00:00Z"},
		{"deploy", "2026-12-23T22:59:59Z", ""},
		{"deploy", "2026-12-23T23:00:00Z", "2026-12-28T07:00:00Z"}, // two holidays, and then the weekend
		{"deploy", "2026-12-30T23:00:00Z", "2026-12-31T23:00:00Z"},
		{"rollback", "2027-02-01T00:00:00Z", "2027-02-02T12:00:00Z"},
		{"deploy", "2027-02-02T12:00:00Z", ""},
		{"verify", "2027-02-01T00:00:00Z", ""},
	} {
		v, until := policy.Frozen(env, c.action, moment(t, c.now))
		check(t, v, c.until == "", policy.RuleFreeze)
		if want := c.until; (want == "") != until.IsZero() || want != "" && !until.Equal(moment(t, want)) {
			t.Errorf("%s at %s is frozen until %s, want %q", c.action, c.now, until, want)
		}
	}
}

// A refusal says why, until when in both clocks, and what helps.
func TestFrozenSaysWhatToDo(t *testing.T) {
	for _, c := range []struct {
		window         policy.Window
		now            string
		reason, remedy string
	}{
		{
			weekend("Europe/Berlin"), "2026-11-07T12:00:00Z",
			"shop in production is frozen (weekend) until Mon 9 Nov 2026 08:00 Europe/Berlin (07:00 UTC).",
			"Wait until then, or break glass with a reason: oncall (group) or alice may, and another approver must agree.",
		},
		{
			policy.Window{From: "2026-12-23 00:00", Until: "2027-01-01 00:00", Zone: "Asia/Tokyo"},
			"2026-12-24T00:00:00Z",
			"shop in production is frozen until Fri 1 Jan 2027 00:00 Asia/Tokyo (Thu 31 Dec 15:00 UTC).", "Wait until then",
		},
		{
			policy.Window{Days: []string{"2026-12-24"}, Zone: "UTC", Reason: "holidays"},
			"2026-12-24T00:00:00Z",
			"shop in production is frozen (holidays) until Fri 25 Dec 2026 00:00 UTC.", "Wait until then, or break glass",
		},
	} {
		v, _ := policy.Frozen(frozenBy(c.window), "deploy", moment(t, c.now))
		if v.Reason != c.reason || !strings.HasPrefix(v.Remedy, c.remedy) {
			t.Errorf("got %q and %q", v.Reason, v.Remedy)
		}
	}
	days := policy.Window{Days: []string{"2026-11-06"}, Zone: "Europe/Berlin", Reason: "birthday"}
	v, _ := policy.Frozen(frozenBy(days, weekend("Europe/Berlin")), "deploy", moment(t, "2026-11-06T10:00:00Z"))
	if !strings.Contains(v.Reason, "(birthday) until Sat 7 Nov 2026 00:00") || !strings.Contains(v.Remedy, "Wait until Mon 9 Nov 2026 08:00") {
		t.Errorf("one freeze after the other: %q, %q", v.Reason, v.Remedy)
	}
}

// What can't be understood is frozen, and what has no end says so.
func TestFrozenIsClosedByDefault(t *testing.T) {
	now := moment(t, "2026-11-07T12:00:00Z")
	v, _ := policy.Frozen(nil, "deploy", now)
	check(t, v, false, policy.RuleEnvironment)
	for _, w := range []policy.Window{
		{},
		weekend("Mars/Olympus"),
		weekend("Local"),
		{From: "Fri 16:00", Until: "2026-12-23 00:00", Zone: "UTC"},
		{From: "2026-12-23 00:00", Until: "2026-12-23 00:00", Zone: "UTC"},
		{From: "Fri 16:00", Zone: "UTC"},
		{Days: []string{"soon"}, Zone: "UTC"},
	} {
		v, until := policy.Frozen(frozenBy(w), "deploy", now)
		check(t, v, false, policy.RuleLookup)
		if !until.IsZero() || !policy.NextChange(frozenBy(w), now).IsZero() {
			t.Errorf("%+v has an end", w)
		}
	}
	always := frozenBy(weekend("UTC"), policy.Window{From: "Mon 08:00", Until: "Fri 16:00", Zone: "UTC"})
	v, until := policy.Frozen(always, "deploy", now)
	check(t, v, false, policy.RuleFreeze)
	if !until.IsZero() || !strings.Contains(v.Remedy, "without a gap") {
		t.Errorf("a freeze without an end ends at %s: %s", until, v.Remedy)
	}
	if v, _ := policy.Frozen(frozenBy(), "deploy", now); !v.Allowed || !policy.NextChange(frozenBy(), now).IsZero() {
		t.Error("frozen without a window")
	}
}

// The window that freezes is known by its place.
func TestFrozenBy(t *testing.T) {
	env := frozenBy(policy.Window{Days: []string{"2026-11-01"}, Zone: "UTC"}, weekend("UTC"))
	if n, frozen := policy.FrozenBy(env, "deploy", moment(t, "2026-11-07T12:00:00Z")); n != 1 || !frozen {
		t.Errorf("frozen %t by window %d", frozen, n)
	}
	for _, action := range []string{"rollback", "verify"} {
		if _, frozen := policy.FrozenBy(env, action, moment(t, "2026-11-07T12:00:00Z")); frozen {
			t.Errorf("%s is frozen", action)
		}
	}
}

// dstZones have clocks that change in either half of the year, by half an hour,
// at midnight, and by a whole day.
func dstZones() map[string][]string {
	return map[string][]string{
		"Europe/Berlin":       {"2026-03-29", "2026-10-25"},
		"America/New_York":    {"2026-03-08", "2026-11-01"},
		"Australia/Lord_Howe": {"2026-04-05", "2026-10-04"},
		"America/Santiago":    {"2026-04-05", "2026-09-06"},
		"America/Havana":      {"2026-03-08", "2026-11-01"},
		"Pacific/Apia":        {"2011-12-30"},
		"Asia/Kolkata":        {"2026-03-29"},
	}
}

// minutes walks through six days around a date, minute by minute, and reads the
// clock on the wall at each, as seconds that can be compared.
func minutes(t testing.TB, date string, zone *time.Location) (all []time.Time, wall []int64) {
	t.Helper()
	first := moment(t, date+"T00:00:00Z").Add(-60 * time.Hour)
	for i := range 6 * 24 * 60 {
		at := first.Add(time.Duration(i) * time.Minute)
		_, offset := at.In(zone).Zone()
		all, wall = append(all, at), append(wall, at.Unix()+int64(offset))
	}
	return all, wall
}

// clockwise tells for each minute whether the clock has already shown from (or
// later) and will yet show something before until: what being in a window means
// whatever the clock does in between.
func clockwise(wall []int64, from, until int64) []bool {
	in := make([]bool, len(wall))
	high, low := wall[0], wall[len(wall)-1]
	for i, shown := range wall {
		high = max(high, shown)
		in[i] = high >= from
	}
	for i, shown := range slices.Backward(wall) {
		low = min(low, shown)
		in[i] = in[i] && low < until
	}
	return in
}

// Around every change of the clocks, a window is open exactly while the wall
// clock is between its edges: compared minute by minute.
func TestFreezesFollowTheWallClock(t *testing.T) {
	for name, dates := range dstZones() {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, date := range dates {
			t.Run(name+" "+date, func(t *testing.T) {
				all, wall := minutes(t, date, zone)
				day := moment(t, date+"T00:00:00Z").Unix()
				rapid.Check(t, func(r *rapid.T) {
					from := day + 60*rapid.OneOf(rapid.Int64Range(-36*60, 36*60), rapid.Int64Range(-60, 4*60)).Draw(r, "opens, in minutes from the day's beginning")
					until := from + 60*rapid.OneOf(rapid.Int64Range(1, 24*60), rapid.Int64Range(1, 150)).Draw(r, "minutes that it lasts")
					compare(r, draw(r, from, until, name), all, clockwise(wall, from, until))
				})
			})
		}
	}
}

// draw writes a window as a weekly or a dated one.
func draw(r *rapid.T, from, until int64, zone string) policy.Window {
	form := rapid.SampledFrom([]string{"Mon 15:04", "2006-01-02 15:04"}).Draw(r, "form")
	return policy.Window{
		From: time.Unix(from, 0).UTC().Format(form), Until: time.Unix(until, 0).UTC().Format(form), Zone: zone,
	}
}

// compare sees that Frozen says what is wanted for each minute, that until is
// when it ends, and that NextChange names each change.
func compare(r *rapid.T, w policy.Window, all []time.Time, want []bool) {
	env := frozenBy(w)
	wake := policy.NextChange(env, all[0].Add(-time.Second))
	for i, at := range all {
		// Only what lies near an edge can differ: the rest is looked at now and then.
		edge := i == 0 || want[i] != want[i-1] || i+1 < len(all) && want[i] != want[i+1]
		if !edge && i%97 != 0 {
			continue
		}
		v, until := policy.Frozen(env, "deploy", at)
		if v.Allowed == want[i] {
			r.Fatalf("%+v: frozen %t at %s, want %t", w, !v.Allowed, at, want[i])
		}
		if i > 0 && want[i] != want[i-1] && !wake.Equal(at) {
			r.Fatalf("%+v changes at %s, and NextChange said %s", w, at, wake)
		}
		if !wake.After(at) {
			wake = policy.NextChange(env, at)
		}
		if end := i + slices.Index(want[i:], false); want[i] && end > i && !until.Equal(all[end]) {
			r.Fatalf("%+v at %s: until %s, want %s", w, at, until, all[end])
		}
	}
}

// A weekly window that goes over the end of the week is open on both sides of it.
func TestFreezesWrapTheWeek(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	first := time.Date(2026, 6, 1, 0, 0, 0, 0, zone) // a Monday, far from any change of the clocks
	rapid.Check(t, func(r *rapid.T) {
		const week = 7 * 24 * 60
		from := rapid.IntRange(0, week-1).Draw(r, "from")
		until := (from + rapid.IntRange(1, week-1).Draw(r, "length")) % week
		at := rapid.IntRange(0, week-1).Draw(r, "at")
		want := from <= at && at < until
		if until < from {
			want = at >= from || at < until
		}
		text := func(minute int) string {
			return first.Add(time.Duration(minute) * time.Minute).Format("Mon 15:04")
		}
		env := frozenBy(policy.Window{From: text(from), Until: text(until), Zone: "America/New_York"})
		if v, _ := policy.Frozen(env, "deploy", first.Add(time.Duration(at)*time.Minute)); v.Allowed == want {
			r.Fatalf("%s in %s to %s: frozen %t", text(at), text(from), text(until), !v.Allowed)
		}
	})
}

// Every spelling of a window is one policy, and reads back.
func TestFreezeSpellings(t *testing.T) {
	parse := func(windows string) *policy.Environment {
		f := mustParse(t, []byte("version: 1\nservices: {shop: {environments: {production: {freeze: "+windows+
			", deploy: {driver: command, start: [x]}}}}}\n"))
		return f.Services["shop"].Environments["production"]
	}
	for _, same := range [][]string{
		{`[{from: "Fri 16:00", until: "Mon 08:00", zone: UTC}]`, `[{from: friday 16:00, until: MON 8:00}]`, `[{until: "Monday  8:00", from: " Fri 16:00 "}]`},
		{`[{from: 2026-12-23, until: 2027-01-02}]`, `[{from: "2026-12-23 00:00", until: "2027-01-03 00:00"}]`},
		{`[{from: Sat, until: Sun}]`, `[{from: "Sat 0:00", until: "Mon 00:00"}]`},
		{`[{from: 2026-12-24, until: 2026-12-24}]`, `[{from: "2026-12-24 00:00", until: "2026-12-25 00:00"}]`},
		{`[{days: [2026-12-31, 2026-12-24]}]`, `[{zone: "UTC", days: ["2026-12-24", "2026-12-31"], rollbacks: false}]`},
	} {
		want, err := parse(same[0]).Canonical()
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range same[1:] {
			got, err := parse(other).Canonical()
			if err != nil || string(got) != string(want) {
				t.Errorf("%s is %s (%v), want %s", other, got, err, want)
			}
		}
	}
}

// A file can't make every look at it dear.
func TestFreezesAreBounded(t *testing.T) {
	for list, want := range map[string]string{
		strings.Repeat("{from: Sat, until: Sun}, ", 101):         "more than 100 windows",
		"{days: [" + strings.Repeat("2026-12-24, ", 1001) + "]}": "more than 1000 days",
	} {
		_, err := policy.Parse("f", []byte("version: 1\nservices: {s: {environments: {e: {freeze: ["+list+"], deploy: {driver: command, start: [x]}}}}}"), testRegistry())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	var windows []policy.Window
	for i := range 100 { // a chain without a gap, all the week round
		day := []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
		windows = append(windows, policy.Window{From: day[i%7] + " 00:00", Until: day[(i+1)%7] + " 00:00", Zone: "Europe/Berlin"})
	}
	start := time.Now()
	v, until := policy.Frozen(frozenBy(windows...), "deploy", moment(t, "2026-11-07T12:00:00Z"))
	check(t, v, false, policy.RuleFreeze)
	if took := time.Since(start); took > 30*time.Second || !until.IsZero() {
		t.Errorf("took %s, until %s", took, until)
	}
}

// Each window stands at its own line.
func TestFreezePositions(t *testing.T) {
	f := mustParse(t, []byte(`version: 1
services:
  shop:
    environments:
      production:
        freeze:
          - {from: Sat, until: Sun}
          - {days: [2026-12-24]}
        deploy: {driver: command, start: [x]}
`))
	for rule, want := range map[string]int{policy.RuleFreeze: 6, "freeze.0": 7, "freeze.1": 8, "freeze.2": 6} {
		if got := f.Line("shop", "production", rule); got != fmt.Sprintf("releasebot.yml:%d", want) {
			t.Errorf("%s stands in %s", rule, got)
		}
	}
}
