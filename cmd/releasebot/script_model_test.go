package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/releasebot/releasebot/agent/planner/openai"
)

// model is an endpoint that speaks the OpenAI protocol and always says the same.
type model struct {
	*httptest.Server
	intent string        // "" = it never answers
	asked  string        // a file that is made with the first call
	gone   chan struct{} // closed when the script ends
	mu     sync.Mutex
	last   openai.Request // what was sent last
}

type modelKey struct{}

// model INTENT: starts an endpoint that answers with this intent, and points the program at it; model hang: with nothing.
// The file asked is there once it was called.
func cmdModel(ts *testscript.TestScript, _ bool, args []string) {
	m := ts.Value(modelKey{}).(**model)
	*m = &model{asked: ts.MkAbs("asked"), gone: make(chan struct{})}
	if args[0] != "hang" {
		(*m).intent = args[0]
	}
	(*m).Server = httptest.NewServer(*m)
	ts.Setenv("OPENAI_BASE_URL", (*m).URL+"/v1")
	ts.Setenv("OPENAI_MODEL", "small-model")
}

func setupModel(env *testscript.Env) {
	m := new(*model)
	env.Values[modelKey{}] = m
	env.Defer(func() {
		if *m != nil {
			close((*m).gone)
			(*m).Close()
		}
	})
}

// ServeHTTP implements http.Handler.
func (m *model) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Messages       []openai.Message `json:"messages"`
		ResponseFormat struct {
			JSONSchema struct {
				Schema json.RawMessage `json:"schema"`
			} `json:"json_schema"`
		} `json:"response_format"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	m.mu.Lock()
	m.last = openai.Request{Messages: body.Messages, Schema: body.ResponseFormat.JSONSchema.Schema}
	err := os.WriteFile(m.asked, nil, 0o600)
	m.mu.Unlock()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if m.intent == "" {
		select {
		case <-m.gone:
		case <-r.Context().Done():
		}
		return
	}
	content, _ := json.Marshal(`{"intent":` + m.intent + `}`)
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"id":"c1","object":"chat.completion","created":1,"model":"small-model",
		"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":%s}}],
		"usage":{"prompt_tokens":900,"completion_tokens":30,"total_tokens":930}}`, content)
}

// wassent FILE: the file is what thread show --prompt prints of the last call.
func cmdWasSent(ts *testscript.TestScript, _ bool, args []string) {
	m := *ts.Value(modelKey{}).(**model)
	m.mu.Lock()
	defer m.mu.Unlock()
	var want bytes.Buffer
	ts.Check(printPrompt(&want, m.last))
	whole, _, _ := strings.Cut(want.String(), "\n=== , about")
	got, err := os.ReadFile(filepath.Clean(ts.MkAbs(args[0])))
	ts.Check(err)
	if rest, ok := strings.CutPrefix(string(got), whole); !ok || strings.Count(rest, "\n") != 2 {
		ts.Fatalf("not what was sent:\n%s\nbut this was:\n%s", got, whole)
	}
	_, err = io.WriteString(ts.Stdout(), whole)
	ts.Check(err)
}
