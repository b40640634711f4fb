package blocks

import (
	"strconv"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

// What a plan's OnFailure may say, as the policy file writes it; anything else proposes a rollback.
const (
	rollsBack = "rollback"
	onlyPages = "page"
)

// freezes is the rule of the refusal that a broken glass can lift.
const freezes = "freeze"

// facts are what ships and what it replaces, side by side.
func facts(r *agent.ReleaseState) slack.Block {
	p := r.Plan
	what := mono(p.Version, showVersion)
	if p.Commit != "" {
		what += ", commit " + mono(short(p.Commit), showName)
	}
	if says := ciSays(p); says != "" {
		what += "\n" + says
	}
	ships := "Ships"
	if p.Action == "rollback" {
		ships = "Goes back to"
	}
	now, instead := p.Previous, ""
	if c := r.Context; c != nil && c.Current.Version != p.Previous.Version {
		now = c.Current
		if v := p.Previous.Version; v != "" { // those ahead in the queue ship first
			instead = mono(v, showVersion) + ", which ships first"
		}
	}
	runs := "Replaces"
	if instead != "" {
		runs = "Runs there now"
	}
	return fields(
		ships, what,
		runs, running(now),
		"Replaces by then", instead,
		"Last release there", last(r),
		"If it fails", onFailure(p),
		"Asked for by", asker(r.By, r.Actor)+", "+date(r.Asked),
		"Checked afterwards", checks(p),
	)
}

// shipped is what of the facts stays on a card that is decided: the plan that
// it was about. What was looked up since belongs to another one.
func shipped(r *agent.ReleaseState) slack.Block {
	p := r.Plan
	text := capital(request(r))
	if p.Commit != "" {
		text += ", commit " + mono(short(p.Commit), showName)
	}
	if p.Previous.Version != "" {
		text += ", in place of " + mono(p.Previous.Version, showVersion)
	}
	return section(text + "\nAsked for by " + asker(r.By, r.Actor) + ", " + date(r.Asked))
}

// warnings come first: what is not as an approver would expect it.
func warnings(s *agent.State, r *agent.ReleaseState) []slack.Block {
	var list []string
	if of := s.Release(r.Of); r.Edits && of != nil {
		list = append(list, "✏️ *Edited by an approver:* release "+mono(of.ID, showName)+" proposed "+mono(of.Version, showVersion)+" to "+word(of.Env, inline)+".")
	}
	if r.Plan != nil && r.Plan.Glass != "" {
		list = append(list, "🔨 *In spite of a freeze.* Glass broken by "+sentence(r.Plan.Glass, showReason))
	}
	if r.Plan != nil && len(r.Plan.Changed) > 0 {
		list = append(list, "⚠️ *Changed since the last card:* "+changed(r.Plan.Changed))
	}
	if r.Plan != nil && r.Plan.CI != nil && r.Plan.CI.State == "failed" {
		list = append(list, "❌ *CI has failed* for the commit that ships.")
	}
	if c := r.Context; c != nil && c.Changes != nil && r.Action != "rollback" {
		switch {
		case c.Changes.Backward:
			list = append(list, "⚠️ *Older than what runs there now:* it takes commits back.")
		case c.Changes.Diverged:
			list = append(list, "⚠️ *Diverged:* what runs there now has commits that this version lacks.")
		}
	}
	if len(list) == 0 {
		return nil
	}
	return []slack.Block{lines(list)}
}

// appendDetails adds the changes, and what could not be found out.
func appendDetails(list []slack.Block, r *agent.ReleaseState) []slack.Block {
	if r.Context == nil {
		return list
	}
	if about := changes(r.Context); len(about) > 0 {
		list = append(list, lines(about))
	}
	if len(r.Context.Problems) > 0 {
		list = append(list, context("⚠️ Not found out: "+named(r.Context.Problems, func(p string) string { return say(p, showLine) })))
	}
	return list
}

// running is a version and since when it runs.
func running(v agent.Running) string {
	if v.Version == "" {
		return "not known"
	}
	text := mono(v.Version, showVersion)
	if !v.Since.IsZero() {
		text += " since " + date(v.Since)
	}
	if v.Healthy {
		text += ", healthy"
	}
	return text
}

// last is the last release of the environment and how it went.
func last(r *agent.ReleaseState) string {
	if r.Context == nil {
		return ""
	}
	o := r.Context.Last
	if o == nil {
		return "none that releasebot knows of"
	}
	word := o.Outcome
	if word == agent.OutcomeDone {
		word = "done, healthy"
	}
	where := " of "
	if o.Action == "rollback" {
		where = " to "
	}
	text := symbol(o.Outcome) + " " + say(o.Action, showName) + where + mono(o.Version, showVersion) + ": " + say(word, showName)
	if !o.At.IsZero() {
		text += ", " + date(o.At)
	}
	if len(o.By) > 0 {
		text += " by " + people(o.By)
	}
	return text
}

// onFailure says what follows a failure, and whether by itself.
func onFailure(p *agent.Plan) string {
	switch {
	case p.Action == "rollback":
		return "people are paged"
	case p.OnFailure == onlyPages:
		return "people are paged; nothing is rolled back by itself"
	case p.Rollback == "":
		return "people are paged: no earlier healthy version is known"
	case p.OnFailure == rollsBack:
		return "goes back to " + mono(p.Rollback, showVersion) + " *by itself*; approving this allows it"
	}
	return "a rollback to " + mono(p.Rollback, showVersion) + " is proposed, and asked about"
}

// checks says what is looked at after the deploy.
func checks(p *agent.Plan) string {
	if len(p.Checks) == 0 {
		return "nothing; a deploy that ends well counts as healthy"
	}
	return checkNames(p.Checks)
}

// ciSays is what CI said of what ships, with the way to its page; "" where the source knows of no CI.
func ciSays(p *agent.Plan) string {
	if p == nil || p.CI == nil {
		return ""
	}
	sym, says, why := "⚠️", "not known", inBrackets(p.CI.Why)
	switch state := string(p.CI.State); state {
	case "passed":
		sym, says, why = fine, state, ""
	case "failed":
		sym, says, why = bad, state, ""
	case "running":
		sym, says, why = "⏳", state, ""
	case "none":
		sym, says, why = skipped, "knows nothing of this commit", ""
	}
	return "CI: " + sym + " " + or(link(p.CI.URL, says), says) + why
}

func inBrackets(why string) string {
	if why = say(why, showLine); why == "" {
		return ""
	}
	return " (" + why + ")"
}

// changes lists the first commits with their authors and counts the rest.
func changes(c *agent.ReleaseContext) []string {
	ch := c.Changes
	if ch == nil {
		return nil
	}
	if ch.Total == 0 && len(ch.Commits) == 0 {
		if c.Version.SHA == "" { // nothing knows the version's commits: that is not none
			return nil
		}
		return []string{"*Changes:* none"}
	}
	total := max(ch.Total, len(ch.Commits))
	title := "*Changes:* " + plural(total, "commit", "commits")
	if ch.Backward {
		title = "*Takes back:* " + plural(total, "commit", "commits")
	}
	if len(ch.Authors) > 0 {
		title += " by " + named(ch.Authors, func(a string) string { return say(a, showName) })
	}
	list := []string{title}
	for i, commit := range ch.Commits {
		if i == showCommits {
			break
		}
		line := "• " + mono(short(commit.SHA), 16) + " " + say(commit.Title, showTitle)
		if author := say(commit.Author, showName); author != "" {
			line += " – " + author
		}
		list = append(list, line)
	}
	if rest := total - min(len(ch.Commits), showCommits); rest > 0 {
		list = append(list, "… and "+strconv.Itoa(rest)+" more")
	}
	return list
}
