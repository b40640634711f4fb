package openai

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/releasebot/releasebot/agent/planner/rules"
)

// testKey is looked for in everything that a test gets to see.
const testKey = "sk-test-1234567890abcdefSECRET"

// answer writes what the endpoint says to one request.
type answer func(w http.ResponseWriter, r *http.Request)

// fakeEndpoint plays Chat Completions as strictly as the real ones do: a
// request that breaks a rule of structured outputs gets a 400 with the reason.
type fakeEndpoint struct {
	*httptest.Server
	mu      sync.Mutex
	answers []answer // the last one goes on being given
	got     []received
	done    chan struct{} // closed when the test ends: lets hanging answers go
}

// received is one request, as it came.
type received struct {
	Model          string    `json:"model"`
	Messages       []Message `json:"messages"`
	MaxTokens      int       `json:"max_completion_tokens"`
	ResponseFormat struct {
		Type       string `json:"type"`
		JSONSchema struct {
			Name   string          `json:"name"`
			Strict bool            `json:"strict"`
			Schema json.RawMessage `json:"schema"`
		} `json:"json_schema"`
	} `json:"response_format"`
	auth string
	raw  string
}

func newFake(t *testing.T, answers ...answer) *fakeEndpoint {
	t.Helper()
	f := &fakeEndpoint{answers: answers, done: make(chan struct{})}
	f.Server = httptest.NewServer(f)
	t.Cleanup(func() { close(f.done); f.CloseClientConnections(); f.Close() })
	return f
}

// planner is one that asks this endpoint.
func (f *fakeEndpoint) planner(t *testing.T, change ...func(*Config)) *Planner {
	t.Helper()
	cfg := Config{Key: testKey, BaseURL: f.URL + "/v1", Model: "test-model", HTTPClient: f.Client(), Rules: rules.New(), Timeout: 5 * time.Second}
	for _, c := range change {
		c(&cfg)
	}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (f *fakeEndpoint) requests() []received {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.got)
}

// ServeHTTP implements http.Handler.
func (f *fakeEndpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	got := received{auth: r.Header.Get("Authorization"), raw: string(body)}
	if err := f.strict(r, body, &got); err != nil {
		apiError(http.StatusBadRequest, "invalid_request_error: "+err.Error())(w, r)
		return
	}
	f.mu.Lock()
	f.got = append(f.got, got)
	a := f.answers[min(len(f.got), len(f.answers))-1]
	f.mu.Unlock()
	a(w, r)
}

// strict is what OpenAI's documentation of structured outputs asks for, and what this planner promises.
func (f *fakeEndpoint) strict(r *http.Request, body []byte, got *received) error {
	if r.Method != http.MethodPost || r.URL.Path != "/v1/chat/completions" {
		return fmt.Errorf("%s %s is no call of the protocol", r.Method, r.URL.Path)
	}
	if err := json.Unmarshal(body, got); err != nil {
		return fmt.Errorf("the body: %w", err)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(body, &all); err != nil {
		return err
	}
	for name := range all {
		if !slices.Contains([]string{"model", "messages", "max_completion_tokens", "response_format"}, name) {
			return fmt.Errorf("%q is sent: no tools, no streaming, nothing that some servers don't know", name)
		}
	}
	format := got.ResponseFormat
	if format.Type != "json_schema" || !format.JSONSchema.Strict || format.JSONSchema.Name == "" || got.MaxTokens <= 0 || len(got.Messages) < 2 {
		return fmt.Errorf("no strict JSON schema, no bound, or no messages")
	}
	return strictSchema(format.JSONSchema.Schema)
}

// strictSchema checks the rules of strict schemas.
func strictSchema(raw json.RawMessage) error {
	var root map[string]any
	if err := json.Unmarshal(raw, &root); err != nil {
		return err
	}
	if root["type"] != "object" || root["anyOf"] != nil {
		return fmt.Errorf("the root must be an object and not an anyOf")
	}
	enums, properties := 0, 0
	if err := walkSchema(root, "$", 1, &enums, &properties); err != nil {
		return err
	}
	if enums > 1000 || properties > 5000 || len(raw) > 120_000 {
		return fmt.Errorf("%d enum values, %d properties, %d bytes: too many", enums, properties, len(raw))
	}
	_, err := resolved(raw)
	return err
}

func resolved(raw json.RawMessage) (*jsonschema.Resolved, error) {
	var s jsonschema.Schema
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, err
	}
	return s.Resolve(nil)
}

func walkSchema(s map[string]any, path string, depth int, enums, properties *int) error {
	if depth > 10 {
		return fmt.Errorf("%s: nested deeper than 10", path)
	}
	known := []string{"type", "properties", "required", "additionalProperties", "anyOf", "$ref", "$defs", "items", "enum", "const"}
	for k := range s {
		if !slices.Contains(known, k) {
			return fmt.Errorf("%s: %q is not supported", path, k)
		}
	}
	if list, ok := s["enum"].([]any); ok {
		*enums += len(list)
		if len(list) == 0 {
			return fmt.Errorf("%s: an empty enum", path)
		}
	}
	if s["type"] == "object" {
		props, _ := s["properties"].(map[string]any)
		required, _ := s["required"].([]any)
		if s["additionalProperties"] != false {
			return fmt.Errorf("%s: additionalProperties must be false", path)
		}
		for name := range props {
			*properties++
			if !slices.Contains(required, any(name)) {
				return fmt.Errorf("%s: %q must be required", path, name)
			}
		}
		if len(required) != len(props) {
			return fmt.Errorf("%s: what is required is not there", path)
		}
	}
	for _, at := range [...]string{"properties", "$defs"} {
		inner, _ := s[at].(map[string]any)
		for name, v := range inner {
			if err := walkSchema(v.(map[string]any), path+"."+name, depth+1, enums, properties); err != nil {
				return err
			}
		}
	}
	if items, ok := s["items"].(map[string]any); ok {
		if err := walkSchema(items, path+"[]", depth+1, enums, properties); err != nil {
			return err
		}
	}
	list, _ := s["anyOf"].([]any)
	for i, v := range list {
		if err := walkSchema(v.(map[string]any), fmt.Sprintf("%s|%d", path, i), depth+1, enums, properties); err != nil {
			return err
		}
	}
	return nil
}

// says answers with that content, and a bill.
func says(content string) answer {
	return completion(map[string]any{"index": 0, "finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": content, "refusal": nil}})
}

// intent answers with an intent of these fields.
func intent(fields map[string]any) answer { return says(intentJSON(fields)) }

func intentJSON(fields map[string]any) string {
	b, err := json.Marshal(map[string]any{"intent": fields})
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func completion(choices ...map[string]any) answer {
	if choices == nil {
		choices = []map[string]any{}
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		writeJSON(w, map[string]any{
			"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "test-model", "choices": choices,
			"usage": map[string]any{"prompt_tokens": 900, "completion_tokens": 30, "total_tokens": 930, "prompt_tokens_details": map[string]any{"cached_tokens": 512}},
		})
	}
}

func writeJSON(w io.Writer, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return // whoever asked is gone
	}
}

func apiError(status int, message string, headers ...string) answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		writeJSON(w, map[string]any{"error": map[string]any{"message": message, "type": "error", "param": nil, "code": "x"}})
	}
}

func page(status int, contentType, body string, headers ...string) answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		if _, err := io.WriteString(w, body); err != nil {
			return
		}
	}
}

// deaf answers nothing until the caller gives up or the test ends.
func (f *fakeEndpoint) deaf(w http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-f.done:
	}
}

// stalls sends half of an answer and then nothing.
func (f *fakeEndpoint) stalls(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	if _, err := io.WriteString(w, `{"id":"x","choices":[{"index":0,`); err != nil {
		return
	}
	if err := http.NewResponseController(w).Flush(); err != nil {
		return
	}
	f.deaf(w, r)
}

// cutOff sends half of an answer and closes the connection.
func cutOff(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close() //nolint:errcheck // closing early is what is played here
	if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{\"id\":\"x\",\"choices\":["); err != nil {
		return
	}
}

// noKey: nothing that a person or a log gets to see holds the key.
func noKey(t *testing.T, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if strings.Contains(s, testKey) || strings.Contains(s, "SECRET") {
			t.Errorf("the key is shown: %s", s)
		}
	}
}
