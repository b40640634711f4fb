package deploy

import (
	"strconv"
	"strings"
	"time"
)

// parseProgress reads a line such as "progress: 40% copying"; the percentage
// may be missing, or be all there is. One outside 0 to 100 is no progress line.
func parseProgress(line string) (progress, bool) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(line), "progress:")
	if !ok {
		return progress{}, false
	}
	rest = strings.TrimSpace(rest)
	p := progress{Percent: -1, Text: rest, At: time.Now()}
	number, text, found := strings.Cut(rest, "%")
	if found {
		if v, err := strconv.ParseFloat(strings.TrimSpace(number), 64); err == nil {
			if !(v >= 0 && v <= 100) {
				return progress{}, false
			}
			p.Percent, p.Text = int(v), strings.TrimSpace(text)
		}
	}
	return p, p.Percent >= 0 || p.Text != ""
}
