package bot

import (
	"encoding/json"
	"hash/crc32"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/blocks"
)

// board is what is shown, and to be shown, of one thread. The outbox's lock guards it.
type board struct {
	id      agent.ThreadID
	valid   func() bool
	version int64 // of the state that was painted last
	opt     blocks.Options
	said    []agent.PostedView // the last report, until a state was painted that knows of it
	head    string
	made    time.Time // when this process began to show it
	strange bool      // it has not shown it before, and others may have
	began   time.Time
	asker   string // who is told when nothing can be shown
	reached bool   // something was written to the channel, by this board
	post    post
	skipped []string // answers and questions that nobody could be shown

	channel string
	root    string // ts of the thread's first message; "" until it is posted
	alias   bool   // root is a message of ours: the Slack thread has to be bound to the agent's

	cards map[string]*card
	order []string

	look      bool // messages of ours may stand there that the log doesn't know
	lookAfter time.Time
	lookTries int
	extra     []twin    // messages of ours that stand there twice
	late      time.Time // until then something may be written that this process does not know of; zero: nothing can
	again     []spot    // what is still to be looked at after that
	doubles   []spot    // below second roots
	takenOver bool      // others may have shown it before
	epoch     int64     // of the lease
	known     bool      // the agent knows that people see what is so
	busy      int       // jobs under way
	turn      bool      // one of them is a post, a look or the alias: these go one after the other
	listed    bool      // among those that step looks at
	until     time.Time // nothing of it can be sent before, unless it is listed anew
	dropped   bool      // not ours any more
	leaving   bool      // it is about to be given back: nothing is sent
	lines     []string  // channels that it waits in line for
	needed    []string  // those that it was seen to need, in the step under way
	queued    int       // of its calls, how many wait in line
	far       time.Time // when its turn comes, if it waits for nothing else
	farTold   bool      // the agent knows
	reports   []agent.PostedView
}

// sort of a card: how it reaches people.
type sort int

const (
	shown  sort = iota // a message of the thread
	noted              // told to one person alone
	letter             // a direct message, kept in step
)

// card is one view of a board.
type card struct {
	key    string
	sort   sort
	want   picture
	have   uint64 // hash of what was sent; 0: not known
	plain  uint64 // hash of what Slack refused as blocks
	ts     string // "" until posted
	where  string // the channel it stands in
	logged bool   // the log knows where it stands
	root   bool

	person   string // of notes and letters
	thread   string
	fallback bool // the person can't be reached in the channel

	busy      bool
	gone      bool // not wanted any more
	tries     int
	unsure    bool // of a letter: one may stand there already, whose answer was lost
	notBefore time.Time
	sent      time.Time // the last post or edit
}

// picture is a view as it is to be sent.
type picture struct {
	text   string
	blocks []byte // JSON, an array of count; empty: none
	count  int
	hash   uint64
	final  bool
}

func picturing(v blocks.View) picture {
	p := picture{text: v.Text, final: v.Final}
	if len(v.Blocks) > 0 {
		if b, err := json.Marshal(v.Blocks); err == nil { // else the text says it
			p.blocks, p.count = b, len(v.Blocks)
		}
	}
	return p.hashed()
}

// pictures are views by their keys.
func pictures(views []blocks.View) map[string]picture {
	all := make(map[string]picture, len(views))
	for _, v := range views {
		all[v.Key] = picturing(v)
	}
	return all
}

// under is the picture with one more block above the others.
func (p picture) under(b slack.Block) picture {
	lead, err := json.Marshal(b)
	if err != nil || p.count == 0 {
		return p
	}
	p.blocks = slices.Concat([]byte("["), lead, []byte(","), p.blocks[1:])
	p.count++
	return p.hashed()
}

// hashed tells pictures apart by two checksums, which processors compute many times faster than one of 64 bits.
func (p picture) hashed() picture {
	ieee, castagnoli := crc32.IEEETable, crc32.MakeTable(crc32.Castagnoli)
	text := []byte(p.text)
	a := crc32.Update(crc32.Checksum(text, ieee), ieee, p.blocks)
	b := crc32.Update(crc32.Checksum(text, castagnoli), castagnoli, p.blocks)
	p.hash = uint64(a)<<32 | uint64(b) | 1
	if p.final {
		p.hash ^= 1 << 33
	}
	return p
}

func (c *card) pending() bool { return c.want.hash != c.have && !c.gone }

// behind reports whether anything is to be sent, or under way, or to be reported.
func (bd *board) behind() bool {
	if bd.busy > 0 || len(bd.reports) > 0 || len(bd.extra) > 0 || bd.alias && bd.root != "" {
		return true
	}
	for _, c := range bd.cards {
		if c.pending() {
			return true
		}
	}
	return len(bd.unasked()) > 0
}

// set takes in what is to be shown now, and how it looks. posted is what the log says of where views stand.
func (bd *board) set(views []blocks.View, seen map[string]picture, notes []agent.Note, posted map[string]agent.PostedView, opt blocks.Options) {
	wanted := map[string]bool{}
	for _, v := range views {
		wanted[v.Key] = true
		c := bd.card(v.Key, shown)
		c.root = v.Root
		if p, ok := posted[v.Key]; ok && c.ts == "" && !c.busy {
			c.ts, c.where, c.logged = p.TS, p.Channel, true
		}
		c.paint(seen[v.Key])
	}
	for _, n := range notes {
		wanted[n.Key()] = true
		c := bd.card(n.Key(), noted)
		c.person, c.where, c.thread = n.Person, bd.channel, bd.root
		switch {
		case n.Place != nil: // of the home tab without a channel: directly, too
			c.where, c.thread = n.Place.Channel, n.Place.TS
		case n.Text != "":
			c.where, c.thread = "", ""
		}
		c.paint(picturing(blocks.Note(n, opt)))
	}
	for _, key := range bd.letters(posted) {
		wanted[key] = true
	}
	bd.prune(wanted)
}

// looksLike reports whether s looks as the state that was painted last: because it
// is the same, or because nothing came to it but our own report of where its views stand.
func (bd *board) looksLike(s *agent.State, opt blocks.Options) bool {
	if bd.version == 0 || bd.opt != opt || bd.channel == "" { // without a channel: policy may have one by now
		return false
	}
	return s.Version == bd.version || s.Version == bd.version+1 && bd.heard(s)
}

// heard reports whether s knows our last report, which says no more than where views stand.
func (bd *board) heard(s *agent.State) bool {
	for _, v := range bd.said {
		if v.Final || s.Views[v.Key] != v {
			return false
		}
	}
	return len(bd.said) > 0
}

// over reports whether everything on the board was sent for the last time. Letters may be written anew whatever was sent.
func (bd *board) over() bool {
	for _, c := range bd.cards {
		if c.sort == letter || !c.want.final {
			return false
		}
	}
	return bd.version > 0
}

// painted notes which state it is that the board shows.
func (bd *board) painted(s *agent.State, opt blocks.Options) {
	if bd.version != s.Version && bd.heard(s) {
		bd.said = nil
	}
	bd.version, bd.head, bd.opt = s.Version, s.Head, opt
}

// prune forgets the cards that are not wanted any more.
func (bd *board) prune(wanted map[string]bool) {
	kept := bd.order[:0]
	for _, key := range bd.order {
		c := bd.cards[key]
		if wanted[key] {
			kept = append(kept, key)
			continue
		}
		if c.gone = true; c.busy {
			kept = append(kept, key)
			continue
		}
		delete(bd.cards, key)
	}
	bd.order = kept
}

func (bd *board) card(key string, s sort) *card {
	c := bd.cards[key]
	if c == nil {
		c = &card{key: key, sort: s}
		bd.cards[key] = c
		bd.order = append(bd.order, key)
	}
	return c
}

// paint sets what the card is to show.
func (c *card) paint(p picture) {
	c.gone = false
	if c.want.hash != p.hash {
		c.tries = 0
	}
	c.want = p
}

// rest is how a thread was left with everything shown. Thousands are kept, so it is small.
type rest struct {
	version int64
	epoch   int64
	cards   []standing
	alias   bool
	reached bool
	shut    string
	people  map[string][]string // who was asked for approvals directly; nil: nobody
}

// standing is a card as it stands in Slack.
type standing struct {
	key, person, ts, where string
	have                   uint64
	sent                   time.Time
	sort                   sort
	root, logged           bool
}

// leave remembers what stands there.
func (bd *board) leave() rest {
	r := rest{version: bd.version, epoch: bd.epoch, alias: bd.alias, reached: bd.reached, shut: bd.post.shut}
	for _, key := range bd.order {
		if c := bd.cards[key]; c.sort != noted && c.ts != "" {
			r.cards = append(r.cards, standing{
				key: key, sort: c.sort, person: c.person, root: c.root, have: c.have, ts: c.ts, where: c.where, logged: c.logged, sent: c.sent,
			})
		}
	}
	for id, k := range bd.post.asks {
		if k.looked {
			if r.people == nil {
				r.people = map[string][]string{}
			}
			r.people[id] = k.people
		}
	}
	return r
}

// resume goes on where the thread was left, if nobody has run it since, or
// nothing was appended: then whoever ran it showed the same. Else everything is
// looked at, and rendered, anew.
func (bd *board) resume(r rest, version, epoch int64) {
	alone := epoch == r.epoch || epoch == r.epoch+1
	if r.version == 0 || !alone && r.version != version {
		return
	}
	bd.late, bd.takenOver = time.Time{}, false
	bd.look, bd.alias, bd.reached, bd.post.shut = false, r.alias, r.reached, r.shut
	bd.post.asks = map[string]*ask{}
	for id, people := range r.people {
		bd.post.asks[id] = &ask{id: id, looked: true, people: people}
	}
	for _, c := range r.cards {
		bd.cards[c.key] = &card{
			key: c.key, sort: c.sort, person: c.person, root: c.root, have: c.have, ts: c.ts, where: c.where, logged: c.logged, sent: c.sent,
		}
		bd.order = append(bd.order, c.key)
		if c.root { // the log does not say where it stands, if it was shown for the last time at once
			bd.root, bd.channel = c.ts, c.where
		}
	}
	slices.Sort(bd.order)
}

// report notes what the log has to know about a card that was sent.
func (bd *board) report(c *card, p picture) {
	switch {
	case c.sort == noted: // without a place: it reached nobody
		bd.reports = append(bd.reports, agent.PostedView{Key: c.key, Channel: c.where, TS: c.ts, Final: true})
	case p.final && bd.sure() || !c.logged:
		bd.reports = append(bd.reports, agent.PostedView{Key: c.key, Channel: c.where, TS: c.ts, Final: p.final && bd.sure()})
		c.logged = true
	}
}

// outside reports whether the thread hangs on a message of ours.
func outside(s *agent.State) bool { return s.Source != "mention" && s.Source != "dm" }

// placed finds out where the thread stands.
func (bd *board) placed(s *agent.State, channelOf func(string) string) {
	if p, ok := s.Views[agent.ViewRoot]; ok {
		bd.channel, bd.root = p.Channel, p.TS
		return
	}
	if s.Slack != nil && s.Slack.Channel != "" {
		bd.channel = s.Slack.Channel
		if bd.root == "" {
			bd.root = s.Slack.TS
		}
		return
	}
	if bd.channel == "" && channelOf != nil && len(s.Releases) > 0 {
		bd.channel = channelOf(s.Releases[0].Service)
	}
}

const metadataType = "releasebot_view"

func (bd *board) metadata(c *card) metadata {
	return metadata{Type: metadataType, Payload: shownAs{Thread: string(bd.id), View: c.key, Version: bd.version, Head: bd.head}}
}

// telling is the sentence for whoever asked, where the bot can't write to the channel.
func telling(channel, code string) string {
	why, remedy := "I am not in it", "Invite me there (`/invite`), and it goes on by itself."
	switch {
	case code == "is_archived":
		why, remedy = "it is archived", "Unarchive it, or ask in another channel."
	case code == "thread_not_found" || code == "cannot_reply_to_message":
		why, remedy = "the message that the thread hangs on is gone", "Ask again in a new message."
	case code == shutUnknown:
		why, remedy = "I could not write there", "I keep trying; see that I am invited (`/invite`) and that it is not archived."
	case strings.HasPrefix(code, "restricted_action"):
		why, remedy = "the workspace does not let me post there", "Ask whoever runs the workspace, or ask in another channel."
	}
	return "⚠️ I can't show your release in <#" + channel + ">: " + why + ". " + remedy
}
