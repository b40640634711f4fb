package agent

import (
	"sync"
	"time"

	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

// run is a thread while this process runs it. Step is its only user, but for
// mail, which has a lock of its own.
type run struct {
	id      ThreadID
	state   *State // with the pending events folded in
	version int64  // of what is durable
	lease   *threadstore.Lease
	due     time.Time  // when others look after it, as this process has set it last; zero: at once
	leaseMu sync.Mutex // of the lease and of due
	pending []*Event
	steps   []Step             // room for what Decide says
	pace    map[Step]time.Time // steps not to be taken again before
	tries   map[Step]int
	lagging map[Step]time.Time                      // steps that wait for the cards, since when
	looks   map[int]map[string]healthcheck.Progress // by release and check: a window's looks so far
	think   map[int64]bool                          // words a slow planner is thinking about
	waiting map[int64]time.Time                     // words that wait for it, since when
	stopped map[int64]bool                          // words that took older ones back
	indexed map[string]string
	dirty   bool // the durable state has not been shown yet
	behind  bool // lists and snapshot are older than the log
	bare    bool // no snapshot of it was ever written
	first   *beginning
	shown   Shown
	midway  *midway      // what goes into an environment's log among what is pending
	plain   bool         // it was refused there once: no more is thought before it is in
	claimed *Environment // as the claim's append left it, for the very next look at the facts

	mailMu sync.Mutex
	mail   []mail
}

// rested is a thread as this process left it. It is a place to go on from: whoever
// does reads what the log has beyond it.
type rested struct {
	state   *State
	indexed map[string]string
	bare    bool
}

// resume goes on where the thread was left.
func (h *run) resume(left *rested) {
	h.state, h.version, h.indexed, h.bare = left.state, left.state.Version, left.indexed, left.bare
}

// beginning is all that is kept of a thread that began here, until its first step:
// where more comes in than can be done, thousands wait for that.
type beginning struct {
	event *Event
	head  string // of the log, after it
}

func newRun(id ThreadID, lease *threadstore.Lease) *run {
	return &run{id: id, lease: lease, dirty: true}
}

// begin makes the thread ready for its first step here.
func (h *run) begin() {
	if h.pace != nil {
		return
	}
	h.pace, h.tries, h.looks = map[Step]time.Time{}, map[Step]int{}, map[int]map[string]healthcheck.Progress{}
	h.lagging, h.think, h.waiting, h.stopped = map[Step]time.Time{}, map[int64]bool{}, map[int64]time.Time{}, map[int64]bool{}
	h.indexed = map[string]string{}
	if f := h.first; f != nil {
		h.state, h.bare, h.first = NewState(h.id), true, nil
		h.reduced(f.event, f.head)
	}
}

// reduced folds in an event that is durable.
func (h *run) reduced(e *Event, head string) {
	h.state.Reduce(e)
	h.state.Head, h.version = head, e.Seq
}

// mail is what comes from beside the steps.
type mail struct {
	posted  []PostedView
	planned *planned
	woken   bool
}

type planned struct {
	words Words
	out   Planned
	err   error
}

// valid reports whether the thread's lease may still be trusted.
func (h *run) valid(now time.Time) bool {
	h.leaseMu.Lock()
	defer h.leaseMu.Unlock()
	return h.lease.Valid(now)
}

func (h *run) leased() *threadstore.Lease {
	h.leaseMu.Lock()
	defer h.leaseMu.Unlock()
	if h.lease == nil {
		return nil
	}
	l := *h.lease
	return &l
}

func (h *run) setLease(l *threadstore.Lease) {
	h.leaseMu.Lock()
	defer h.leaseMu.Unlock()
	if l != nil && (h.lease == nil || l.Epoch > h.lease.Epoch || l.Until.After(h.lease.Until)) {
		h.lease = l
	}
}

// dueAt says when others look after the thread.
func (h *run) dueAt() time.Time {
	h.leaseMu.Lock()
	defer h.leaseMu.Unlock()
	return h.due
}

func (h *run) setDue(at time.Time) {
	h.leaseMu.Lock()
	defer h.leaseMu.Unlock()
	h.due = at
}

func (h *run) hasMail() bool {
	h.mailMu.Lock()
	defer h.mailMu.Unlock()
	return len(h.mail) > 0
}
