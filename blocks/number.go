package blocks

import (
	"strconv"
	"strings"
	"time"
)

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// took says how long something lasted, to the second below an hour: "0.4s", "42s", "3m 05s", "2h 10m", "3d 4h".
func took(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Truncate(100*time.Millisecond).Seconds(), 'f', -1, 64) + "s"
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + "s"
	case d < time.Hour:
		return pair(int(d.Minutes()), "m ", int(d.Seconds())%60, "s", true)
	case d < 24*time.Hour:
		return pair(int(d.Hours()), "h ", int(d.Minutes())%60, "m", true)
	}
	return pair(int(d.Hours())/24, "d ", int(d.Hours())%24, "h", false)
}

func pair(a int, unit string, b int, part string, pad bool) string {
	s := strconv.Itoa(a) + unit
	if pad && b < 10 {
		s += "0"
	}
	return s + strconv.Itoa(b) + part
}

// worth is the least time that is worth its place on a card.
const worth = 100 * time.Millisecond

// between says how long something lasted, "" where one end is not known, or both are the same to the eye.
func between(from, to time.Time) string {
	if from.IsZero() || to.IsZero() || to.Sub(from) < worth {
		return ""
	}
	return took(to.Sub(from))
}

// bar draws a percentage; the number stands beside it.
func bar(percent int) string {
	percent = min(max(percent, 0), 100)
	full := percent / 10
	return strings.Repeat("▓", full) + strings.Repeat("░", 10-full) + " " + strconv.Itoa(percent) + "%"
}
