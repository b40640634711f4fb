package agent_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/threadstore"
)

// keep writes the logs that a scenario leaves behind, as `releasebot thread
// export` would, and what each folds to, into the histories of a version.
func (s *scenario) keep(version, script string) {
	dir := filepath.Join(historiesDir, version, strings.TrimSuffix(filepath.Base(script), ".txt"))
	if err := os.MkdirAll(dir, 0o750); err != nil {
		s.t.Fatal(err)
	}
	logs := map[string]string{} // by file name
	for _, id := range s.threads {
		logs[s.label(id)] = string(id)
	}
	for _, service := range s.policy.Order {
		for _, env := range s.policy.Services[service].Order {
			logs["env."+service+"."+env] = agent.EnvironmentLog(service, env)
		}
	}
	for name, log := range logs {
		records, err := s.store.Read(s.t.Context(), log, 1, 0)
		if err != nil || len(records) == 0 {
			continue // nobody asked for anything there
		}
		var events []*agent.Event
		for _, b := range records {
			e, err := agent.Decode(b)
			if err != nil {
				s.t.Fatal(err)
			}
			events = append(events, e)
		}
		h, _ := fold(s.t, name, log, events)
		if h.Head, err = new(threadstore.Chain).Verify(records, agent.PrevOf); err != nil {
			s.t.Fatal(err)
		}
		s.write(filepath.Join(dir, name+".jsonl"), append(bytes.Join(records, []byte("\n")), '\n'))
		s.write(filepath.Join(dir, name+".json"), indented(s.t, h))
	}
}

func (s *scenario) write(path string, b []byte) {
	if err := os.WriteFile(path, b, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func indented(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

// today is the shape of this program.
func today() shape {
	now := shape{Fold: agent.FoldVersion, Events: map[string][]string{}, States: map[string][]string{
		"thread":      fields("", reflect.TypeFor[agent.State](), nil),
		"environment": fields("", reflect.TypeFor[agent.Environment](), nil),
	}}
	for _, p := range every() {
		now.Events[(&agent.Event{Data: p}).Type()] = fields("", reflect.TypeOf(p).Elem(), nil)
	}
	return now
}

// fields lists what of a type JSON holds, as path and type.
func fields(at string, t reflect.Type, above []reflect.Type) (list []string) {
	switch t.Kind() { //nolint:exhaustive // the rest holds nothing
	case reflect.Pointer:
		return fields(at, t.Elem(), above)
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 {
			return fields(at+"[]", t.Elem(), above)
		}
	case reflect.Map:
		return fields(at+"{}", t.Elem(), above)
	case reflect.Struct:
		if t.PkgPath() == "time" || slices.Contains(above, t) {
			break
		}
		for f := range t.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			switch {
			case !f.IsExported() || name == "-":
				continue
			case f.Anonymous && name == "":
				list = append(list, fields(at, f.Type, append(above, t))...)
				continue
			case name == "":
				name = f.Name
			}
			list = append(list, fields(strings.TrimPrefix(at+"."+name, "."), f.Type, append(above, t))...)
		}
		return list
	}
	return []string{at + " " + t.Kind().String()}
}

// TestRecordShape writes the shape of this program where a version is recorded.
func TestRecordShape(t *testing.T) {
	if *recordVersion == "" {
		t.Skip("records a version: -record VERSION")
	}
	head, err := exec.CommandContext(t.Context(), "git", "rev-parse", "HEAD").Output()
	if err != nil {
		t.Fatal(err)
	}
	now := today()
	now.Commit = strings.TrimSpace(string(head))
	if err := os.MkdirAll(filepath.Join(historiesDir, *recordVersion), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(historiesDir, *recordVersion, shapeFile), indented(t, now), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestShape: what an earlier version has written keeps its meaning. A field of a
// written event stays what it was, or the type gets another version and decodes
// the old form too. Snapshots of a state that had other fields are not read:
// FoldVersion says so.
func TestShape(t *testing.T) {
	versions, err := filepath.Glob(filepath.Join(historiesDir, "*", shapeFile))
	if err != nil || len(versions) == 0 {
		t.Fatalf("no histories below %s: %v", historiesDir, err)
	}
	now := today()
	for _, path := range versions {
		var then shape
		readJSON(t, path, &then)
		for typ, list := range then.Events {
			for _, f := range list {
				if !slices.Contains(now.Events[typ], f) {
					t.Errorf("%s: %s of %s is not what it was: raise the type's version, and decode the old form too", path, f, typ)
				}
			}
		}
		for state, list := range then.States {
			if then.Fold == now.Fold && !slices.Equal(list, now.States[state]) {
				t.Errorf("%s: the state of a %s has other fields, and the same FoldVersion: raise it", path, state)
			}
		}
	}
}
