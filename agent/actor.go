package agent

import "strings"

// An Actor is who or what made an event: "slack:T0ACME/U0ALICE", "token:ci",
// "schedule:nightly", "local" (a peer on loopback without a token) or "bot".
type Actor string

// Bot is the actor of everything that code did by itself; Local is somebody on
// this machine who used the API without a token.
const (
	Bot   Actor = "bot"
	Local Actor = "local"
)

// SlackActor names a person of a Slack workspace.
func SlackActor(team, user string) Actor { return Actor("slack:" + team + "/" + user) }

// TokenActor names an API token of the policy file.
func TokenActor(name string) Actor { return Actor("token:" + name) }

// Slack returns the team and user id of a Slack person; ok is false for any other actor.
func (a Actor) Slack() (team, user string, ok bool) {
	rest, ok := strings.CutPrefix(string(a), "slack:")
	if !ok {
		return "", "", false
	}
	team, user, ok = strings.Cut(rest, "/")
	return team, user, ok && user != ""
}

// User returns the Slack user id of a Slack person, and "" for any other actor.
func (a Actor) User() string {
	_, user, _ := a.Slack()
	return user
}

// Humans lists the ids of the people behind an event: the actor's own where
// that is a person, and the one it acted for. One human counts once however
// they come. It is empty for the bot and for a token that stands for nobody.
func Humans(actor Actor, onBehalfOf Actor) []string {
	var ids []string
	for _, a := range []Actor{actor, onBehalfOf} {
		if u := a.User(); u != "" && (len(ids) == 0 || ids[0] != u) {
			ids = append(ids, u)
		}
	}
	return ids
}
