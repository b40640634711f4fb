package policy

import (
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // zones on machines that have no data base of them: 450 kB of the program
)

// civil is a wall-clock time: seconds since 1970 as if the zone were UTC.
type civil int64

const (
	daySeconds  = 24 * 60 * 60
	weekSeconds = 7 * daySeconds
	// firstMonday is 1970-01-05, the beginning of the first whole week.
	firstMonday = 4 * daySeconds
	// farthest is more than any zone has ever been from UTC.
	farthest = 26 * 60 * 60
)

func civilOf(t time.Time) civil {
	_, offset := t.Zone()
	return civil(t.Unix() + int64(offset))
}

// span is a time between two moments, the second of which isn't part of it.
type span struct{ start, end time.Time }

// calendar is a window that was read.
type calendar struct {
	window Window
	index  int
	zone   *time.Location
	weekly bool
	parts  [][2]civil // dated: all of them; weekly: the one of the first week
	dated  []span     // of all parts; nil for a weekly window
}

// calendars reads the windows of env that stop an action; "" stands for any.
func calendars(env *Environment, action string) ([]*calendar, error) {
	var all []*calendar
	zones := map[string]*time.Location{}
	for i, w := range env.Freeze {
		if !w.applies(action) {
			continue
		}
		zone, known := zones[w.Zone]
		if !known {
			var err error
			if zone, err = loadZone(w.Zone); err != nil {
				return nil, err
			}
			zones[w.Zone] = zone
		}
		c := &calendar{window: w, index: i, zone: zone}
		if err := c.read(); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// read takes the window's edges in, as Window writes them.
func (c *calendar) read() error {
	w := c.window
	if len(w.Days) > 0 {
		for _, day := range w.Days {
			d, err := time.Parse(time.DateOnly, day)
			if err != nil {
				return fmt.Errorf("`%s` is no day: %w", day, err)
			}
			c.addDay(civil(d.Unix()))
		}
		c.dated = c.spans(c.parts)
		return nil
	}
	from, err := parseEdge(w.From)
	if err != nil {
		return err
	}
	until, err := parseEdge(w.Until)
	if err != nil {
		return err
	}
	if from.weekly != until.weekly {
		return fmt.Errorf("`%s` and `%s` are not of one kind", w.From, w.Until)
	}
	c.weekly = from.weekly
	end := until.at
	if c.weekly && end <= from.at {
		end += weekSeconds
	}
	if end <= from.at {
		return errors.New("a window closes before it opens")
	}
	c.parts = [][2]civil{{from.at, end}}
	if !c.weekly {
		c.dated = c.spans(c.parts)
	}
	return nil
}

// addDay adds a whole day. Days that follow each other are one part.
func (c *calendar) addDay(start civil) {
	if n := len(c.parts); n > 0 && c.parts[n-1][1] == start {
		c.parts[n-1][1] = start + daySeconds
		return
	}
	c.parts = append(c.parts, [2]civil{start, start + daySeconds})
}

// at returns the time around now for which the window is open.
func (c *calendar) at(now time.Time) (span, bool) {
	for _, s := range c.near(now) {
		if !now.Before(s.start) && now.Before(s.end) {
			return s, true
		}
	}
	return span{}, false
}

// near returns the times for which the window is open: all of them, and of a
// weekly window those of the weeks around now.
func (c *calendar) near(now time.Time) []span {
	if !c.weekly {
		return c.dated
	}
	week := (civilOf(now.In(c.zone)) - firstMonday) / weekSeconds
	var parts [][2]civil
	for _, n := range []civil{week - 2, week - 1, week, week + 1, week + 2} {
		shift := firstMonday + n*weekSeconds
		parts = append(parts, [2]civil{c.parts[0][0] + shift, c.parts[0][1] + shift})
	}
	return c.spans(parts)
}

// spans finds the moments of wall-clock times. One that lies wholly within what
// the clock skips never comes.
func (c *calendar) spans(parts [][2]civil) []span {
	list := make([]span, 0, len(parts))
	for _, p := range parts {
		if s := (span{firstAt(c.zone, p[0]), lastBefore(c.zone, p[1])}); s.start.Before(s.end) {
			list = append(list, s)
		}
	}
	return list
}

// firstAt returns the first moment at which the clock of a zone shows at or
// anything later.
func firstAt(zone *time.Location, at civil) time.Time {
	t := time.Unix(int64(at)-farthest, 0).In(zone)
	for {
		_, offset := t.Zone()
		_, end := t.ZoneBounds()
		moment := time.Unix(int64(at)-int64(offset), 0)
		if moment.Before(t) { // the clock jumped over it
			moment = t
		}
		if end.IsZero() || moment.Before(end) {
			return moment.UTC()
		}
		t = end.In(zone)
	}
}

// lastBefore returns the moment since which the clock of a zone shows nothing
// any more that is before at.
func lastBefore(zone *time.Location, at civil) time.Time {
	t := time.Unix(int64(at)+farthest, 0).In(zone)
	for {
		_, offset := t.Zone()
		start, end := t.ZoneBounds()
		moment := time.Unix(int64(at)-int64(offset), 0)
		if !end.IsZero() && moment.After(end) { // the clock jumped over it
			moment = end
		}
		if start.IsZero() || moment.After(start) {
			return moment.UTC()
		}
		t = start.Add(-time.Second).In(zone)
	}
}
