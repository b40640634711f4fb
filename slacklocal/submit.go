package slacklocal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// ViewReply is what becomes of a submitted form.
type ViewReply struct {
	ws *Workspace
	// guarded by ws.mu
	done   bool
	err    error
	action string
	errs   map[string]string
}

// Wait waits until the app has acknowledged the form (or Slack gave up) and returns Err.
func (r *ViewReply) Wait(ctx context.Context) error {
	err := r.ws.WaitFor(ctx, func() bool {
		r.ws.mu.Lock()
		defer r.ws.mu.Unlock()
		return r.done
	})
	if err != nil {
		return err
	}
	return r.Err()
}

// Err says what went wrong between Slack and the app ("We had some trouble
// connecting"), if anything did. Errors that the app shows in the form are not among it.
func (r *ViewReply) Err() error {
	r.ws.mu.Lock()
	defer r.ws.mu.Unlock()
	return r.err
}

// Errors returns what the form shows as wrong, by block_id; then it is still open.
func (r *ViewReply) Errors() map[string]string {
	r.ws.mu.Lock()
	defer r.ws.mu.Unlock()
	return r.errs
}

// Action returns the response_action: "" (closed), errors, update, push or clear.
func (r *ViewReply) Action() string {
	r.ws.mu.Lock()
	defer r.ws.mu.Unlock()
	return r.action
}

// SubmitView fills in and submits the topmost modal of a person. values are by
// block_id: the text typed, the value of the option chosen (several separated by
// commas), the id of the user or channel picked, a date. What Slack's client would
// not let through (a required field empty, a text too long, no such option) is
// an error here.
func (ws *Workspace) SubmitView(user, viewID string, values map[string]string) (*ViewReply, error) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	stack := ws.stacks[user]
	if len(stack) == 0 || stack[len(stack)-1].ID != viewID {
		return nil, fmt.Errorf("submitting: view %s is not open and on top for %s", viewID, user)
	}
	v := stack[len(stack)-1]
	if v.Submit == "" && !slices.ContainsFunc(v.Blocks, func(b Block) bool { return b.Type() == "input" }) {
		return nil, fmt.Errorf("submitting: view %s has no submit button", viewID)
	}
	state, err := fillIn(v, values)
	if err != nil {
		return nil, fmt.Errorf("submitting view %s: %w", viewID, err)
	}
	if len(ws.ready()) == 0 && !ws.faults.hold {
		return nil, ErrNotConnected
	}
	shown := ws.viewJSON(v)
	shown["state"] = map[string]any{"values": state}
	r := &ViewReply{ws: ws}
	ws.interaction(user, map[string]any{
		"type": "view_submission", "trigger_id": ws.newTrigger(user, v.ID), "view": shown, "response_urls": []any{},
	}, func(p map[string]any) { r.acked(v, p) }, func(string) {
		r.done, r.err = true, errors.New("we had some trouble connecting: the form was not acknowledged within 3 seconds")
	})
	return r, nil
}

// acked does what the ack asks for. ws.mu is held.
func (r *ViewReply) acked(v *View, payload map[string]any) {
	ws := r.ws
	r.done, r.action = true, str(payload, "response_action")
	switch r.action {
	case "":
		ws.closeTop(v.User)
	case "clear":
		ws.closeAll(v.User)
	case "errors":
		r.errs = map[string]string{}
		for id, text := range object(payload, "errors") {
			s, _ := text.(string)
			r.errs[id] = s
			known := slices.ContainsFunc(v.Blocks, func(b Block) bool { return b.ID() == id && b.Type() == "input" })
			if !known || s == "" {
				r.err = fmt.Errorf("we had some trouble connecting: errors name %q, which is no block_id of an input block in the form", id)
			}
		}
		if len(r.errs) == 0 {
			r.err = errors.New("we had some trouble connecting: response_action errors without errors")
		}
	case "update", "push":
		next, err := ws.readView(payload["view"], "modal")
		if err == nil && r.action == "push" && len(ws.stacks[v.User]) >= maxViews {
			err = fail("push_limit_reached")
		}
		if err != nil {
			r.err = fmt.Errorf("we had some trouble connecting: %w", err)
			return
		}
		if r.action == "update" {
			ws.replaceView(v, next)
		} else {
			ws.stack(next, v.User)
		}
	default:
		r.err = fmt.Errorf("we had some trouble connecting: unknown response_action %q", r.action)
	}
	ws.change(Change{Kind: ViewUpdated, User: v.User, View: v.copy()}) // wakes Wait
}

// fillIn makes the state of a form, and refuses what the client would refuse.
func fillIn(v *View, values map[string]string) (map[string]any, error) {
	state := map[string]any{}
	left := map[string]bool{}
	for id := range values {
		left[id] = true
	}
	for _, b := range v.Blocks {
		e := object(b, "element")
		if b.Type() != "input" || e == nil {
			continue
		}
		delete(left, b.ID())
		text, given := values[b.ID()]
		if !given {
			text = str(e, "initial_value")
		}
		value, err := elementState(e, text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", b.ID(), err)
		}
		if optional, _ := b["optional"].(bool); text == "" && !optional {
			return nil, fmt.Errorf("%s: please complete this required field", b.ID())
		}
		state[b.ID()] = map[string]any{str(e, "action_id"): value}
	}
	for id := range left {
		return nil, fmt.Errorf("the form has no input block %q", id)
	}
	return state, nil
}

// elementState is one element's part of the state.
func elementState(e map[string]any, text string) (map[string]any, error) {
	kind := str(e, "type")
	out := map[string]any{"type": kind}
	single := map[string]string{
		"users_select": "selected_user", "conversations_select": "selected_conversation",
		"channels_select": "selected_channel", "datepicker": "selected_date", "timepicker": "selected_time",
	}
	switch kind {
	case "static_select", "radio_buttons", "external_select":
		out["selected_option"] = nil
		if text != "" {
			o := findOption(e, text)
			if o == nil {
				return nil, fmt.Errorf("no option %q", text)
			}
			out["selected_option"] = o
		}
		return out, nil
	case "checkboxes", "multi_static_select":
		chosen := []any{}
		for value := range strings.SplitSeq(text, ",") {
			if value == "" {
				continue
			}
			o := findOption(e, value)
			if o == nil {
				return nil, fmt.Errorf("no option %q", value)
			}
			chosen = append(chosen, o)
		}
		out["selected_options"] = chosen
		return out, nil
	}
	field := single[kind]
	if field == "" {
		field = "value"
		n := float64(utf8.RuneCountInString(text))
		if most, ok := e["max_length"].(float64); ok && n > most {
			return nil, fmt.Errorf("%v characters, at most %v", n, most)
		}
		if least, ok := e["min_length"].(float64); ok && n < least && text != "" {
			return nil, fmt.Errorf("%v characters, at least %v", n, least)
		}
	}
	out[field] = nil
	if text != "" {
		out[field] = text
	}
	return out, nil
}

// CloseView closes a person's topmost modal, as its close button does. The app hears
// of it where the view asked for that (notify_on_close).
func (ws *Workspace) CloseView(user, viewID string) error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	stack := ws.stacks[user]
	if len(stack) == 0 || stack[len(stack)-1].ID != viewID {
		return fmt.Errorf("closing: view %s is not open and on top for %s", viewID, user)
	}
	v := stack[len(stack)-1]
	notify, _ := v.raw["notify_on_close"].(bool)
	clear, _ := v.raw["clear_on_close"].(bool)
	shown := ws.viewJSON(v)
	if clear {
		ws.closeAll(user)
	} else {
		ws.closeTop(user)
	}
	if notify {
		ws.interaction(user, map[string]any{"type": "view_closed", "view": shown, "is_cleared": clear}, nil, nil)
	}
	return nil
}

// ClickView presses a button in a modal or in the home tab.
func (ws *Workspace) ClickView(user, viewID, actionID string) error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	v := ws.views[viewID]
	if v == nil || v.User != user {
		return fmt.Errorf("clicking %q: %s sees no view %s", actionID, user, viewID)
	}
	b, e := findAction(v.Blocks, actionID)
	if e == nil {
		return fmt.Errorf("clicking %q: no such button in view %s; there are %s", actionID, viewID, names(v.Blocks))
	}
	if len(ws.ready()) == 0 && !ws.faults.hold {
		return ErrNotConnected
	}
	from := ""
	if v.Type == "modal" {
		from = v.ID
	}
	ws.change(Change{Kind: ButtonClicked, User: user, View: v.copy(), Text: str(object(e, "text"), "text")})
	ws.interaction(user, map[string]any{
		"type": "block_actions", "trigger_id": ws.newTrigger(user, from), "view": ws.viewJSON(v),
		"container": map[string]any{"type": "view", "view_id": v.ID},
		"actions":   []any{ws.action(b, e, nil)},
	}, nil, nil)
	return nil
}
