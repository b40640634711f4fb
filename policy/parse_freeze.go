package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// defaultZone is the zone of windows that give none.
const defaultZone = "UTC"

// What an environment's freezes are bounded by: each is looked at whenever
// something is to be shipped.
const (
	maxWindows = 100
	maxDays    = 1000 // of one window
)

// freeze reads the windows of an environment.
func (p *parser) freeze(v Value, env *Environment) {
	items, ok := v.list()
	if ok && len(items) == 0 {
		v.fail("`freeze` is empty: give a window, or leave the key out (then nothing is ever frozen)")
	}
	if len(items) > maxWindows {
		items[maxWindows].fail("more than %d windows: put whole days into one window's `days`", maxWindows)
		return
	}
	for _, item := range items {
		before := len(p.errs)
		w := p.window(item)
		if len(p.errs) > before {
			continue
		}
		rule := fmt.Sprintf("%s.%d", RuleFreeze, len(env.Freeze))
		p.positions[place{env.Service, env.Name, rule}] = item.Position()
		env.Freeze = append(env.Freeze, w)
	}
}

func (p *parser) window(v Value) Window {
	w := Window{Zone: defaultZone}
	m, ok := v.mapping()
	if !ok {
		return w
	}
	known := m.only("from", "until", "days", "zone", "reason", "rollbacks")
	if zone, ok := m.get("zone"); ok {
		w.Zone = p.zone(zone)
	}
	if reason, ok := m.get("reason"); ok {
		if w.Reason, ok = reason.plain(); ok && w.Reason == "" {
			reason.fail("`reason` is empty: say why nothing is shipped then, or leave the key out")
		}
	}
	if rollbacks, ok := m.get("rollbacks"); ok {
		w.Rollbacks, _ = rollbacks.boolean()
	}
	from, hasFrom := m.get("from")
	until, hasUntil := m.get("until")
	days, hasDays := m.get("days")
	switch {
	case hasDays && hasFrom:
		from.failKey("a window has `days`, or `from` and `until`, not both")
	case hasDays && hasUntil:
		until.failKey("a window has `days`, or `from` and `until`, not both")
	case hasDays:
		w.Days = p.days(days)
	case hasFrom && hasUntil:
		p.edges(&w, from, until)
	case hasFrom && known:
		from.failKey("the window that opens here has no `until`")
	case hasUntil && known:
		until.failKey("the window that closes here has no `from`")
	case known:
		v.fail("a window needs `from` and `until`, or `days`")
	}
	return w
}

// days reads a list of dates, in whatever order.
func (p *parser) days(v Value) (days []string) {
	items, ok := v.list()
	if ok && len(items) == 0 {
		v.fail("`days` is empty: name the days that are frozen")
	}
	if len(items) > maxDays {
		items[maxDays].fail("more than %d days in one window", maxDays)
		return nil
	}
	for _, item := range items {
		s, ok := item.plain()
		if !ok {
			continue
		}
		if strings.ContainsAny(s, " :") {
			item.fail("`days` are whole days, such as `2026-12-24`: with times, write `from` and `until`")
			continue
		}
		d, err := parseDate(s)
		day := edge{at: d}.String()[:len(time.DateOnly)]
		switch {
		case err != nil:
			item.fail("`days`: %v", err)
		case slices.Contains(days, day):
			item.fail("the day %s stands twice", day)
		default:
			days = append(days, day)
		}
	}
	slices.Sort(days)
	return days
}

// edges reads from and until. A day without a time is the whole day, also as
// the last one.
func (p *parser) edges(w *Window, from, until Value) {
	opens, ok := from.edge()
	closes, also := until.edge()
	if !ok || !also {
		return
	}
	if opens.weekly != closes.weekly {
		until.fail("`from` and `until` must both be days of the week, or both be dates")
		return
	}
	if closes.whole {
		closes.at += daySeconds
	}
	if opens.weekly {
		closes.at %= weekSeconds
	}
	w.From, w.Until = opens.String(), closes.String()
	switch {
	case opens.at == closes.at && opens.weekly:
		until.fail("the window opens and closes at %s: it would be no time at all, or always", w.From)
	case opens.at == closes.at:
		until.fail("the window opens and closes at %s: it would be no time at all", w.From)
	case opens.at > closes.at && !opens.weekly:
		until.fail("the window closes (%s) before it opens (%s)", until.node.Value, from.node.Value)
	}
}

func (v Value) edge() (edge, bool) {
	s, ok := v.plain()
	if !ok {
		return edge{}, false
	}
	e, err := parseEdge(s)
	if err != nil {
		v.fail("`%s`: %v", v.label, err)
	}
	return e, err == nil
}

// zone reads the name of a time zone.
func (p *parser) zone(v Value) string {
	name, ok := v.plain()
	if !ok {
		return ""
	}
	if _, err := loadZone(name); err != nil {
		if near := p.nearestZone(name); near != "" {
			err = fmt.Errorf("`%s` is no time zone, did you mean `%s`?", name, near)
		}
		v.fail("%v", err)
	}
	return name
}
