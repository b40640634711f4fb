package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/planner/openai"
)

// showPrompt prints what a model was sent when it was asked about event N. The
// log keeps only its digest. The prompt is rendered again, from the part of the
// log that there was then and the names of the policy file; what has another
// digest was not sent, and is not printed.
func (t *threadShowCommand) showPrompt(c *console, r *read) error {
	if _, _, ok := agent.ParseEnvironmentLog(r.name); ok {
		return fmt.Errorf("%s is the log of an environment: only threads have words that a planner reads", r.name)
	}
	i, err := decisionAt(r.events, t.Prompt)
	if err != nil {
		return err
	}
	d := r.events[i].Data.(*agent.PlannerDecision) //nolint:forcetypeassert // decisionAt has looked
	if d.Prompt == "" {
		return fmt.Errorf("nothing was sent to a model for event %d: its words were read by %q", t.Prompt, d.Planner)
	}
	f, err := loadPolicy(c.settings.config)
	if err != nil {
		return fmt.Errorf("a prompt names what the policy file names, so it has to be there: %w", err)
	}
	req, ok := sentPrompt(agent.ThreadID(r.name), r.events[:i], d, agent.CatalogOf(f))
	if !ok {
		return fmt.Errorf("what was sent for event %d can't be shown: its digest is %s, and nothing that this program makes of the log and %s has it; "+
			"either the names in the policy file have changed since (its revision is %s), or the program's prompt (it is %s)",
			t.Prompt, oneLine(d.Prompt, 100), c.settings.config, f.Revision, openai.PromptVersion)
	}
	if d.Tokens.Calls > 1 {
		if _, err := fmt.Fprintf(c.err, "%d calls were made. This is the first; another one sends the same, or the reply that did not fit and what was wrong with it.\n", d.Tokens.Calls); err != nil {
			return err
		}
	}
	if t.JSON {
		return printJSON(c.out, req)
	}
	return printPrompt(c.out, req)
}

// decisionAt finds the planner's decision that is event n, or is about it.
func decisionAt(events []*agent.Event, n int64) (int, error) {
	var near []int64
	for i, e := range events {
		d, ok := e.Data.(*agent.PlannerDecision)
		if !ok {
			continue
		}
		if e.Seq == n || d.Of == n {
			return i, nil
		}
		near = append(near, e.Seq)
	}
	if len(near) == 0 {
		return 0, fmt.Errorf("event %d is no planner_decision, and the thread has none", n)
	}
	return 0, fmt.Errorf("event %d is neither a planner_decision nor what one is about; those are the events %v", n, near)
}

// sentPrompt renders anew what was sent for the decision. The planner was asked
// somewhere between the words and its answer: other events may have come in between.
func sentPrompt(id agent.ThreadID, before []*agent.Event, d *agent.PlannerDecision, names agent.Catalog) (openai.Request, bool) {
	s := agent.NewState(id)
	for _, e := range before {
		s.Reduce(e)
		for _, w := range s.Words {
			if w.Seq != d.Of {
				continue
			}
			if req, err := openai.Render(s.PlanInput(w, names), openai.Options{}); err == nil && req.Version == d.Prompt {
				return req, true
			}
		}
	}
	return openai.Request{}, false
}

// printPrompt prints the messages as they are, and the schema of the reply.
func printPrompt(out io.Writer, req openai.Request) error {
	var b bytes.Buffer
	for _, m := range req.Messages {
		fmt.Fprintf(&b, "=== %s\n%s\n", m.Role, m.Content)
	}
	b.WriteString("=== schema\n")
	if err := json.Indent(&b, req.Schema, "", "  "); err != nil {
		return fmt.Errorf("printing the schema: %w", err)
	}
	fmt.Fprintf(&b, "\n=== %s, about %d tokens\n", req.Version, req.Tokens)
	if _, err := out.Write(b.Bytes()); err != nil {
		return fmt.Errorf("printing the prompt: %w", err)
	}
	return nil
}
