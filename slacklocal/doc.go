// Package slacklocal is a Slack workspace in memory, for tests, for `demo` and
// for `local`: the Web API and Socket Mode as one http.Handler that the official
// clients accept, and a Go API that plays the people.
//
// # Model
//
// A [Workspace] holds one team, one app (its bot user is a member of it), people,
// channels, user groups, messages with their edit history, modals and home tabs.
// The app reaches it as it reaches Slack: over HTTP below /slack/api/, with a
// token that begins with xoxb- or xapp-, in a form body or as JSON with a Bearer
// header. What happens in the workspace reaches the app as it does from Slack: as
// envelopes over the websocket links that apps.connections.open hands out, any
// envelope on any of them, each to be acknowledged within 3 seconds.
//
//	ws := slacklocal.New(slacklocal.Config{})
//	defer ws.Close()
//	base, err := ws.Start("127.0.0.1:0") // the Slack API stands at base + "/slack/api/"
//	ws.AddUser(slacklocal.User{ID: "U0ANN", Name: "ann"})
//	ws.AddChannel("C0REL", "releases", "U0ANN")
//	ts := ws.Post("U0ANN", "C0REL", "@releasebot deploy shop 1.4.2 to production", "")
//	card, err := ws.WaitMessage(ctx, "C0REL", func(m slacklocal.Message) bool { return m.ThreadTS == ts })
//	fmt.Println(ws.Render(card))
//	err = ws.Click("U0BOB", "C0REL", card.TS, "Approve")
//
// People may act in any channel, whether they are members or not; the app may not.
//
// # Strictness
//
// What Slack refuses is refused here with Slack's own error code, and where Slack
// names the place of a broken block (response_metadata.messages with a JSON
// pointer), so does this package. Where Slack's behaviour is not known for
// certain, the stricter reading holds: an acknowledgement counts only on the
// socket that carried the envelope and only within 3 seconds.
//
// # Faults
//
// [Workspace.Fail] makes the next calls of a method go wrong (429, 500, a hang, HTML
// instead of JSON, an error code, or the effect without the answer). Deliveries can
// be held, reversed, doubled and retried at will; sockets can be refreshed, dropped,
// left without hello or pings. See faults.go.
//
// # Time
//
// Everything that Slack measures (rates, the 3 seconds of a trigger, the 30 minutes
// of a response_url, retries) is measured on [Config].Now. With a clock of your own,
// call [Workspace.Tick] after moving it. Only websocket pings run on real time.
//
// # Proof
//
// The tests drive it with slack-go, and with Slack's own Node clients (Bolt,
// socket-mode, web-api) where `npm ci` was run in clients/; RELEASEBOT_REQUIRE_NODE=1
// turns their absence from a skip into a failure.
//
// # Guarantees
//
// All methods may be called from any goroutine. What is returned is a copy, or is
// never changed again. Conditions given to [Workspace.WaitFor] are looked at again
// after each change, so nothing here needs to sleep. [Workspace.Close] waits for
// every goroutine that the workspace started.
package slacklocal
