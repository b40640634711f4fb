package agent

import (
	"context"
	"time"
)

// Mail is what comes to a thread from beside its steps, and is taken in between them.

// Posted reports views that now stand in Slack, or were shown for the last time.
func (r *Runner) Posted(id ThreadID, views []PostedView) { r.post(id, mail{posted: views}) }

// Woken says that what the thread waits for may have come.
func (r *Runner) Woken(id ThreadID) { r.post(id, mail{woken: true}) }

func (r *Runner) post(id ThreadID, m mail) {
	if h := r.running(id); h != nil {
		h.mailMu.Lock()
		h.mail = append(h.mail, m)
		h.mailMu.Unlock()
	}
	r.wake(id)
}

// Due says that the store lists a thread as due. If this process runs it, and has
// not set that itself, somebody has appended to it elsewhere, and it is read. Due
// reports whether this process runs it.
func (r *Runner) Due(id ThreadID, at time.Time) bool {
	h := r.running(id)
	if h != nil && at.UnixMilli() < h.dueAt().UnixMilli() {
		h.setDue(at)
		r.post(id, mail{woken: true})
	}
	return h != nil
}

// sort takes in the mail.
func (r *Runner) sort(ctx context.Context, h *run, now time.Time) error {
	h.mailMu.Lock()
	letters := h.mail
	h.mail = nil
	h.mailMu.Unlock()
	var views []PostedView
	for _, m := range letters {
		views = append(views, m.posted...)
		if m.woken {
			if err := r.catchUp(ctx, h); err != nil {
				return err
			}
		}
		if p := m.planned; p != nil {
			delete(h.think, p.words.Seq)
			r.understood(h, p.words, p.out, p.err, now)
		}
	}
	if len(views) > 0 {
		h.emit(now, &Posted{Views: views}, mintID("posted", h.state.Version, views[0].Key))
		h.shown = Behind
	}
	return nil
}

// catchUp reads what others have appended since, and lets what waited try again.
func (r *Runner) catchUp(ctx context.Context, h *run) error {
	for st := range h.pace {
		if st.Kind == StepAcquire {
			delete(h.pace, st)
		}
	}
	if len(h.pending) > 0 {
		return nil // the flush will notice
	}
	return r.readOn(ctx, h)
}

// readOn folds in what is in the log beyond the state.
func (r *Runner) readOn(ctx context.Context, h *run) error {
	records, err := r.Store.Read(ctx, string(h.id), h.version+1, 0)
	if err != nil || len(records) == 0 {
		return err
	}
	events, err := decodeAll(string(h.id), records)
	if err != nil {
		return err
	}
	if err := follow(r.Store, string(h.id), h.version, h.state.Head, records, events, ""); err != nil {
		return err
	}
	for _, e := range events {
		h.state.Reduce(e)
		h.version, h.dirty, h.behind = e.Seq, true, true
	}
	h.state.Head = r.Store.Hash(records[len(records)-1])
	return nil
}
