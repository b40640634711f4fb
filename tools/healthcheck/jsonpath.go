package healthcheck

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// maxPath is how many steps a path may have.
const maxPath = 32

// splitPath splits a dotted path into its steps. A dot that is part of a name is
// written as \. and a backslash as \\.
func splitPath(path string) ([]string, error) {
	var steps []string
	var step strings.Builder
	for i := 0; i < len(path); i++ {
		switch path[i] {
		case '\\':
			i++
			if i == len(path) || path[i] != '.' && path[i] != '\\' {
				return nil, errors.New(`a backslash in a path stands before a dot or a backslash that is part of a name`)
			}
			step.WriteByte(path[i])
		case '.':
			steps = append(steps, step.String())
			step.Reset()
		default:
			step.WriteByte(path[i])
		}
	}
	steps = append(steps, step.String())
	if slices.Contains(steps, "") {
		return nil, errors.New(`a path is names with dots between them, such as "status" or "build.version"; items of a list have numbers from 0`)
	}
	if len(steps) > maxPath {
		return nil, fmt.Errorf("a path has at most %d steps", maxPath)
	}
	return steps, nil
}

// parseBody reads a body as one JSON value. Numbers keep the form in which they
// were written, because a version such as 1.20 is not 1.2.
func parseBody(body []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the value")
	}
	return v, nil
}

// lookUp finds the value at a path.
func lookUp(v any, steps []string) (found any, ok bool) {
	for _, step := range steps {
		switch at := v.(type) {
		case map[string]any:
			if v, ok = at[step]; !ok {
				return nil, false
			}
		case []any:
			i, err := strconv.ParseUint(step, 10, 31)
			if err != nil || i >= uint64(len(at)) {
				return nil, false
			}
			v = at[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// printed is the form in which a JSON value is compared: a string without its
// quotes, a number as it was written, true, false and null, a list or an object
// in its compact form with sorted keys.
func printed(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "null", nil
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", fmt.Errorf("printing a JSON value: %w", err)
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// mismatch compares the value at one path with what is expected there, and says
// how they differ; "" if they don't.
func (cfg Config) mismatch(body any, path, want string) string {
	steps, err := splitPath(path)
	if err != nil {
		return fmt.Sprintf("the path %q can't be followed: %v", path, err)
	}
	v, ok := lookUp(body, steps)
	if !ok {
		return fmt.Sprintf("%s is missing, expected %s", clean(path), cfg.quote(want))
	}
	got, err := printed(v)
	if err != nil {
		return fmt.Sprintf("%s can't be compared: %v", clean(path), err)
	}
	if got != want {
		return fmt.Sprintf("%s is %s, expected %s", clean(path), cfg.quote(got), cfg.quote(want))
	}
	return ""
}
