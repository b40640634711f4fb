package healthcheck

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/releasebot/releasebot/tools"
)

// How long one look may take where the policy file doesn't say.
const (
	DefaultTimeout        = 5 * time.Second  // http and tcp
	DefaultCommandTimeout = 10 * time.Second // command
)

// maxTimeout bounds one look: a runner that waits longer than this is stuck.
const maxTimeout = 10 * time.Minute

// An ArgError is one thing that is wrong in a check's arguments.
type ArgError struct {
	Key     string // the argument, as it is written: "url", "json", "headers"
	Problem string // what is wrong, and what would be right
}

// Error writes the argument's key and the problem.
func (e *ArgError) Error() string { return e.Key + ": " + e.Problem }

// Field returns Key: policy puts the error at that place in the file.
func (e *ArgError) Field() string { return e.Key }

// problems gathers all that is wrong in one check's arguments.
type problems []error

func (p *problems) add(key, format string, args ...any) {
	*p = append(*p, &ArgError{Key: key, Problem: fmt.Sprintf(format, args...)})
}

func (p *problems) err() error { return errors.Join(*p...) }

// Duration is a time.Duration that is written as Go writes it: "5s".
type Duration time.Duration

// String writes d as time.Duration does.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes d as a string, such as "5s".
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a string as time.ParseDuration does.
func (d *Duration) UnmarshalText(b []byte) error {
	parsed, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("reading a duration: %w", err)
	}
	*d = Duration(parsed)
	return nil
}

// duration reads one of the file's durations; nil is the default.
func (p *problems) duration(key string, given *string, byDefault time.Duration) Duration {
	if given == nil {
		return Duration(byDefault)
	}
	text := *given
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		p.add(key, "%q is no duration; write it with its unit, as 5s or 1m", text)
	case d <= 0:
		p.add(key, "%s is not more than nothing", text)
	case d > maxTimeout:
		p.add(key, "%s is more than %s, the longest that one look may take", text, maxTimeout)
	}
	return Duration(d)
}

var placeholder = regexp.MustCompile(`\$\{[^}]*\}?`)

// placeholders refuses what Call.Fill would leave as it stands.
func (p *problems) placeholders(key, text string) {
	for _, found := range placeholder.FindAllString(text, -1) {
		name := strings.TrimSuffix(strings.TrimPrefix(found, "${"), "}")
		if !slices.Contains(tools.Placeholders(), name) || !strings.HasSuffix(found, "}") {
			p.add(key, "unknown placeholder %q; known are ${%s}", found, strings.Join(tools.Placeholders(), "}, ${"))
		}
	}
}

// sample fills every placeholder with a harmless value, to check a text's form
// before anything is known of a release.
func sample(text string) string {
	return placeholder.ReplaceAllString(text, "1")
}

// unmarshalArgs reads the Args of a call. What stands there was written by a
// decoder of this package; anything else is an error.
func unmarshalArgs(c tools.Call, into any) error {
	dec := json.NewDecoder(bytes.NewReader(c.Args))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("reading the check's arguments: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("reading the check's arguments: there is more than one value")
	}
	return nil
}

// timeLimit is how long a look of this call may take.
func timeLimit(c tools.Call, own Duration, byDefault time.Duration) time.Duration {
	d := time.Duration(own)
	if d <= 0 {
		d = byDefault
	}
	if c.Timeout > 0 {
		d = min(d, c.Timeout)
	}
	return d
}
