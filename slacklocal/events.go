package slacklocal

// event sends one event to the app. ws.mu is held.
func (ws *Workspace) event(e map[string]any) {
	id := ws.nextID("Ev")
	ws.deliver(&delivery{
		Delivery: Delivery{Type: "events_api", EventID: id, Event: str(e, "type")},
		payload: map[string]any{
			"token": "local", "team_id": ws.cfg.TeamID, "context_team_id": ws.cfg.TeamID,
			"context_enterprise_id": nil, "api_app_id": ws.cfg.AppID, "type": "event_callback",
			"event_id": id, "event_time": ws.now().Unix(), "event_context": "4-local", "event": e,
			"is_ext_shared_channel": false,
			"authorizations": []any{map[string]any{
				"enterprise_id": nil, "team_id": ws.cfg.TeamID, "user_id": ws.cfg.BotUserID,
				"is_bot": true, "is_enterprise_install": false,
			}},
		},
	})
}

// deliverMessage tells the app of a message: as message, and as app_mention where a
// person mentions the bot in a channel. The two have event ids of their own.
func (ws *Workspace) deliverMessage(c *channel, m *Message) {
	message := ws.messageJSON(c, m)
	message["channel"], message["channel_type"], message["event_ts"] = c.ID, c.kind(), m.TS
	if m.BotID == "" {
		message["client_msg_id"] = ws.nextID("client-")
	}
	mentioned := c.IM == "" && m.BotID == "" && mentions(m.Text, ws.cfg.BotUserID)
	if mentioned && ws.cfg.MentionLast {
		ws.event(message)
	}
	if mentioned {
		mention := map[string]any{"type": "app_mention"}
		for _, k := range []string{"user", "text", "ts", "channel", "event_ts", "thread_ts", "parent_user_id", "team", "blocks", "client_msg_id"} {
			if v, ok := message[k]; ok {
				mention[k] = v
			}
		}
		ws.event(mention)
	}
	if !mentioned || !ws.cfg.MentionLast {
		ws.event(message)
	}
}

func (ws *Workspace) deliverChanged(c *channel, m *Message, before map[string]any) {
	ts := ws.newTS()
	ws.event(map[string]any{
		"type": "message", "subtype": "message_changed", "hidden": true,
		"channel": c.ID, "channel_type": c.kind(), "ts": ts, "event_ts": ts,
		"message": ws.messageJSON(c, m), "previous_message": before,
	})
}

func (ws *Workspace) deliverDeleted(c *channel, m *Message, before map[string]any) {
	ts := ws.newTS()
	ws.event(map[string]any{
		"type": "message", "subtype": "message_deleted", "hidden": true,
		"channel": c.ID, "channel_type": c.kind(), "ts": ts, "event_ts": ts,
		"deleted_ts": m.TS, "previous_message": before,
	})
}

// userJSONShort is a person as interactive payloads name them.
func (ws *Workspace) userJSONShort(id string) map[string]any {
	u := ws.users[id]
	return map[string]any{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": u.TeamID}
}

// interaction sends an interactive envelope. ws.mu is held.
func (ws *Workspace) interaction(user string, payload map[string]any, onAck func(map[string]any), onLost func(string)) {
	payload["team"] = map[string]any{"id": ws.cfg.TeamID, "domain": ws.cfg.TeamDomain}
	payload["enterprise"], payload["is_enterprise_install"] = nil, false
	payload["user"] = ws.userJSONShort(user)
	payload["api_app_id"], payload["token"] = ws.cfg.AppID, "local"
	ws.deliver(&delivery{
		Delivery: Delivery{Type: "interactive", Event: str(payload, "type")},
		payload:  payload, onAck: onAck, onLost: onLost,
	})
}
