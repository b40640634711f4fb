package bot

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/blocks"
	"github.com/releasebot/releasebot/policy"
)

// A letter is a direct message that is kept in step as cards are: an approval's
// card, or a question that holds a release up, for each who may answer it, where no
// channel shows it; and word to whoever asked, where their channel can't be
// written to. The log knows where it stands.
const letterPrefix = "letter/"

func letterTo(what, person string) string { return letterPrefix + what + "/" + person }

// askerLetter is the letter to whoever asked.
const askerLetter = "asker"

// shutUnknown: the channel could not be written to before this process had the thread.
const shutUnknown = "unknown"

// post is what of a thread goes out as letters.
type post struct {
	shut  string          // why the channel can't be written to, in Slack's word; "" it can
	asks  map[string]*ask // by the approval's or question's id
	state []outlook       // how the releases stand, for whoever asked
}

// ask is an approval or a question that may have to be asked directly.
type ask struct {
	id     string
	always bool    // a question: whoever may answer it may do so whatever they have said before
	card   picture // zero: it is not rendered any more
	open   bool
	from   []policy.Subject
	spoken []string // who has approved already
	by     []string // who asked
	policy []byte   // the plan's, as it is kept: whether who asked may approve is looked up when it matters
	people []string // who is asked, once that was looked up

	looked bool
	busy   bool
	tries  int
	after  time.Time
}

// take takes in which approvals a state has, and how its releases stand. It is
// done for every state that is shown, and most threads need no letters: so it keeps what
// they are made of, and makes nothing of it. A card that the thread has shown for
// the last time is not rendered any more; as long as a letter shows it too it is, so that
// whichever of the two goes out last says how it was decided.
func (p *post) take(s *agent.State, seen map[string]picture) {
	if p.asks == nil {
		p.asks = map[string]*ask{}
	}
	p.state = p.state[:0]
	for _, r := range s.Releases {
		p.state = append(p.state, outlook{headline: blocks.Headline(r), word: r.Word(), id: r.ID})
		for _, a := range r.Voided {
			p.approval(r, a, p.card(s, r, a, seen))
		}
		if r.Approval != nil {
			p.approval(r, r.Approval, p.card(s, r, r.Approval, seen))
		}
	}
	p.questions(s, seen)
}

// questions takes in what a state asks of those who may decide.
func (p *post) questions(s *agent.State, seen map[string]picture) {
	for i := range s.Questions {
		q := &s.Questions[i]
		if q.Kind == agent.InputClarify { // of whoever spoke
			continue
		}
		k := p.asks[q.ID]
		if k == nil {
			k = &ask{id: q.ID, always: true}
			p.asks[q.ID] = k
		}
		k.card, k.open, k.from = seen[agent.ViewQuestion(q.ID)], q.Answer == nil, q.To
	}
	for id, k := range p.asks {
		if k.always && k.open && s.Question(id) == nil {
			k.card, k.open = picture{}, false
		}
	}
}

// card is the approval's card as the thread shows it, or as it has shown it for the last time.
func (p *post) card(s *agent.State, r *agent.ReleaseState, a *agent.Approval, seen map[string]picture) picture {
	c, ok := seen[agent.ViewApproval(a.ID)]
	if k := p.asks[a.ID]; !ok && (k != nil && len(k.people) > 0 || lettered(s, a.ID)) {
		return picturing(blocks.Approval(s, r, a))
	}
	return c
}

// lettered reports whether the log knows of a letter about the approval.
func lettered(s *agent.State, id string) bool {
	for key := range s.Views {
		if strings.HasPrefix(key, letterTo(id, "")) {
			return true
		}
	}
	return false
}

// outlook is how a release stands.
type outlook struct{ headline, word, id string }

func (s outlook) String() string {
	return escape(s.headline) + ": " + escape(s.word) + " (`" + s.id + "`)"
}

func (p *post) approval(r *agent.ReleaseState, a *agent.Approval, v picture) {
	k := p.asks[a.ID]
	if k == nil {
		k = &ask{id: a.ID}
		p.asks[a.ID] = k
	}
	k.card, k.open = v, a.State == agent.ApprovalPending && v.count > 0
	k.from, k.policy = a.From, nil
	k.by, k.spoken = append(k.by[:0], r.By...), k.spoken[:0]
	if r.Plan != nil {
		k.policy = r.Plan.Policy
	}
	for _, g := range a.Approvers {
		k.spoken = append(k.spoken, g.Person)
	}
}

// not lists who is not to be asked: who has approved already, and, unless policy lets them, who asked.
func (k *ask) not() []string {
	if k.always {
		return nil
	}
	plan := agent.ReleaseState{Plan: &agent.Plan{Policy: k.policy}}
	if env, err := plan.Policy(); err != nil || !env.Approval.Self {
		return slices.Concat(k.spoken, k.by)
	}
	return slices.Clone(k.spoken)
}

// hidden reports whether people can't see what the thread shows.
func (bd *board) hidden() bool { return bd.channel == "" || bd.post.shut != "" }

// unasked lists what is asked of people who have to be found out.
func (bd *board) unasked() []*ask {
	if !bd.hidden() {
		return nil
	}
	var list []*ask
	for _, k := range bd.post.asks {
		if k.open && !k.looked {
			list = append(list, k)
		}
	}
	slices.SortFunc(list, func(a, b *ask) int { return strings.Compare(a.id, b.id) })
	return list
}

// write writes the letters anew, and returns their keys.
func (bd *board) write() []string {
	for _, id := range slices.Sorted(maps.Keys(bd.post.asks)) {
		k := bd.post.asks[id]
		for _, person := range k.people {
			if key := letterTo(k.id, person); bd.cards[key] != nil || k.open && bd.hidden() {
				bd.letter(key, person).put(k.picture(bd.why()), k.open)
			}
		}
	}
	if key := letterTo(askerLetter, bd.asker); bd.asker != "" && bd.channel != "" && (bd.cards[key] != nil || bd.post.shut != "") {
		bd.letter(key, bd.asker).put(bd.told(), bd.post.shut != "")
	}
	var keys []string
	for key, c := range bd.cards {
		if c.sort == letter {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// put paints a letter. One that was not sent yet, and is needed no more, is not sent.
func (c *card) put(p picture, needed bool) {
	c.paint(p)
	if !needed && c.ts == "" && !c.busy {
		c.have = c.want.hash
	}
}

// letters takes in which letters the log knows of, and writes them anew.
func (bd *board) letters(posted map[string]agent.PostedView) (keys []string) {
	for _, key := range slices.Sorted(maps.Keys(posted)) {
		v := posted[key]
		rest, ours := strings.CutPrefix(key, letterPrefix)
		cut := strings.LastIndex(rest, "/") // a question's id has a slash of its own
		if !ours || cut < 0 || cut == len(rest)-1 {
			continue
		}
		what, person := rest[:cut], rest[cut+1:]
		c := bd.letter(key, person)
		if c.ts == "" && !c.busy {
			c.ts, c.where, c.logged = v.TS, v.Channel, true
			bd.heardOf(c)
			if what == askerLetter && bd.channel != "" && bd.post.shut == "" && !bd.reached {
				bd.post.shut = shutUnknown // else whoever asked has been told that it is open
			}
		}
		switch k := bd.post.asks[what]; {
		case k != nil && !slices.Contains(k.people, person):
			k.people = append(k.people, person)
		case k == nil && what != askerLetter:
			c.paint(decidedMeanwhile(what))
		}
	}
	keys = bd.write()
	if !bd.sure() { // one that stands there twice is found by its card
		return keys
	}
	return slices.DeleteFunc(keys, func(key string) bool { // what was said for the last time, and is known to have been
		c := bd.cards[key]
		_, stands := posted[key]
		return !stands && !c.pending() && (c.want.final || c.ts == "" && !bd.hidden())
	})
}

// heardOf: the log knows of a letter that another process wrote. If everything was looked at before
// that was known, it is now: one from before may stand there too.
func (bd *board) heardOf(c *card) {
	if at := (spot{channel: c.where}); bd.late.IsZero() && !slices.Contains(bd.again, at) {
		bd.again = append(bd.again, at)
	}
}

// letter is the card of a letter.
func (bd *board) letter(key, person string) *card {
	c := bd.card(key, letter)
	c.person = person
	return c
}

// unseen: where nothing can be shown, answers, and questions that are answered,
// count as shown, or the thread would wait for that for ever.
func (bd *board) unseen(views []blocks.View) {
	bd.skipped = slices.DeleteFunc(bd.skipped, func(key string) bool { // it may be asked again
		return !slices.ContainsFunc(views, func(v blocks.View) bool { return v.Key == key && v.Final })
	})
	for _, v := range views {
		kind, _, _ := strings.Cut(v.Key, "/")
		if kind != "answer" && kind != "question" || !v.Final || slices.Contains(bd.skipped, v.Key) {
			continue
		}
		bd.skipped = append(bd.skipped, v.Key)
		bd.reports = append(bd.reports, agent.PostedView{Key: v.Key, Final: true})
	}
}

// why says why people are told directly, "" where they need not be any more.
func (bd *board) why() string {
	switch {
	case bd.channel == "":
		return "You are told directly: this service has no channel."
	case bd.post.shut != "":
		return "You are told directly: I can't write to <#" + bd.channel + ">."
	}
	return ""
}

// picture is the approval's card as a letter.
func (k *ask) picture(why string) picture {
	if k.card.count == 0 {
		return decidedMeanwhile(k.id)
	}
	if why != "" && k.open && k.card.count < blocksMost {
		if !k.always {
			why += " The buttons stand on my Home tab, too."
		}
		return k.card.under(slack.NewContextBlock("", slack.NewTextBlockObject(slack.MarkdownType, why, false, false)))
	}
	return k.card
}

// blocksMost is how many blocks Slack takes in a message.
const blocksMost = 50

func decidedMeanwhile(id string) picture {
	return picturing(blocks.View{Text: "Nobody has to decide this any more. `/release why " + escape(id) + "` says how it stands.", Final: true})
}

// told is the letter to whoever asked: that nothing can be shown, and how it stands.
func (bd *board) told() picture {
	if bd.post.shut == "" {
		return picturing(blocks.View{Text: "Your release is shown in <#" + bd.channel + "> now.", Final: true})
	}
	lines := []string{telling(bd.channel, bd.post.shut)}
	for _, r := range bd.post.state {
		lines = append(lines, r.String())
	}
	return picturing(blocks.View{Text: strings.Join(lines, "\n• ")})
}

// shut: the channel can't be written to. Whoever asked and whoever may approve are told directly.
func (o *outbox) shut(bd *board, code string) {
	if bd.post.shut != code {
		o.bot.cfg.Log.Warn("a channel can't be written to", "thread", bd.id, "channel", bd.channel, "code", code)
	}
	bd.post.shut = code
	bd.write()
}

// opened: something was written to the channel.
func (bd *board) opened() {
	bd.reached = true
	if bd.post.shut != "" {
		bd.post.shut = ""
		bd.write()
	}
}

// failedLetter: a letter did not go out as it is. It is not tried for ever: who
// can't be reached directly finds the approval on the home tab and by command.
func (o *outbox) failedLetter(j job, f failure, now time.Time) {
	c := j.card
	c.notBefore = now.Add(o.bot.pause(f, c.tries))
	c.tries++
	switch {
	case j.verb == toEdit && gone(f.code):
		c.ts, c.have, c.logged = "", 0, false
	case f.kind == refused && tooMuch(f.code) && !j.plain:
		c.plain, c.notBefore = j.view.hash, now
	case f.kind == refused, c.tries >= lettersTried:
		o.missed(j, f.code)
		c.have = j.view.hash
	}
}

// lettersTried is how often a direct message is tried whose answers are lost: it may have come twice then.
const lettersTried = 4

// missed notes that somebody could not be told directly.
func (o *outbox) missed(j job, code string) {
	o.bot.cfg.Log.Warn("somebody could not be told directly", "thread", j.board.id, "view", j.card.key, "person", j.card.person, "code", code)
}

// asked: it was found out who may approve. Where that is nobody by name, whoever asked is told.
func (bd *board) asked(k *ask, people []string) {
	k.looked, k.tries = true, 0
	if len(people) == 0 && bd.asker != "" {
		people = []string{bd.asker}
	}
	for _, p := range people {
		if !slices.Contains(k.people, p) {
			k.people = append(k.people, p)
		}
	}
	bd.write()
}
