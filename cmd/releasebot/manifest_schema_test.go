package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v4"
)

// schemaVariable names the file that holds Slack's own schema of manifests, which is Slack's to give out and not in this repository.
const schemaVariable = "RELEASEBOT_MANIFEST_SCHEMA"

// TestManifestIsOneToSlack: Slack's schema accepts manifest.yml, and would refuse a mistake in it.
func TestManifestIsOneToSlack(t *testing.T) {
	schema := slackSchema(t)
	b, err := os.ReadFile(filepath.Join("..", "..", "manifest.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(asJSON(t, b)); err != nil {
		t.Errorf("Slack would refuse manifest.yml: %v", err)
	}
	for mistake, right := range map[string]string{
		"name: [releasebot]":          "name: releasebot",
		"socket_mode_enabled: \"on\"": "socket_mode_enabled: true",
		"display_informations:":       "display_information:",
		"commands: /release":          "command: /release",
	} {
		if !strings.Contains(string(b), right) {
			t.Fatalf("manifest.yml has no %q", right)
		}
		if err := schema.Validate(asJSON(t, []byte(strings.Replace(string(b), right, mistake, 1)))); err == nil {
			t.Errorf("Slack's schema takes %q, so it shows nothing", mistake)
		}
	}
}

// slackSchema reads Slack's schema, or skips the test where it isn't.
func slackSchema(t *testing.T) *jsonschema.Resolved {
	t.Helper()
	path, named := os.LookupEnv(schemaVariable)
	if !named {
		path = filepath.Join("..", "..", "..", "shared", "slack", "manifest.schema.2.json")
	}
	b, err := os.ReadFile(path) //nolint:gosec // the file is the tester's
	if errors.Is(err, fs.ErrNotExist) && !named {
		t.Skipf("Slack's schema of manifests is not here: %s names the file", schemaVariable)
	}
	if err != nil {
		t.Fatal(err)
	}
	var written any
	if err := json.Unmarshal(b, &written); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	forGo(t, written)
	if b, err = json.Marshal(written); err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return resolved
}

// forGo leaves the patterns out that only JavaScript can read, and says so.
func forGo(t *testing.T, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		if pattern, ok := v["pattern"].(string); ok {
			if _, err := regexp.Compile(pattern); err != nil {
				t.Logf("not checked, because it is JavaScript's: %s", pattern)
				delete(v, "pattern")
			}
		}
		for _, x := range v {
			forGo(t, x)
		}
	case []any:
		for _, x := range v {
			forGo(t, x)
		}
	}
}

// asJSON is YAML as JSON would have it.
func asJSON(t *testing.T, b []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	j, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(j, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
