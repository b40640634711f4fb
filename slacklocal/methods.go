package slacklocal

// method is one method of the Web API. run is called with ws.mu held.
type method struct {
	app   bool   // wants an xapp- token
	tier  int    // of rate limits; 0 has none here
	scope string // what the token must have; several: one of them
	run   func(ws *Workspace, a args) (map[string]any, error)
}

const (
	readHistory = "channels:history,groups:history,im:history"
	readPlaces  = "channels:read,groups:read,im:read,mpim:read,channels:history,groups:history,im:history"
	openDM      = "im:write,chat:write"
)

// methods are the methods that the workspace knows. Methods that Slack has and the
// app was not granted answer missing_scope, others unknown_method.
//
// conversations.info, .members and .open want scopes of their own on real Slack
// (channels:read, im:write), which the app does not have: chat.postMessage takes a
// person's id, and that is the way round. They are answered here to whoever holds a
// history scope, so that other Slack clients can look around in the workspace.
var methods = map[string]method{
	"api.test":              {run: apiTest},
	"auth.test":             {run: authTest},
	"apps.connections.open": {app: true, tier: 3, run: connectionsOpen},
	"team.info":             {tier: 3, run: teamInfo},
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
	"conversations.open":    {tier: 3, scope: openDM, run: conversationsOpen},

	"users.info":            {tier: 4, scope: "users:read", run: usersInfo},
	"users.list":            {tier: 2, scope: "users:read", run: usersList},
	"usergroups.list":       {tier: 2, scope: "usergroups:read", run: usergroupsList},
	"usergroups.users.list": {tier: 2, scope: "usergroups:read", run: usergroupsUsersList},

	"views.open":    {tier: 4, run: viewsOpen},
	"views.push":    {tier: 4, run: viewsPush},
	"views.update":  {tier: 4, run: viewsUpdate},
	"views.publish": {tier: 4, run: viewsPublish},

	"assistant.threads.setStatus":           {tier: 3, scope: "assistant:write,chat:write", run: assistantStatus},
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

// assistantStatus sets the line that stands below a thread while the app works. It
// vanishes with the app's next message there.
func assistantStatus(ws *Workspace, a args) (map[string]any, error) {
	c, err := ws.postable(a.str("channel_id"))
	if err != nil {
		return nil, err
	}
	if c.find(a.str("thread_ts")) == nil {
		return nil, fail("invalid_thread_ts")
	}
	if len(a.list("loading_messages")) > 10 {
		return nil, fail("invalid_arguments")
	}
	ws.statuses[c.ID+" "+a.str("thread_ts")] = a.str("status")
	ws.change(Change{Kind: StatusSet, Channel: c.ID, Text: a.str("status")})
	return nil, nil
}

func assistantTitle(ws *Workspace, a args) (map[string]any, error) {
	if _, err := ws.postable(a.str("channel_id")); err != nil {
		return nil, err
	}
	return nil, nil
}

func assistantPrompts(ws *Workspace, a args) (map[string]any, error) {
	if _, err := ws.postable(a.str("channel_id")); err != nil {
		return nil, err
	}
	var prompts []struct{ Title, Message string }
	if !a.json("prompts", &prompts) || len(prompts) > 4 {
		return nil, fail("invalid_arguments")
	}
	return nil, nil
}

// Status returns what the app's status below a thread says, or "".
func (ws *Workspace) Status(channel, thread string) string {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return ws.statuses[channel+" "+thread]
}
