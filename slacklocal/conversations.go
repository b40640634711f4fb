package slacklocal

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// page cuts one page out of n things that the cursor and limit of a call ask for, and
// returns the cursor of the next, or "".
func page(a args, n, preset, most int) (from, to int, next string, err error) {
	limit := a.num("limit", preset)
	if limit <= 0 {
		limit = preset
	}
	limit = min(limit, most)
	if c := a.str("cursor"); c != "" {
		raw, err := base64.StdEncoding.DecodeString(c)
		if err != nil {
			return 0, 0, "", fail("invalid_cursor")
		}
		from, err = strconv.Atoi(strings.TrimPrefix(string(raw), "at:"))
		if err != nil || from < 0 || from > n {
			return 0, 0, "", fail("invalid_cursor")
		}
	}
	to = min(n, from+limit)
	if to < n {
		next = base64.StdEncoding.EncodeToString([]byte("at:" + strconv.Itoa(to)))
	}
	return from, to, next, nil
}

// listed puts a page of messages into an answer.
func (ws *Workspace) listed(c *channel, a args, all []*Message, most int) (map[string]any, error) {
	from, to, next, err := page(a, len(all), 100, most)
	if err != nil {
		return nil, err
	}
	out := []map[string]any{}
	for _, m := range all[from:to] {
		j := ws.messageJSON(c, m)
		if m.Metadata != nil && a.flag("include_all_metadata") {
			j["metadata"] = m.Metadata
		}
		out = append(out, j)
	}
	return map[string]any{
		"messages": out, "has_more": next != "",
		"response_metadata": map[string]any{"next_cursor": next},
	}, nil
}

// within tells whether a ts is in the span that oldest, latest and inclusive give.
// Timestamps of equal length compare as text.
func within(ts string, a args) bool {
	oldest, latest := a.str("oldest"), a.str("latest")
	if a.flag("inclusive") && (ts == oldest || ts == latest) {
		return true
	}
	return (oldest == "" || ts > padTS(oldest)) && (latest == "" || ts < padTS(latest))
}

func padTS(ts string) string {
	if strings.Contains(ts, ".") {
		return ts
	}
	return ts + ".000000"
}

// readable finds a channel whose history the app may read.
func (ws *Workspace) readable(id string) (*channel, error) {
	c, err := ws.place(id)
	if err != nil {
		return nil, err
	}
	if !c.has(ws.cfg.BotUserID) {
		return nil, fail("not_in_channel")
	}
	return c, nil
}

func conversationsReplies(ws *Workspace, a args) (map[string]any, error) {
	c, err := ws.readable(a.str("channel"))
	if err != nil {
		return nil, err
	}
	asked := c.find(a.str("ts"))
	if asked == nil {
		return nil, fail("thread_not_found")
	}
	var all []*Message
	for _, m := range c.messages {
		if !m.Deleted && m.Thread() == asked.Thread() && (m.TS == asked.Thread() || within(m.TS, a)) {
			all = append(all, m)
		}
	}
	return ws.listed(c, a, all, 1000)
}

func conversationsHistory(ws *Workspace, a args) (map[string]any, error) {
	c, err := ws.readable(a.str("channel"))
	if err != nil {
		return nil, err
	}
	var all []*Message
	for _, m := range slices.Backward(c.messages) {
		if !m.Deleted && m.ThreadTS == "" && within(m.TS, a) {
			all = append(all, m)
		}
	}
	return ws.listed(c, a, all, 999)
}

func (ws *Workspace) channelJSON(c *channel) map[string]any {
	out := map[string]any{
		"id": c.ID, "created": 1, "is_archived": c.Archived, "is_im": c.IM != "",
		"is_channel": c.kind() == "channel", "is_group": c.kind() == "group", "is_mpim": false,
		"is_private": c.Private || c.IM != "", "is_member": c.has(ws.cfg.BotUserID), "is_general": false,
		"num_members": len(c.Members), "context_team_id": ws.cfg.TeamID,
	}
	if c.IM != "" {
		out["user"], out["is_open"] = c.IM, true
		return out
	}
	out["name"], out["name_normalized"], out["creator"] = c.Name, c.Name, "U0ADMIN"
	out["topic"] = map[string]any{"value": "", "creator": "", "last_set": 0}
	out["purpose"] = map[string]any{"value": "", "creator": "", "last_set": 0}
	return out
}

func conversationsInfo(ws *Workspace, a args) (map[string]any, error) {
	c, err := ws.place(a.str("channel"))
	if err != nil {
		return nil, err
	}
	return map[string]any{"channel": ws.channelJSON(c)}, nil
}

func conversationsList(ws *Workspace, a args) (map[string]any, error) {
	types := a.list("types")
	if len(types) == 0 {
		types = []string{"public_channel"}
	}
	kinds := map[string]string{"channel": "public_channel", "group": "private_channel", "im": "im"}
	var all []*channel
	for _, c := range ws.sortedChannels() {
		seen := slices.Contains(types, kinds[c.kind()]) && (!c.Private || c.has(ws.cfg.BotUserID))
		if seen && !(c.Archived && a.flag("exclude_archived")) {
			all = append(all, c)
		}
	}
	from, to, next, err := page(a, len(all), 100, 1000)
	if err != nil {
		return nil, err
	}
	out := []map[string]any{}
	for _, c := range all[from:to] {
		out = append(out, ws.channelJSON(c))
	}
	return map[string]any{"channels": out, "response_metadata": map[string]any{"next_cursor": next}}, nil
}

func conversationsMembers(ws *Workspace, a args) (map[string]any, error) {
	c, err := ws.place(a.str("channel"))
	if err != nil {
		return nil, err
	}
	from, to, next, err := page(a, len(c.Members), 100, 1000)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"members": c.Members[from:to], "response_metadata": map[string]any{"next_cursor": next},
	}, nil
}

func conversationsOpen(ws *Workspace, a args) (map[string]any, error) {
	if id := a.str("channel"); id != "" {
		c, err := ws.place(id)
		if err != nil {
			return nil, err
		}
		return map[string]any{"channel": ws.channelJSON(c)}, nil
	}
	users := a.list("users")
	switch {
	case len(users) == 0:
		return nil, fail("users_list_not_supplied")
	case len(users) > 1:
		return nil, fail("missing_scope", "needed", "mpim:write", "provided", strings.Join(ws.cfg.Scopes, ","))
	}
	u := ws.users[users[0]]
	switch {
	case u == nil:
		return nil, fail("user_not_found")
	case u.Deleted:
		return nil, fail("user_disabled")
	case u.Bot:
		return nil, fail("cannot_dm_bot")
	}
	before := ws.channels["D"+strings.TrimLeft(u.ID, "UW")] != nil
	c := ws.dm(u.ID)
	if !a.flag("return_im") {
		return map[string]any{"channel": map[string]any{"id": c.ID}, "no_op": before, "already_open": before}, nil
	}
	return map[string]any{"channel": ws.channelJSON(c), "no_op": before, "already_open": before}, nil
}
