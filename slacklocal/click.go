package slacklocal

import (
	"fmt"
	"maps"
	"slices"
)

// Button is a button as it stands on a message or view.
type Button struct {
	ActionID, BlockID, Text, Value, Style, URL string
	Confirm                                    map[string]any // the dialog that asks once more, or nil
}

// Buttons returns the buttons of these blocks, in reading order.
func Buttons(blocks []Block) []Button {
	var out []Button
	for _, b := range blocks {
		for _, e := range elements(b) {
			if str(e, "type") == "button" {
				out = append(out, Button{
					ActionID: str(e, "action_id"), BlockID: b.ID(), Text: str(object(e, "text"), "text"),
					Value: str(e, "value"), Style: str(e, "style"), URL: str(e, "url"), Confirm: object(e, "confirm"),
				})
			}
		}
	}
	return out
}

// Buttons returns the message's buttons, in reading order.
func (m Message) Buttons() []Button { return Buttons(m.Blocks) }

// Click presses a button that stands on the message now, in the channel or shown to
// this person alone, and confirms where the button asks once more. The button is
// named by its action_id, or by its words. It returns an error when there is no such
// button, or ErrNotConnected.
func (ws *Workspace) Click(user, channel, ts, actionID string) error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	m, err := ws.visible(user, channel, ts)
	if err != nil {
		return fmt.Errorf("clicking %q: %w", actionID, err)
	}
	b, e := findAction(m.Blocks, actionID)
	if e == nil {
		return fmt.Errorf("clicking %q: no such button on message %s; there are %s", actionID, ts, names(m.Blocks))
	}
	return ws.press(user, m, m.version(), b, e, nil)
}

// ClickStale presses a button as it stood on an earlier version of the message, as a
// client does that has not seen the edit yet (or the deletion).
func (ws *Workspace) ClickStale(user, channel, ts, actionID string) error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	c, err := ws.where(user, channel)
	if err != nil {
		return fmt.Errorf("clicking %q: %w", actionID, err)
	}
	i := slices.IndexFunc(c.messages, func(m *Message) bool { return m.TS == ts })
	if i < 0 {
		return fmt.Errorf("clicking %q: no message %s in %s", actionID, ts, channel)
	}
	m := c.messages[i]
	past := m.History
	if m.Deleted {
		past = append(slices.Clone(past), m.version())
	}
	for _, v := range slices.Backward(past) {
		if b, e := findAction(v.Blocks, actionID); e != nil {
			return ws.press(user, m, v, b, e, nil)
		}
	}
	return fmt.Errorf("clicking %q: no earlier version of message %s had such a button", actionID, ts)
}

// Choose picks an option of a menu, by its value, on a message.
func (ws *Workspace) Choose(user, channel, ts, actionID, value string) error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	m, err := ws.visible(user, channel, ts)
	if err != nil {
		return fmt.Errorf("choosing from %q: %w", actionID, err)
	}
	b, e := findAction(m.Blocks, actionID)
	if e == nil {
		return fmt.Errorf("choosing from %q: nothing of that name on message %s", actionID, ts)
	}
	option := findOption(e, value)
	if option == nil {
		return fmt.Errorf("choosing from %q: no option %q", actionID, value)
	}
	return ws.press(user, m, m.version(), b, e, map[string]any{"selected_option": option})
}

// visible finds a message that stands in front of a person.
func (ws *Workspace) visible(user, channel, ts string) (*Message, error) {
	c, err := ws.where(user, channel)
	if err != nil {
		return nil, err
	}
	if m := c.find(ts); m != nil {
		return m, nil
	}
	for _, m := range ws.ephemerals {
		if m.TS == ts && m.To == user && !m.Deleted {
			return m, nil
		}
	}
	return nil, fmt.Errorf("no message %s in %s", ts, channel)
}

func findAction(blocks []Block, name string) (Block, map[string]any) {
	for _, byWords := range []bool{false, true} {
		for _, b := range blocks {
			for _, e := range elements(b) {
				found := str(e, "action_id") == name && interactive(str(e, "type"))
				if byWords {
					found = str(e, "type") == "button" && str(object(e, "text"), "text") == name
				}
				if found {
					return b, e
				}
			}
		}
	}
	return nil, nil
}

func findOption(e map[string]any, value string) map[string]any {
	options := objects(e, "options")
	for _, g := range objects(e, "option_groups") {
		options = append(options, objects(g, "options")...)
	}
	for _, o := range options {
		if str(o, "value") == value {
			return o
		}
	}
	return nil
}

func names(blocks []Block) string {
	var out []string
	for _, b := range Buttons(blocks) {
		out = append(out, b.ActionID)
	}
	if out == nil {
		return "no buttons"
	}
	return fmt.Sprintf("%q", out)
}

// action is an element as a block_actions payload names it.
func (ws *Workspace) action(b Block, e, more map[string]any) map[string]any {
	out := map[string]any{
		"type": e["type"], "action_id": e["action_id"], "block_id": b.ID(), "action_ts": formatTS(ws.now().UnixMicro()),
	}
	for _, k := range []string{"text", "value", "style", "confirm", "placeholder"} {
		if v, ok := e[k]; ok {
			out[k] = v
		}
	}
	maps.Copy(out, more)
	return out
}

// press sends the click. ws.mu is held.
func (ws *Workspace) press(user string, m *Message, as Version, b Block, e, more map[string]any) error {
	if len(ws.ready()) == 0 && !ws.faults.hold {
		return ErrNotConnected
	}
	c := ws.channels[m.Channel]
	container := map[string]any{
		"type": "message", "message_ts": m.TS, "channel_id": c.ID, "is_ephemeral": m.Ephemeral,
	}
	payload := map[string]any{
		"type": "block_actions", "container": container,
		"channel":    map[string]any{"id": c.ID, "name": placeName(c)},
		"state":      map[string]any{"values": map[string]any{}},
		"trigger_id": ws.newTrigger(user, ""), "actions": []any{ws.action(b, e, more)},
		"response_url": ws.newResponseURL(&responseURL{user: user, channel: c.ID, message: m}),
	}
	if m.ThreadTS != "" {
		container["thread_ts"] = m.ThreadTS
	}
	if !m.Ephemeral {
		shown := *m
		shown.Text, shown.Blocks = as.Text, as.Blocks
		shownNow := ws.messageJSON(c, &shown)
		if as.Metadata != nil {
			shownNow["metadata"] = as.Metadata
		}
		payload["message"] = shownNow
	}
	words := str(object(e, "text"), "text")
	ws.change(Change{Kind: ButtonClicked, User: user, Channel: c.ID, Message: m.copy(), Text: words})
	ws.interaction(user, payload, nil, nil)
	return nil
}

func placeName(c *channel) string {
	switch c.kind() {
	case "im":
		return "directmessage"
	case "group":
		return "privategroup"
	}
	return c.Name
}
