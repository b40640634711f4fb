package openai

import (
	"slices"
	"strings"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// Bounds on what a schema enumerates. OpenAI's takes 1,000 values in all.
const (
	maxServices = 150
	maxVersions = 60
	maxIDs      = 60
	maxPeople   = 60
	maxDays     = 34
)

// choices is all that a reply may name. Code makes it from the policy file and
// from what was said, so that a model can't invent a name, a version or an id.
type choices struct {
	services     []agent.CatalogService
	environments []string // of these services, each once
	people       []string // never "me"
	versions     []string // newest first
	ids          []string // newest first
	days         []string // past, newest first: "Tuesday 2026-11-17"
	omitted      int      // services left out
}

// choose collects what may be named: the services that were named first, the others in the order of the policy file.
func choose(in agent.PlanInput) choices {
	var c choices
	said := strings.ToLower(conversation(in))
	var others []agent.CatalogService
	for _, s := range in.Catalog.Services {
		named := func(name string) bool { return strings.Contains(said, strings.ToLower(name)) }
		if named(s.Name) || slices.ContainsFunc(s.Aliases, named) {
			c.services = append(c.services, s)
		} else {
			others = append(others, s)
		}
	}
	c.services = append(c.services, others...)
	for _, p := range in.Catalog.People {
		c.people = addNew(c.people, p, maxPeople)
	}
	c.versions = versionsOf(in)
	for _, r := range slices.Backward(in.Releases) {
		c.ids = addNew(c.ids, r.ID, maxIDs)
	}
	for _, w := range words(in.Words) {
		if idShape(w) && !slices.Contains(c.versions, w) {
			c.ids = addNew(c.ids, w, maxIDs)
		}
	}
	c.days = daysBefore(in.At)
	return c.limited(maxServices)
}

// daysBefore lists the days that a question can reach back to, so that a model
// has to choose a date and not to reckon one: each of the last two weeks, then
// the Mondays of the two months before, then the firsts of the months of a year.
func daysBefore(at time.Time) []string {
	if at.IsZero() {
		return nil
	}
	today := at.UTC().Truncate(24 * time.Hour)
	var out []string
	add := func(day time.Time) { out = append(out, day.Format("Monday "+time.DateOnly)) }
	for n := range 75 {
		if day := today.AddDate(0, 0, -n); n <= 14 || day.Weekday() == time.Monday || day.Day() == 1 {
			add(day)
		}
	}
	for first := today.AddDate(0, 0, 1-today.Day()); len(out) < maxDays; first = first.AddDate(0, -1, 0) {
		if today.Sub(first) >= 75*24*time.Hour {
			add(first)
		}
	}
	return out
}

// dateOf is the date in one of these, "" of none.
func dateOf(day string) string {
	_, date, _ := strings.Cut(day, " ")
	return date
}

// limited keeps at most so many services.
func (c choices) limited(services int) choices {
	keep := min(services, len(c.services))
	c.omitted += len(c.services) - keep
	c.services = c.services[:keep]
	c.environments = nil
	for _, s := range c.services {
		for _, e := range s.Environments {
			c.environments = addNew(c.environments, e, maxServices)
		}
	}
	return c
}

// conversation is all that people said and releases are called, newest last.
func conversation(in agent.PlanInput) string {
	var b strings.Builder
	for _, r := range in.Releases {
		b.WriteString(r.Service + " " + r.Environment + "\n")
	}
	for _, t := range in.Past.Said {
		b.WriteString(t.Text + "\n")
	}
	for _, t := range in.Turns {
		if t.From == "person" {
			b.WriteString(t.Text + "\n")
		}
	}
	if in.Open != nil && in.Open.Partial != nil {
		b.WriteString(in.Open.Partial.Service + "\n")
	}
	b.WriteString(in.Words)
	return b.String()
}

// versionsOf lists what was written and can be a version, and the versions of
// the thread's releases. What a bot said is not looked at: its words may be a model's.
func versionsOf(in agent.PlanInput) []string {
	var out []string
	add := func(v string) {
		if len(v) <= 128 && !strings.ContainsFunc(v, notVersion) {
			out = addNew(out, v, maxVersions)
		}
	}
	for _, v := range versionsIn(in.Words) {
		add(v)
	}
	if in.Open != nil && in.Open.Partial != nil {
		add(in.Open.Partial.Version)
	}
	for _, t := range slices.Backward(in.Turns) {
		if t.From == "person" {
			for _, v := range versionsIn(t.Text) {
				add(v)
			}
		}
	}
	for _, t := range slices.Backward(in.Past.Said) {
		for _, v := range versionsIn(t.Text) {
			add(v)
		}
	}
	for _, r := range slices.Backward(in.Releases) {
		add(r.Version)
		add(r.Back)
		add(r.Runs)
	}
	return out
}

// notVersion: a character that no tag, commit or version number has.
func notVersion(r rune) bool {
	return r >= 0x80 || !digit(byte(r)) && !letter(byte(r)) && !strings.ContainsRune("._-+/", r) //nolint:gosec // below 0x80 it is a byte
}

func versionsIn(text string) []string {
	var out []string
	for _, w := range words(text) {
		if versionShape(w) {
			out = append(out, w)
		}
	}
	return out
}

// words cuts a text where names and versions end.
func words(text string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(visible(text), divides) {
		if w = strings.TrimRight(strings.TrimLeft(w, "./-_+*~#"), "./-_+*~'"); w != "" {
			out = append(out, w)
		}
	}
	return out
}

func divides(r rune) bool {
	return r <= ' ' || r >= 0x80 || strings.ContainsRune("\"'`,;:!?()[]{}<>|=@&$%^\\*~#", r)
}

// versionShape: plain characters with a digit among them, and neither a
// duration (2h), a time (5pm), a place in a row (2nd) nor a share of something.
// A range (1.4.2..1.4.5) is none: git takes no name with two dots in it.
func versionShape(w string) bool {
	if len(w) > 128 || !strings.ContainsAny(w, "0123456789") || strings.Contains(w, "//") || strings.Contains(w, "..") || strings.HasSuffix(strings.ToLower(w), ".x") {
		return false
	}
	for i := 0; i < len(w); i++ {
		if c := w[i]; !digit(c) && !letter(c) && strings.IndexByte("._-+/", c) < 0 {
			return false
		}
	}
	n := 0
	for n < len(w) && digit(w[n]) {
		n++
	}
	switch strings.ToLower(w[n:]) {
	case "h", "m", "s", "d", "min", "mins", "hr", "hrs", "am", "pm", "st", "nd", "rd", "th", "x", "k", "gb", "mb", "ms", "uhr":
		return n == 0
	}
	return true
}

// idShape: what cards show: letters and digits, both, and hyphens.
func idShape(w string) bool {
	if len(w) < 3 || len(w) > 24 {
		return false
	}
	digits, letters := false, false
	for i := 0; i < len(w); i++ {
		switch {
		case digit(w[i]):
			digits = true
		case letter(w[i]):
			letters = true
		case w[i] != '-':
			return false
		}
	}
	return digits && letters
}

func digit(c byte) bool  { return c >= '0' && c <= '9' }
func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func addNew(list []string, s string, limit int) []string {
	if s == "" || len(list) >= limit || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
