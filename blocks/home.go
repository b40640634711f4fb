package blocks

import (
	"slices"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

// HomeInput is what the home tab of one person shows.
type HomeInput struct {
	Environments []agent.EnvironmentLine // in the order of the policy file
	Approvals    []agent.ApprovalLine    // those that wait for this person first
	ForMe        int                     // how many of Approvals, from the first on, this person may give: they get buttons
	Mine         []agent.ReleaseLine     // this person's releases, the newest first
	Me           string                  // this person's id
	Now          time.Time
}

// How much the home tab shows; what is left out is counted, and said how to see.
const (
	homeForMe    = 12 // approvals with buttons, two blocks each
	homeOthers   = 10 // other approvals, a line each
	homeServices = 30 // services, a block each
	homeMine     = 10 // releases, a line each
	homeText     = 2400
)

// Home is the home tab: approvals that wait for this person with their buttons,
// what runs where, locks, and this person's releases. The buttons carry the
// approval's id, as those of the cards do; no card stands behind them.
func Home(in HomeInput) slack.HomeTabViewRequest {
	list := make([]slack.Block, 0, maxHomeBlocks)
	list = appendForMe(list, in)
	list = appendOthers(list, in)
	list = append(list, slack.NewDividerBlock(), header("What runs where"))
	list = appendServices(list, in)
	list = append(list, slack.NewDividerBlock(), header("My releases"))
	list = append(list, mine(in))
	list = append(list, context("As of "+date(in.Now)+" · "+mono("/release help", showName)+" lists what I understand."))
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: list[:min(len(list), maxHomeBlocks)]}}
}

// appendForMe adds what this person can decide here and now.
func appendForMe(list []slack.Block, in HomeInput) []slack.Block {
	waiting := in.Approvals[:min(max(in.ForMe, 0), len(in.Approvals))]
	if len(waiting) == 0 {
		return append(list, header("Nothing waits for you"))
	}
	list = append(list, header("Waiting for you: "+plural(len(waiting), "approval", "approvals")))
	for i, a := range waiting {
		if i == homeForMe {
			return append(list, context("… and "+strconv.Itoa(len(waiting)-i)+" more: "+mono("/release approvals", showName)))
		}
		list = append(list, section(approvalLine(a)))
		if a.State == agent.ApprovalPending && in.Now.Before(a.Expires) && !slices.Contains(a.Approved, in.Me) {
			list = append(list, actions("home/"+strconv.Itoa(i),
				button("Approve", agent.VerbApprove, a.ID, slack.StylePrimary, confirm("Approve this "+actionName(a.Plan)+"?", exactLine(a.Plan), "Approve", "Not yet", slack.StylePrimary)),
				button("Reject", agent.VerbReject, a.ID, slack.StyleDanger, nil),
			))
		}
	}
	return list
}

// appendOthers adds what waits for somebody else.
func appendOthers(list []slack.Block, in HomeInput) []slack.Block {
	rest := in.Approvals[min(max(in.ForMe, 0), len(in.Approvals)):]
	if len(rest) == 0 {
		return list
	}
	rows := []string{"*Waiting for others*"}
	for i, a := range rest {
		if i == homeOthers {
			rows = append(rows, "… and "+strconv.Itoa(len(rest)-i)+" more: "+mono("/release approvals", showName))
			break
		}
		rows = append(rows, "⏳ "+capital(lineRequest(a.Plan))+", by "+orNobody(people(a.Plan.By))+" · "+given(a)+" · id "+mono(a.ID, showName))
	}
	return append(list, section(joinLines(rows, homeText)))
}

// approvalLine is what there is to decide, in two lines.
func approvalLine(a agent.ApprovalLine) string {
	p := a.Plan
	text := "⏳ *" + capital(lineRequest(p)) + "*\n"
	if p.Replaces != "" {
		text += "Replaces " + mono(p.Replaces, showVersion) + " · "
	}
	if p.Commit != "" {
		text += "commit " + mono(short(p.Commit), showName) + " · "
	}
	return text + "asked for by " + orNobody(people(p.By)) + " · " + given(a) + " · expires " + date(a.Expires) + " · id " + mono(a.ID, showName)
}

func given(a agent.ApprovalLine) string {
	return strconv.Itoa(len(a.Approved)) + " of " + strconv.Itoa(a.Required) + " approved"
}

func orNobody(s string) string { return or(s, "releasebot") }

// appendServices adds a block for each service, a line for each of its environments.
func appendServices(list []slack.Block, in HomeInput) []slack.Block {
	if len(in.Environments) == 0 {
		return append(list, section("The policy file names no services yet."))
	}
	var rows []string
	services := 0
	for i, l := range in.Environments {
		if i == 0 || l.Service != in.Environments[i-1].Service {
			if len(rows) > 0 {
				list = append(list, section(joinLines(rows, homeText)))
			}
			if services++; services > homeServices {
				return append(list, context("… and more: "+mono("/release status", showName)))
			}
			rows = []string{"*" + word(l.Service, inline) + "*"}
		}
		rows = append(rows, environmentLines(l, in.Now)...)
	}
	return append(list, section(joinLines(rows, homeText)))
}

// environmentLines say what runs in one environment, who keeps it, and what waits.
func environmentLines(l agent.EnvironmentLine, now time.Time) []string {
	rows := []string{environmentLine(l)}
	if k := l.Lock; k != nil && (k.Until.IsZero() || now.Before(k.Until)) {
		line := "└ 🔒 locked by " + mention(k.By)
		if !k.Until.IsZero() {
			line += " until " + date(k.Until)
		}
		rows = append(rows, line+withReason(k.Reason))
	}
	if l.Holder != "" {
		line := "└ ▶️ in use by release " + mono(l.Holder, showName)
		if l.HolderSince != nil {
			line += " since " + date(*l.HolderSince)
		}
		if n := len(l.Waiting); n > 0 {
			line += ", " + plural(n, "release waits", "releases wait")
		}
		rows = append(rows, line)
	}
	return rows
}

func environmentLine(l agent.EnvironmentLine) string {
	name := word(l.Environment, inline)
	switch {
	case l.Running.Version == "" && l.Last == nil:
		return "▫️ " + name + ": nothing released yet"
	case l.Running.Version == "":
		return "❓ " + name + ": not known for sure; the last release, " + mono(l.Last.Version, showVersion) + ", ended " + say(l.Last.Outcome, showName)
	}
	sym, health := fine, "healthy"
	if !l.Running.Healthy {
		sym, health = "❓", "health not known"
		if l.Last != nil && l.Last.Version == l.Running.Version && l.Last.Outcome != "" {
			sym, health = symbol(l.Last.Outcome), say(l.Last.Outcome, showName)
		}
	}
	line := sym + " " + name + ": " + mono(l.Running.Version, showVersion) + ", " + health
	if !l.Running.Since.IsZero() {
		line += ", since " + date(l.Running.Since)
	}
	if l.Last != nil && l.Last.Version == l.Running.Version && len(l.Last.By) > 0 {
		line += " by " + people(l.Last.By)
	}
	return line
}

// mine lists this person's releases.
func mine(in HomeInput) slack.Block {
	if len(in.Mine) == 0 {
		return section("None yet. Mention me in a channel: deploy SERVICE VERSION to ENVIRONMENT.")
	}
	var rows []string
	for i, r := range in.Mine {
		if i == homeMine {
			rows = append(rows, "… and "+strconv.Itoa(len(in.Mine)-i)+" older")
			break
		}
		rows = append(rows, symbol(r.State)+" "+capital(lineRequest(r))+": "+say(r.State, showName)+" · id "+mono(r.ID, showName))
	}
	return section(joinLines(rows, homeText))
}

// lineRequest says what a release of a list does, as request does.
func lineRequest(l agent.ReleaseLine) string { return request(ofLine(l)) }

func exactLine(l agent.ReleaseLine) string {
	r := ofLine(l)
	r.Plan = &agent.Plan{Version: l.Version, Commit: l.Commit, Previous: agent.Running{Version: l.Replaces}}
	return exactly(r)
}

func actionName(l agent.ReleaseLine) string { return actionWord(ofLine(l)) }

func ofLine(l agent.ReleaseLine) *agent.ReleaseState {
	return &agent.ReleaseState{Action: l.Action, Service: l.Service, Env: l.Env, Version: l.Version}
}
