package openai

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/releasebot/releasebot/agent"
)

// PromptVersion names the templates and the schema. It is raised when either
// changes; a test holds them together.
const PromptVersion = "intent/2"

// DefaultBudget is how many tokens one call may send, by the estimate of this package.
const DefaultBudget = 8000

// Options of Render.
type Options struct {
	// Budget in tokens, of all that is sent: messages and schema. Defaults to DefaultBudget.
	Budget int
}

// A Message is one message of a request.
type Message struct {
	Role    string `json:"role"` // "system", "user" or "assistant"
	Content string `json:"content"`
}

// A Request is what is sent for one set of words: the messages and the schema
// of the reply. A repair adds the reply and what is wrong with it.
type Request struct {
	Messages []Message       `json:"messages"`
	Schema   json.RawMessage `json:"schema"`
	Tokens   int             `json:"tokens"` // estimated
	// Version is the prompt's version and the digest of messages and schema. It
	// is what a planner_decision keeps, so that a request rendered later can be
	// proved to be the one that was sent.
	Version string `json:"version"`

	choices choices
}

// ErrTooLong: the newest words alone don't fit into the budget. They are never
// cut: what is cut off could be the "don't".
var ErrTooLong = errors.New("the message is longer than the token budget allows")

// Render makes the request for one set of words. It is pure. It returns
// ErrTooLong if the words can't be sent whole, or if the policy file's names
// leave no room for them.
func Render(in agent.PlanInput, o Options) (Request, error) {
	budget := o.Budget
	if budget <= 0 {
		budget = DefaultBudget
	}
	all := choose(in)
	var first Request
	for services := maxServices; services > 0; services /= 2 {
		req, whole, err := render(in, budget, all.limited(services))
		switch {
		case errors.Is(err, ErrTooLong):
		case err != nil:
			return Request{}, err
		case whole:
			return req, nil
		case first.Messages == nil: // fewer names may leave room for what is open
			first = req
		}
	}
	if first.Messages == nil {
		return Request{}, ErrTooLong
	}
	return first, nil
}

// render also reports whether all that is open could be shown.
func render(in agent.PlanInput, budget int, c choices) (Request, bool, error) {
	var about []string
	for _, s := range c.offered() {
		about = append(about, "- "+string(s.kind)+": "+s.about)
	}
	system := fill(systemPrompt, map[string]string{"intents": strings.Join(about, "\n")})
	schema := c.schema()
	fixed := tokens(system) + tokens(string(schema)) + overhead
	view, err := window(in, c, budget-fixed)
	if err != nil {
		return Request{}, false, err
	}
	user := view.text()
	req := Request{
		Messages: []Message{{"system", system}, {"user", user}},
		Schema:   schema, Tokens: fixed + tokens(user), choices: c,
	}
	if req.Tokens > budget {
		return Request{}, false, ErrTooLong
	}
	req.Version = version(req)
	return req, !view.lacks, nil
}

// overhead is what roles, separators and the schema's name cost.
const overhead = 60

func version(r Request) string {
	h := sha256.New()
	for _, m := range r.Messages {
		fmt.Fprintf(h, "%s\x00%s\x00", m.Role, m.Content)
	}
	h.Write(r.Schema)
	return PromptVersion + ":" + hex.EncodeToString(h.Sum(nil))[:12]
}

// repaired is the request again, with the reply and what is wrong with it.
func (r Request) repaired(content, problem string) Request {
	r.Messages = append(slices.Clip(r.Messages),
		Message{"assistant", shorten(visible(content), 1500)}, Message{"user", fill(repairPrompt, map[string]string{"problem": data(problem)})})
	return r
}

// echo reports whether a text holds a long piece of the prompt.
func (r Request) echo(text string) bool {
	const piece = 32
	prompt, text := folded(r.Messages[0].Content), folded(text)
	for i := 0; i+piece <= len(text); i += 4 {
		if strings.Contains(prompt, text[i:i+piece]) {
			return true
		}
	}
	return false
}
