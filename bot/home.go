package bot

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/blocks"
	"github.com/releasebot/releasebot/policy"
)

// Times and sizes of home tabs.
const (
	homeLimit   = 30 * time.Second       // for all that one takes
	judgedSoon  = time.Second            // how long a decision made there is waited for before the tab is shown
	judgedLimit = 15 * time.Second       // how long it is waited for after that
	judgedEvery = 100 * time.Millisecond // how often it is looked at
	homesAtOnce = 32
	homeChecked = 20 // how many approvals are looked up in their threads: more than have buttons
)

// homes shows people their home tabs: one at a time for each person, and the
// newest wish counts. Showing one reads the store and Slack, so it is done beside
// the workers, which clicks wait for.
type homes struct {
	bot  *Bot
	kick chan struct{}

	mu    sync.Mutex
	wants map[string]wish
	order []string        // whose wishes wait
	busy  map[string]bool // whose tab is being shown
}

// wish is somebody's home tab, to be shown once what they decided was judged; the zero value: at once.
type wish struct {
	thread agent.ThreadID
	seq    int64
}

func newHomes(b *Bot) *homes {
	return &homes{bot: b, kick: make(chan struct{}, 1), wants: map[string]wish{}, busy: map[string]bool{}}
}

// show asks for somebody's home tab. It returns at once.
func (h *homes) show(user string, w wish) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, waits := h.wants[user]; !waits {
		if len(h.order) >= rememberMost { // it is opened again
			return
		}
		h.order = append(h.order, user)
	}
	if w.seq > 0 || h.wants[user].seq == 0 {
		h.wants[user] = w
	}
	h.wake()
}

func (h *homes) wake() {
	select {
	case h.kick <- struct{}{}:
	default:
	}
}

// next takes the first wish of somebody whose tab is not being shown.
func (h *homes) next() (user string, w wish, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i := slices.IndexFunc(h.order, func(u string) bool { return !h.busy[u] })
	if i < 0 {
		return "", wish{}, false
	}
	user = h.order[i]
	h.order = slices.Delete(h.order, i, i+1)
	w = h.wants[user]
	delete(h.wants, user)
	h.busy[user] = true
	return user, w, true
}

func (h *homes) shown(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.busy, user)
	h.wake()
}

// run shows home tabs until ctx ends.
func (h *homes) run(ctx context.Context) {
	var under sync.WaitGroup
	defer under.Wait()
	slots := make(chan struct{}, homesAtOnce)
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.kick:
		}
		for {
			user, w, ok := h.next()
			if !ok {
				break
			}
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			under.Go(func() {
				defer func() { <-slots }()
				defer h.shown(user)
				h.serve(ctx, user, w)
			})
		}
	}
}

// serve shows one tab, after what was decided there was judged; where that takes
// more than a second, before and after.
func (h *homes) serve(ctx context.Context, user string, w wish) {
	ctx, cancel := context.WithTimeout(ctx, homeLimit)
	defer cancel()
	if w.seq > 0 && !h.bot.judged(ctx, w, judgedSoon) {
		h.publish(ctx, user)
		if !h.bot.judged(ctx, w, judgedLimit) {
			return
		}
	}
	h.publish(ctx, user)
}

// publish shows somebody's tab as things stand.
func (h *homes) publish(ctx context.Context, user string) {
	view := h.bot.home(ctx, user)
	err := h.bot.patiently(ctx, h.bot.cfg.CallLimit, func(ctx context.Context) error {
		_, err := h.bot.api.slack.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: user, View: view})
		return h.bot.api.noted("views.publish", err)
	})
	if err != nil && ctx.Err() == nil {
		h.bot.cfg.Log.Warn("a home tab was not shown", "person", user, "err", err)
	}
}

// judged waits until a decision was judged, and no longer than limit. It reports whether it was.
func (b *Bot) judged(ctx context.Context, w wish, limit time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		s, err := b.service.Load().Thread(ctx, w.thread)
		if err == nil && s.Version >= w.seq && !slices.ContainsFunc(s.Decisions, func(d agent.Decision) bool { return d.Seq == w.seq }) {
			return true
		}
		if b.cfg.Outside.Sleep(ctx, judgedEvery) != nil {
			return false
		}
	}
}

// home is what somebody's home tab shows: to those who may look, what stands where.
func (b *Bot) home(ctx context.Context, user string) slack.HomeTabViewRequest {
	p, err := b.Person(ctx, user)
	if err == nil {
		if v := policy.MayLook(p); !v.Allowed {
			return homeSaying(escape(v.Reason))
		}
		var in blocks.HomeInput
		if in, err = b.homeInput(ctx, user); err == nil {
			return blocks.Home(in)
		}
	}
	b.cfg.Log.Warn("a home tab could not be made", "person", user, "err", err)
	return homeSaying("⚠️ I can't look that up right now. Open this tab again in a moment; `/release help` lists the commands.")
}

// homeSaying is a home tab with nothing but a sentence.
func homeSaying(text string) slack.HomeTabViewRequest {
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: []slack.Block{
		slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, text, false, false), nil, nil),
	}}}
}

// homeInput reads what a home tab is made of.
func (b *Bot) homeInput(ctx context.Context, user string) (blocks.HomeInput, error) {
	q := b.service.Load()
	in := blocks.HomeInput{Me: user, Now: b.cfg.Now()}
	var err error
	if in.Environments, err = q.Environments(ctx); err != nil {
		return in, fmt.Errorf("what runs where: %w", err)
	}
	approvals, err := q.Approvals(ctx)
	if err != nil {
		return in, fmt.Errorf("what waits: %w", err)
	}
	mine, others := q.WaitingFor(ctx, approvals, user)
	buttons := min(len(mine), homeChecked)
	mine = append(slices.DeleteFunc(mine[:buttons:buttons], func(l agent.ApprovalLine) bool { return !b.stillWaits(ctx, l, user) }), mine[buttons:]...)
	in.Approvals, in.ForMe = slices.Concat(mine, others), len(mine)
	threads, err := q.Threads(ctx)
	if err != nil {
		return in, fmt.Errorf("whose releases: %w", err)
	}
	for _, t := range threads {
		for _, r := range slices.Backward(t.Releases) {
			if slices.Contains(r.By, user) {
				in.Mine = append(in.Mine, r)
			}
		}
	}
	return in, nil
}

// stillWaits reports whether an approval waits for somebody, by its thread's own
// log: the list of all that wait is a little behind, and this has buttons.
func (b *Bot) stillWaits(ctx context.Context, l agent.ApprovalLine, user string) bool {
	s, err := b.service.Load().Thread(ctx, l.Thread)
	if err != nil { // the click is judged by the log anyway
		return true
	}
	for _, r := range s.Releases {
		if a := r.Approval; a != nil && a.ID == l.ID {
			gave := slices.ContainsFunc(a.Approvers, func(g agent.Response) bool { return g.Person == user })
			return a.State == agent.ApprovalPending && !gave
		}
	}
	return false
}
