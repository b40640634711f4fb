package bot

// Scope is something that the Slack app is allowed to do, and what of this
// package would not work without it.
type Scope struct {
	Name     string
	Why      string
	Methods  []string // of the Web API
	Events   []string // as a manifest names them
	Commands []string
}

// AppNeeds is what this package needs of its Slack app. The manifest has
// exactly this: whoever installs the app reads there what it can do.
type AppNeeds struct {
	Scopes    []Scope  // of the bot token
	AppScopes []Scope  // of the app token
	Free      []string // methods that want no scope
	Events    []string
	Commands  []string
	Shortcuts []string
}

// Needs lists what this package needs of its Slack app.
func Needs() AppNeeds {
	history := []string{"conversations.replies", "conversations.history"}
	return AppNeeds{
		Scopes: []Scope{
			{Name: "app_mentions:read", Why: "mentions begin releases", Events: []string{"app_mention"}},
			{Name: "assistant:write", Why: "Slack's agent view, whose stop button is obeyed", Events: []string{"agent_session_stopped"}},
			{Name: "channels:history", Why: "replies in a release's thread; an own message whose answer was lost", Events: []string{"message.channels"}, Methods: history},
			{Name: "chat:write", Why: "cards, answers, pages", Methods: []string{"chat.postMessage", "chat.update", "chat.postEphemeral", "chat.delete"}},
			{Name: "commands", Why: "the slash command", Commands: []string{"/release"}},
			{Name: "groups:history", Why: "as channels:history, in private channels", Events: []string{"message.groups"}, Methods: history},
			{Name: "im:history", Why: "direct messages to the bot; an own message there", Events: []string{"message.im"}, Methods: history},
			{Name: "usergroups:read", Why: "who may approve, at the moment of the click", Methods: []string{"usergroups.users.list"}},
			{Name: "users:read", Why: "no guest, nobody deactivated or of another workspace decides", Methods: []string{"users.info"}},
		},
		AppScopes: []Scope{
			{Name: "connections:write", Why: "Socket Mode", Methods: []string{"apps.connections.open"}},
		},
		Free: []string{"auth.test", "views.open", "views.publish"},
		Events: []string{
			"agent_session_stopped", "app_home_opened", "app_mention", "message.channels", "message.groups", "message.im",
		},
		Commands: []string{"/release"},
	}
}
