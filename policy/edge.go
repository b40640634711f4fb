package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// edge is where a window opens or closes: a weekday and a time, as seconds
// since Monday, or a date and a time.
type edge struct {
	weekly bool
	at     civil
	whole  bool // no time was given: the whole day is meant
}

// String writes the edge in its canonical form: "Fri 16:00", "2026-12-23 18:00".
func (e edge) String() string {
	if e.weekly {
		at := e.at % weekSeconds
		return fmt.Sprintf("%s %02d:%02d", weekdays()[at/daySeconds][:3], at%daySeconds/3600, at%3600/60)
	}
	return time.Unix(int64(e.at), 0).UTC().Format("2006-01-02 15:04")
}

// weekdays are the days of the week as they are counted here: from Monday.
func weekdays() []string {
	return []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
}

// parseEdge reads "Fri 16:00", "Friday", "2026-12-23" or "2026-12-23 18:00".
func parseEdge(s string) (edge, error) {
	day, clock, hasClock := strings.Cut(strings.TrimSpace(s), " ")
	var e edge
	switch n := weekday(day); {
	case n >= 0:
		e = edge{weekly: true, at: civil(n * daySeconds)}
	case day == "":
		return edge{}, fmt.Errorf("an edge of a window is a weekday and a time, such as `Fri 16:00`, or a date, such as `2026-12-23`")
	case day[0] >= '0' && day[0] <= '9':
		d, err := parseDate(day)
		if err != nil {
			return edge{}, err
		}
		e = edge{at: d}
	default:
		return edge{}, fmt.Errorf("`%s` is no day of the week%s", day, weekdayHint(day))
	}
	if !hasClock {
		e.whole = true
		return e, nil
	}
	seconds, err := parseClock(strings.TrimSpace(clock))
	e.at += seconds
	return e, err
}

// weekday counts from Monday; -1 is none. Long names, and their first three
// letters, in either case.
func weekday(s string) int {
	return slices.IndexFunc(weekdays(), func(name string) bool {
		return strings.EqualFold(s, name) || strings.EqualFold(s, name[:3])
	})
}

func weekdayHint(s string) string {
	names := weekdays()
	for _, name := range weekdays() {
		names = append(names, name[:3])
	}
	if near, ok := nearest(s, names); ok {
		return ", did you mean `" + near + "`?"
	}
	return ": write Mon, Tue, Wed, Thu, Fri, Sat or Sun, or a date such as 2026-12-23"
}

func parseDate(s string) (civil, error) {
	if strings.ContainsRune(s, ':') && !strings.ContainsRune(s, 'T') {
		return 0, fmt.Errorf("`%s` is a time without a day: write `Fri %s`, or a date before it", s, s)
	}
	if len(s) != len(time.DateOnly) {
		return 0, fmt.Errorf("`%s` is no date: write it as `2026-12-23`, with a time as `2026-12-23 18:00`", s)
	}
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("`%s` is no day of the calendar: write it as `2026-12-23`", s)
	}
	return civil(d.Unix()), nil
}

func parseClock(s string) (civil, error) {
	if s == "24:00" {
		return 0, fmt.Errorf("`24:00` is `00:00` of the next day: write that")
	}
	if len(s) == len("8:00") {
		s = "0" + s
	}
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("08:00") {
		return 0, fmt.Errorf("`%s` is no time of the day: write it as `16:00`, from 00:00 to 23:59", s)
	}
	return civil(t.Hour()*3600 + t.Minute()*60), nil
}
