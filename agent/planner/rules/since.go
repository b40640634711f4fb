package rules

import (
	"strconv"
	"strings"
	"time"
)

// A spoken is a word of a text, with where it stands.
type spoken struct {
	key        string
	start, end int
}

func spokenWords(text string) []spoken {
	var out []spoken
	for i := 0; i < len(text); {
		if text[i] == ' ' || text[i] == '\n' {
			i++
			continue
		}
		end := i
		for end < len(text) && text[end] != ' ' && text[end] != '\n' {
			end++
		}
		word := strings.TrimRight(text[i:end], "?!.,;:)")
		out = append(out, spoken{key: key(word), start: i, end: i + len(word)})
		i = end
	}
	return out
}

// sinceOf finds from when on a history is asked for: "since Tuesday", "in the
// last 3 days", "this week". The days are those of UTC; a weekday is the last
// one that has passed. It returns where in the text that stands and the time as
// RFC 3339 writes a date or a time, "" if none is said.
func sinceOf(text string, now time.Time) (from, to int, since string) {
	words := spokenWords(text)
	for i, w := range words {
		rest := words[i:]
		skipped := 0
		switch w.key {
		case "since", "seit", "depuis", "desde", "after", "from":
			skipped = 1
		case "in", "over", "during", "within", "the", "for":
			continue // it begins at the word after
		}
		t, n := momentOf(rest[skipped:], now.UTC())
		if n == 0 {
			continue
		}
		from, to = w.start, rest[skipped+n-1].end
		if t.Equal(t.Truncate(24 * time.Hour)) {
			return from, to, t.Format(time.DateOnly)
		}
		return from, to, t.Format(time.RFC3339)
	}
	return 0, 0, ""
}

// momentOf reads a time that is past, and how many words it takes.
func momentOf(words []spoken, now time.Time) (time.Time, int) {
	skip := 0
	for skip < len(words) && (words[skip].key == "the" || words[skip].key == "last" || words[skip].key == "past" || words[skip].key == "this" || words[skip].key == "on") {
		skip++
	}
	if skip == len(words) {
		return time.Time{}, 0
	}
	last := skip > 0 && (words[skip-1].key == "last" || words[skip-1].key == "past")
	this := skip > 0 && words[skip-1].key == "this"
	w := words[skip].key
	day := now.Truncate(24 * time.Hour)
	if d, ok := weekday(w); ok {
		back := (int(day.Weekday()) - int(d) + 7) % 7
		if back == 0 {
			back = 7
		}
		return day.AddDate(0, 0, -back), skip + 1
	}
	monday := day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	switch w {
	case "today", "morning", "heute", "aujourd'hui", "hoy", "hoje":
		return day, skip + 1
	case "yesterday", "gestern", "hier", "ayer", "ontem":
		return day.AddDate(0, 0, -1), skip + 1
	case "week":
		if last {
			return monday.AddDate(0, 0, -7), skip + 1
		}
		if this {
			return monday, skip + 1
		}
	case "month":
		first := day.AddDate(0, 0, 1-day.Day())
		if last {
			return first.AddDate(0, -1, 0), skip + 1
		}
		if this {
			return first, skip + 1
		}
	case "hour", "day":
		if last {
			return ago(now, 1, w), skip + 1
		}
	}
	if n, err := strconv.Atoi(w); err == nil && n > 0 && n <= 1000 && skip+1 < len(words) {
		return counted(words[skip+1:], n, last, skip+1, now)
	}
	return dated(words[skip:], skip, now)
}

// counted reads "3 days" after "last", "3 days ago", and "20 Nov".
func counted(words []spoken, n int, last bool, read int, now time.Time) (time.Time, int) {
	unit := strings.TrimSuffix(words[0].key, "s")
	isAgo := len(words) > 1 && words[1].key == "ago"
	switch unit {
	case "hour", "day", "week", "month":
		if isAgo {
			return ago(now, n, unit), read + 2
		}
		if last {
			return ago(now, n, unit), read + 1
		}
		return time.Time{}, 0
	}
	if t, ok := dayOf(n, words[0].key, now); ok {
		return t, read + 1
	}
	return time.Time{}, 0
}

// dated reads a date or a time as it is written, and "Nov 20".
func dated(words []spoken, read int, now time.Time) (time.Time, int) {
	w := strings.ToUpper(words[0].key)
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, w); err == nil {
			return t.UTC(), read + 1
		}
	}
	if len(words) > 1 {
		if n, err := strconv.Atoi(strings.TrimRight(words[1].key, "stndrh")); err == nil {
			if t, ok := dayOf(n, words[0].key, now); ok {
				return t, read + 2
			}
		}
	}
	return time.Time{}, 0
}

// dayOf is the last such day of a month that has begun.
func dayOf(n int, month string, now time.Time) (time.Time, bool) {
	for m := time.January; m <= time.December; m++ {
		name := strings.ToLower(m.String())
		if month != name && month != name[:3] {
			continue
		}
		t := time.Date(now.Year(), m, n, 0, 0, 0, 0, time.UTC)
		if t.After(now) {
			t = time.Date(now.Year()-1, m, n, 0, 0, 0, 0, time.UTC)
		}
		return t, t.Day() == n
	}
	return time.Time{}, false
}

// ago is n units before now: days and longer begin at midnight.
func ago(now time.Time, n int, unit string) time.Time {
	day := now.Truncate(24 * time.Hour)
	switch unit {
	case "hour":
		return now.Truncate(time.Minute).Add(-time.Duration(n) * time.Hour)
	case "week":
		return day.AddDate(0, 0, -7*n)
	case "month":
		return day.AddDate(0, -n, 0)
	}
	return day.AddDate(0, 0, -n)
}

// weekday reads the days in the languages that are read.
func weekday(k string) (time.Weekday, bool) {
	switch k {
	case "sunday", "sun", "sonntag", "dimanche", "domingo", "domenica", "zondag":
		return time.Sunday, true
	case "monday", "mon", "montag", "lundi", "lunes", "segunda", "segunda-feira", "lunedi", "maandag":
		return time.Monday, true
	case "tuesday", "tue", "tues", "dienstag", "mardi", "martes", "terca", "terca-feira", "martedi", "dinsdag":
		return time.Tuesday, true
	case "wednesday", "wed", "mittwoch", "mercredi", "miercoles", "quarta", "quarta-feira", "mercoledi", "woensdag":
		return time.Wednesday, true
	case "thursday", "thu", "thurs", "donnerstag", "jeudi", "jueves", "quinta", "quinta-feira", "giovedi", "donderdag":
		return time.Thursday, true
	case "friday", "fri", "freitag", "vendredi", "viernes", "sexta", "sexta-feira", "venerdi", "vrijdag":
		return time.Friday, true
	case "saturday", "sat", "samstag", "samedi", "sabado", "sabato", "zaterdag":
		return time.Saturday, true
	}
	return 0, false
}
