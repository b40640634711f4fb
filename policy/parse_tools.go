package policy

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// deploy reads the driver and its time-out; the keys beside them are the
// driver's own.
func (p *parser) deploy(v Value) Deploy {
	d := Deploy{Timeout: defaultTimeout}
	m, ok := v.mapping()
	if !ok {
		return d
	}
	if timeout, ok := m.get("timeout"); ok {
		d.Timeout, _ = timeout.duration()
	}
	driver, ok := m.get("driver")
	if !ok {
		v.failKey("`driver` is required in `deploy`: %s", strings.Join(slices.Sorted(maps.Keys(p.reg.Drivers)), ", "))
		return d
	}
	d.Driver, ok = driver.plain()
	if !ok {
		return d
	}
	decoder, known := p.reg.Drivers[d.Driver]
	if !known {
		driver.fail("unknown driver `%s`%s", d.Driver, p.didYouMean(d.Driver, slices.Collect(maps.Keys(p.reg.Drivers))))
		return d
	}
	v.taken = []string{"driver", "timeout"}
	d.Args = p.decode(decoder, v)
	return d
}

func (p *parser) checks(v Value) (checks []Check) {
	items, _ := v.list()
	lines := map[string]int{}
	for _, item := range items {
		item.label = "verify"
		c, ok := p.check(item)
		if !ok {
			continue
		}
		if line, twice := lines[c.Name]; twice {
			item.fail("check `%s` stands twice, first in line %d", c.Name, line)
			continue
		}
		lines[c.Name] = item.Position().Line
		checks = append(checks, c)
	}
	return checks
}

var checkNamePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$`)

func (p *parser) check(v Value) (Check, bool) {
	c := Check{Passes: 1, Every: defaultEvery, Within: defaultWithin}
	m, ok := v.mapping()
	if !ok {
		return c, false
	}
	kinds := slices.Sorted(maps.Keys(p.reg.Checks))
	known := m.only(append([]string{"name", "passes", "every", "within"}, kinds...)...)
	if name, ok := m.get("name"); !ok {
		v.fail("`name` is required: what the check is called where its result is shown")
	} else if c.Name, ok = name.plain(); ok && !checkNamePattern.MatchString(c.Name) {
		name.fail("a check can't be called %s: a name is 1 to 63 letters, digits, blanks, `.`, `_` and `-`, and begins with a letter or digit", name.describe())
		c.Name = ""
	}
	p.pace(m, &c)
	if p.kind(m, kinds, &c); c.Kind == "" && known {
		v.fail("check `%s` has nothing to look at: it needs one of %s", c.Name, strings.Join(kinds, ", "))
	}
	return c, c.Name != ""
}

// pace reads how often a check looks, and refuses one that can't be passed in
// its time.
func (p *parser) pace(m mapping, c *Check) {
	before := len(p.errs)
	passes, hasPasses := m.get("passes")
	if hasPasses {
		c.Passes, _ = passes.integer(1)
	}
	if v, ok := m.get("every"); ok {
		c.Every, _ = v.duration()
	}
	if v, ok := m.get("within"); ok {
		c.Within, _ = v.duration()
	}
	if len(p.errs) == before && hasPasses && int64(c.Passes-1) > int64(c.Within)/int64(c.Every) {
		passes.fail("%d passes, one every %s, can't happen within %s", c.Passes, c.Every, c.Within)
	}
}

// kind finds the one key that says what kind of check it is.
func (p *parser) kind(m mapping, kinds []string, c *Check) {
	for _, e := range m.entries {
		if !slices.Contains(kinds, e.name) {
			continue
		}
		if c.Kind != "" {
			e.value.failKey("a check is of one kind: `%s` or `%s`, not both", c.Kind, e.name)
			continue
		}
		c.Kind = e.name
		c.Args = p.decode(p.reg.Checks[e.name], e.value)
	}
}
