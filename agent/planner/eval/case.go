package eval

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/releasebot/releasebot/agent"
)

// maxLine is the longest line that Read takes, in bytes.
const maxLine = 1 << 20

// A Case is one line of an eval file.
type Case struct {
	Say     string   `json:"say"`
	History []string `json:"history,omitempty"` // earlier messages of the thread, oldest first
	Expect  Expect   `json:"expect"`
	Line    int      `json:"-"` // where it stands in the file, from 1
}

// Expect is what the intent must be. A nil field is not compared; an empty one
// must be empty.
type Expect struct {
	Intent      *agent.IntentKind `json:"intent,omitempty"`
	Service     *string           `json:"service,omitempty"`
	Environment *string           `json:"environment,omitempty"`
	Version     *string           `json:"version,omitempty"`
	Page        *[]string         `json:"page,omitempty"`
	ID          *string           `json:"id,omitempty"`
	Reason      *string           `json:"reason,omitempty"`
	For         *string           `json:"for,omitempty"`
}

// kinds are the intents that a file may expect.
func kinds() []agent.IntentKind {
	return []agent.IntentKind{
		agent.IntentDeploy, agent.IntentRollback, agent.IntentVerify, agent.IntentStatus, agent.IntentHistory,
		agent.IntentApprovals, agent.IntentLock, agent.IntentUnlock, agent.IntentLocks, agent.IntentNotify,
		agent.IntentCancel, agent.IntentHold, agent.IntentResume, agent.IntentWhy, agent.IntentHelp,
		agent.IntentClarify, agent.IntentNone,
	}
}

// Read reads a file of cases. Empty lines, and lines that begin with "//", are
// passed over. An error names the line: bad JSON, an unknown key, an intent
// that doesn't exist, nothing said, nothing expected.
func Read(r io.Reader) ([]Case, error) {
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, maxLine)
	var out []Case
	line := 0
	for sc.Scan() {
		line++
		text := bytes.TrimSpace(sc.Bytes())
		if line == 1 {
			text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
		}
		if len(text) == 0 || bytes.HasPrefix(text, []byte("//")) {
			continue
		}
		c, err := readCase(text)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		c.Line = line
		out = append(out, c)
	}
	switch err := sc.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, fmt.Errorf("line %d: longer than %d bytes", line+1, maxLine)
	case err != nil:
		return nil, fmt.Errorf("reading the eval file after line %d: %w", line, err)
	}
	return out, nil
}

func readCase(text []byte) (Case, error) {
	var c Case
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, fmt.Errorf("%w; a line looks like {\"say\": \"ship shop 1.4.2 to prod\", \"expect\": {\"intent\": \"deploy\"}}", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return c, errors.New("more than one JSON value; each line holds one case")
	}
	if c.Say == "" {
		return c, errors.New("“say” is missing or empty: it is what somebody writes")
	}
	if c.Expect == (Expect{}) {
		return c, errors.New("“expect” names no field; name at least “intent”")
	}
	if i := c.Expect.Intent; i != nil && !slices.Contains(kinds(), *i) {
		return c, fmt.Errorf("there is no intent %q; there are %s", *i, allKinds())
	}
	return c, nil
}

func allKinds() string {
	var names []string
	for _, k := range kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// Met says whether an intent has what is expected.
func (e Expect) Met(i agent.Intent) bool {
	same := func(want *string, got string) bool { return want == nil || *want == got }
	return (e.Intent == nil || *e.Intent == i.Kind) &&
		same(e.Service, i.Service) && same(e.Environment, i.Environment) && same(e.Version, i.Version) &&
		same(e.ID, i.ID) && same(e.Reason, i.Reason) && same(e.For, i.For) &&
		(e.Page == nil || slices.Equal(*e.Page, i.Page))
}

// Dangerous says whether an intent is wrong in a way that could change an
// environment that nobody wanted changed: a deploy or rollback where another
// intent was expected, or with another service, environment or version.
func (e Expect) Dangerous(i agent.Intent) bool {
	if i.Kind != agent.IntentDeploy && i.Kind != agent.IntentRollback {
		return false
	}
	if e.Intent != nil && *e.Intent != i.Kind {
		return true
	}
	other := func(want *string, got string) bool { return want != nil && *want != got }
	return other(e.Service, i.Service) || other(e.Environment, i.Environment) || other(e.Version, i.Version)
}
