package slacklocal

// method is one method of the Web API. run is called with ws.mu held.
type method struct {
	app   bool   // wants an xapp- token
	tier  int    // of rate limits; 0 has none here
	scope string // what the token must have; several: one of them
	run   func(ws *Workspace, a args) (map[string]any, error)
}

// Scopes that several methods ask for; any one of a list will do.
const (
	readHistory = "channels:history,groups:history,im:history"
	readPlaces  = "channels:read,groups:read,im:read"
	setStatus   = "assistant:write,chat:write"
)

// ManifestScopes are the bot scopes of releasebot's manifest, and the default of
// Config.Scopes. The channels:read and im:write that conversations.info, .members,
// .list and .open want are not among them: to write to a person, post to their id.
func ManifestScopes() []string {
	return []string{
		"app_mentions:read", "assistant:write", "channels:history", "chat:write", "commands",
		"groups:history", "im:history", "usergroups:read", "users:read",
	}
}

// AllScopes are the scopes of every method that the workspace can answer, for Slack
// clients other than releasebot.
func AllScopes() []string {
	return append(ManifestScopes(), "channels:read", "groups:read", "im:read", "im:write", "team:read")
}

// methods are the methods that the workspace knows. Those that Slack has and an app
// like this one has no use for answer missing_scope, all others unknown_method.
var methods = map[string]method{
	"api.test":              {run: apiTest},
	"auth.test":             {run: authTest},
	"apps.connections.open": {app: true, tier: 3, run: connectionsOpen},
	"team.info":             {tier: 3, scope: "team:read", run: teamInfo},
	"bots.info":             {tier: 3, scope: "users:read", run: botsInfo},

	"chat.postMessage":   {scope: "chat:write", run: chatPost},
	"chat.postEphemeral": {tier: 4, scope: "chat:write", run: chatPostEphemeral},
	"chat.update":        {tier: 3, scope: "chat:write", run: chatUpdate},
	"chat.delete":        {tier: 3, scope: "chat:write", run: chatDelete},
	"chat.getPermalink":  {run: chatPermalink},

	"conversations.replies": {tier: 3, scope: readHistory, run: conversationsReplies},
	"conversations.history": {tier: 3, scope: readHistory, run: conversationsHistory},
	"conversations.info":    {tier: 3, scope: readPlaces, run: conversationsInfo},
	"conversations.list":    {tier: 2, scope: readPlaces, run: conversationsList},
	"conversations.members": {tier: 4, scope: readPlaces, run: conversationsMembers},
	"conversations.open":    {tier: 3, scope: "im:write", run: conversationsOpen},

	"users.info":            {tier: 4, scope: "users:read", run: usersInfo},
	"users.list":            {tier: 2, scope: "users:read", run: usersList},
	"usergroups.list":       {tier: 2, scope: "usergroups:read", run: usergroupsList},
	"usergroups.users.list": {tier: 2, scope: "usergroups:read", run: usergroupsUsersList},

	"views.open":    {tier: 4, run: viewsOpen},
	"views.push":    {tier: 4, run: viewsPush},
	"views.update":  {tier: 4, run: viewsUpdate},
	"views.publish": {tier: 4, run: viewsPublish},

	"assistant.threads.setStatus":           {tier: 3, scope: setStatus, run: assistantStatus},
	"assistant.threads.setTitle":            {tier: 2, scope: "assistant:write", run: assistantTitle},
	"assistant.threads.setSuggestedPrompts": {tier: 2, scope: "assistant:write", run: assistantPrompts},

	"reactions.add":                {scope: "reactions:write", run: notGranted},
	"reactions.remove":             {scope: "reactions:write", run: notGranted},
	"conversations.join":           {scope: "channels:join", run: notGranted},
	"conversations.invite":         {scope: "channels:manage", run: notGranted},
	"files.getUploadURLExternal":   {scope: "files:write", run: notGranted},
	"files.completeUploadExternal": {scope: "files:write", run: notGranted},
	"pins.add":                     {scope: "pins:write", run: notGranted},
	"users.lookupByEmail":          {scope: "users:read.email", run: notGranted},
}

// notGranted stands for methods that the app's manifest asks no scope for. With a
// scope granted by Config they say that the workspace can't do it.
func notGranted(*Workspace, args) (map[string]any, error) {
	return nil, fail("feature_not_enabled")
}

func apiTest(_ *Workspace, a args) (map[string]any, error) {
	if e := a.str("error"); e != "" {
		return nil, fail(e)
	}
	return map[string]any{"args": a.values}, nil
}

func authTest(ws *Workspace, _ args) (map[string]any, error) {
	c := ws.cfg
	return map[string]any{
		"url": "https://" + c.TeamDomain + ".slack.com/", "team": c.TeamDomain, "team_id": c.TeamID,
		"user": c.BotName, "user_id": c.BotUserID, "bot_id": c.BotID, "is_enterprise_install": false,
	}, nil
}

func teamInfo(ws *Workspace, _ args) (map[string]any, error) {
	return map[string]any{"team": map[string]any{
		"id": ws.cfg.TeamID, "name": ws.cfg.TeamDomain, "domain": ws.cfg.TeamDomain, "icon": map[string]any{},
	}}, nil
}

func botsInfo(ws *Workspace, a args) (map[string]any, error) {
	if a.str("bot") != ws.cfg.BotID {
		return nil, fail("bot_not_found")
	}
	return map[string]any{"bot": map[string]any{
		"id": ws.cfg.BotID, "app_id": ws.cfg.AppID, "user_id": ws.cfg.BotUserID, "name": ws.cfg.BotName,
		"deleted": false, "updated": 0, "icons": map[string]any{},
	}}, nil
}

func connectionsOpen(ws *Workspace, _ args) (map[string]any, error) {
	return map[string]any{"url": ws.newTicket()}, nil
}
