package bot

import (
	"context"
	"sync"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/blocks"
)

// Sizes and times of the outbox.
const (
	callsAtOnce  = 64
	bornFor      = 3 * time.Second // shorter than any lease: within it nobody else has shown a thread that began here
	graceAtEnd   = 3 * time.Second // for calls under way when Run ends
	rememberMost = 4096
)

// outbox brings boards to Slack. step decides what is sent when, and is given
// the time; run is the goroutines around it.
type outbox struct {
	bot  *Bot
	kick chan struct{}

	mu       sync.Mutex
	boards   map[agent.ThreadID]*board
	listed   []*board // those with something to send, in the order they asked
	spare    []*board // what listed was before, for its room
	draining map[agent.ThreadID]int
	born     map[agent.ThreadID]time.Time // threads that began here a moment ago: nobody has shown them, if their lease is the first
	resting  map[agent.ThreadID]rest      // how threads were left that were in step
	subjects map[string]subject           // what releases and approvals are about, for forms
	pace     pace
	lines    map[string]*line          // by channel, where posts wait
	waiting  int                       // places in all of them
	away     map[agent.ThreadID]absent // threads that were given back while they wait there
}

func newOutbox(b *Bot) *outbox {
	return &outbox{
		bot: b, kick: make(chan struct{}, 1), boards: map[agent.ThreadID]*board{}, draining: map[agent.ThreadID]int{},
		born: map[agent.ThreadID]time.Time{}, resting: map[agent.ThreadID]rest{}, subjects: map[string]subject{},
		pace: newPace(b.cfg.PostEvery, b.cfg.PostBurst), lines: map[string]*line{}, away: map[agent.ThreadID]absent{},
	}
}

// show takes in a state. It renders at once and keeps nothing of s.
func (o *outbox) show(s *agent.State, epoch int64, valid func() bool) agent.Shown {
	opt := o.bot.options()
	if known, how := o.known(s, opt, epoch, valid); known {
		return how
	}
	views := blocks.Thread(s, opt)
	seen := pictures(views) // before the lock is taken: it is most of the work
	now := o.bot.cfg.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	bd := o.boards[s.ID]
	if bd == nil {
		bd = o.open(s, epoch, now)
	}
	bd.painted(s, opt)
	bd.valid, bd.epoch, bd.leaving = valid, epoch, false
	if humans := agent.Humans(s.Asker, s.OnBehalf); len(humans) > 0 {
		bd.asker = humans[0]
	}
	bd.placed(s, o.bot.cfg.Channel)
	bd.post.take(s, seen)
	if bd.channel == "" { // nowhere to show anything but to those who may approve
		bd.unseen(views)
		views = nil
	}
	bd.set(views, seen, s.Notes, s.Views, opt)
	o.remember(s)
	return o.shown(bd)
}

// known takes in a state that looks as the one painted last, if s is one: then there is nothing to render.
func (o *outbox) known(s *agent.State, opt blocks.Options, epoch int64, valid func() bool) (known bool, how agent.Shown) {
	o.mu.Lock()
	defer o.mu.Unlock()
	bd := o.boards[s.ID]
	if bd == nil || !bd.looksLike(s, opt) {
		return false, agent.Behind
	}
	bd.painted(s, opt)
	stays := bd.leaving // it was to be given back, and was not
	bd.valid, bd.epoch, bd.leaving = valid, epoch, false
	if bd.listed && !stays { // it waits for a time, and nothing has changed
		bd.known = !bd.behind()
		return true, bd.shown()
	}
	return true, o.shown(bd)
}

// shown says how far people see what a board is to show. If something is left to do for it, step looks at it.
func (o *outbox) shown(bd *board) agent.Shown {
	if bd.pending() {
		o.list(bd)
	}
	bd.known = !bd.behind()
	return bd.shown()
}

// open begins a board. What another process may have shown is looked for, and
// then shown once more when nothing of it can come any more.
func (o *outbox) open(s *agent.State, epoch int64, now time.Time) *board {
	bd := &board{id: s.ID, cards: map[string]*card{}, began: s.Began, made: now, alias: outside(s)}
	if epoch > 1 || now.Sub(o.born[s.ID]) > bornFor || len(s.Views) > 0 {
		bd.look, bd.takenOver = true, true
		o.doubt(bd, now)
	}
	delete(o.born, s.ID)
	rest, known := o.resting[s.ID]
	if !known {
		rest, known = o.comes(bd, epoch, now)
	}
	bd.strange = bd.look && !known
	bd.resume(rest, s.Version, epoch)
	delete(o.resting, s.ID)
	o.boards[s.ID] = bd
	return bd
}

// quiet reports whether showing a state would send nothing, where that can be
// told at little cost: it looks as the one painted last, or everything was shown for the last time.
func (o *outbox) quiet(s *agent.State) bool {
	opt := o.bot.options()
	o.mu.Lock()
	bd := o.boards[s.ID]
	known := bd != nil && !bd.pending() && bd.looksLike(s, opt)
	over := bd != nil && !bd.pending() && bd.over() && len(s.Notes) == 0
	o.mu.Unlock()
	return known || over && len(blocks.Thread(s, opt)) == 0
}

// forget drops a thread that this process does not run any more.
func (o *outbox) forget(id agent.ThreadID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.born, id)
	bd := o.boards[id]
	if bd == nil {
		return
	}
	switch {
	case !bd.pending():
		if len(o.resting) >= rememberMost {
			clear(o.resting)
		}
		o.resting[id] = bd.leave()
	case bd.leaving && bd.busy == 0:
		o.leaves(bd)
	}
	o.drop(bd)
}

// drop leaves a board as it is. A post under way is waited for before the thread is shown again.
func (o *outbox) drop(bd *board) {
	bd.dropped = true
	if bd.busy > 0 {
		o.draining[bd.id] += bd.busy
	}
	for _, channel := range bd.lines {
		o.unline(bd.id, channel)
	}
	delete(o.boards, bd.id)
}

// list puts a board among those that step looks at.
func (o *outbox) list(bd *board) {
	bd.until = time.Time{}
	if !bd.listed {
		bd.listed = true
		o.listed = append(o.listed, bd)
	}
	o.wake()
}

func (o *outbox) wake() {
	select {
	case o.kick <- struct{}{}:
	default:
	}
}

// expect: a thread is about to begin here, so that nothing of it can have been
// shown by others. It reports whether that is new.
func (o *outbox) expect(id agent.ThreadID, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if at, ok := o.born[id]; ok && now.Sub(at) < bornFor || o.boards[id] != nil {
		return false
	}
	if len(o.born) >= rememberMost {
		clear(o.born)
	}
	o.born[id] = now
	return true
}

func (o *outbox) unexpect(id agent.ThreadID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.born, id)
}

// remember keeps what releases are about that a form may ask about.
func (o *outbox) remember(s *agent.State) {
	for _, r := range s.Releases {
		ids := []string{r.ID}
		if r.Approval != nil && r.Approval.ID != r.ID {
			ids = append(ids, r.Approval.ID)
		}
		asks := r.Stage == agent.StageApproval || r.Stage == agent.StageClaim || r.Refused != nil
		for _, id := range ids {
			if !asks {
				delete(o.subjects, id)
				continue
			}
			if len(o.subjects) >= rememberMost {
				clear(o.subjects)
			}
			o.subjects[id] = subjectOf(r)
		}
	}
}

// subject says what a release or an approval is about; false where this process doesn't know.
func (o *outbox) subject(id string) (subject, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s, ok := o.subjects[id]
	return s, ok
}

// pass waits until Slack's rates allow a call that is made beside the outbox, and counts it.
func (o *outbox) pass(ctx context.Context, method, channel string) error {
	for {
		o.mu.Lock()
		now := o.bot.cfg.Now()
		at := o.pace.ready(method, channel, now)
		o.mu.Unlock()
		if !at.After(now) {
			return nil
		}
		if err := o.bot.cfg.Outside.Sleep(ctx, at.Sub(now)); err != nil {
			return err
		}
	}
}

// hold keeps calls back for as long as Slack said.
func (o *outbox) hold(method, channel string, after time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pace.hold(method, channel, o.bot.cfg.Now().Add(after))
}

// run sends until ctx ends, then waits a moment for what is under way.
func (o *outbox) run(ctx context.Context) {
	calls, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	slots := make(chan struct{}, callsAtOnce)
	var under sync.WaitGroup
	defer func() {
		end := time.AfterFunc(graceAtEnd, cancel)
		defer end.Stop()
		under.Wait()
	}()
	for {
		now := o.bot.cfg.Now()
		t := o.turn(now)
		for _, j := range t.jobs {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				o.done(j, result{lost: true}, now)
				continue
			}
			under.Go(func() {
				defer func() { <-slots }()
				o.make(calls, j)
			})
		}
		if !o.wait(ctx, t.next, now) {
			return
		}
	}
}

// turn is a step whose reports were made.
func (o *outbox) turn(now time.Time) turn {
	t := o.step(now)
	for _, r := range t.reports {
		o.bot.runner.Load().Posted(r.id, r.views)
	}
	for _, id := range t.calls {
		o.bot.runner.Load().Woken(id)
	}
	return t
}

// make does a job, and takes in what it came to.
func (o *outbox) make(ctx context.Context, j job) {
	j.at = o.bot.cfg.Now() // it may have waited for its turn
	r := o.perform(ctx, j)
	o.done(j, r, o.bot.cfg.Now())
}

// wait waits for something to do; false when ctx has ended.
func (o *outbox) wait(ctx context.Context, next, now time.Time) bool {
	d := time.Minute
	if !next.IsZero() {
		d = max(next.Sub(now), time.Millisecond)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-o.kick:
	case <-t.C:
	}
	return true
}
