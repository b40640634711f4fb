package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/cmd/releasebot/internal/screen"
	"github.com/releasebot/releasebot/threadstore"
)

// prove compares what the bot says with what others know: the services, the
// deployer's ledger, and the logs themselves.
func (st *story) prove(ctx context.Context) error {
	st.title("What can be checked of it")
	for _, check := range []func(context.Context) error{st.proveServices, st.proveLedger, st.proveLogs} {
		if err := check(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (st *story) proveServices(ctx context.Context) error {
	for _, env := range []string{staging, production} {
		a, status, err := st.world.Ask(ctx, env)
		if err != nil {
			return &otherwise{"proof", "shop to answer in " + env, err.Error()}
		}
		st.line("shop in %s says: %s, %s (status %d)", env, a.Version, a.Status, status)
	}
	return nil
}

// proveLedger: what the deployer itself wrote down, each key once and each in the log.
func (st *story) proveLedger(context.Context) error {
	all, err := st.world.Ledger()
	if err != nil {
		return err
	}
	started := st.journal.started()
	seen := map[string]bool{}
	n := 0
	for _, r := range all {
		if r.Key == byHand {
			continue
		}
		if seen[r.Key] {
			return &otherwise{"proof", "each plan started once", r.Key + " twice in the deployer's ledger"}
		}
		if !started[r.Key] {
			return &otherwise{"proof", "each start in the log", r.Key + " in the deployer's ledger alone"}
		}
		seen[r.Key] = true
		n++
	}
	if n != len(started) {
		return &otherwise{"proof", fmt.Sprintf("%d starts in the deployer's ledger, as in the log", len(started)), fmt.Sprint(n)}
	}
	st.line("the deployer's own ledger: %s, each approved plan once", count(n, "start"))
	for _, r := range all {
		if r.Key != byHand {
			st.to.Wide(screen.Text(4, screen.Dim, fmt.Sprintf("%-8s shop %s to %-10s  %s", r.Action, r.Version, r.Environment, r.Key)))
		}
	}
	return nil
}

// proveLogs: what thread verify and thread replay do.
func (st *story) proveLogs(ctx context.Context) error {
	for _, id := range st.journal.ids() {
		records, err := st.store.Read(ctx, string(id), 1, 0)
		if err != nil {
			return fmt.Errorf("reading the log of %s: %w", id, err)
		}
		if _, err := (threadstore.Chain{}).Verify(records, agent.PrevOf); err != nil {
			return &otherwise{"proof", "an unbroken chain of hashes in " + string(id), err.Error()}
		}
		r := read{name: string(id), records: records}
		if err := r.decode(); err != nil {
			return err
		}
		state, diffs := agent.Replay(id, r.events)
		if len(diffs) > 0 {
			return &otherwise{"proof", "a replay of " + string(id) + " without differences", diffs[0].String()}
		}
		st.line("log %s: %s, chain of hashes unbroken, replayed to %q without a difference", id, count(len(records), "event"), state.Status())
	}
	return nil
}

func (st *story) line(format string, args ...any) {
	st.to.Wide(screen.Line{Indent: 2, Hang: 2, Pieces: []screen.Piece{
		{Text: "✓", Style: screen.Good}, {Text: " " + fmt.Sprintf(format, args...)},
	}})
}

// goOn says what to do next.
func (st *story) goOn() {
	st.title("What next")
	for _, l := range [][2]string{
		{"make test", "the project's tests"},
		{"go run ./cmd/releasebot demo --break verify", "the same, gone wrong (approve, deploy, verify, rollback)"},
		{"README.md", "ten minutes to a Slack workspace of your own"},
	} {
		st.to.Wide(screen.Line{Indent: 2, Hang: 2, Pieces: []screen.Piece{{Text: fmt.Sprintf("%-44s", l[0]), Style: screen.Bold}, {Text: "  " + l[1]}}})
	}
}

// howToRead says how to look at the files that were kept.
func (st *story) howToRead() {
	ids := st.journal.ids()
	st.to.Wide(screen.Line{}, screen.Text(0, screen.Normal, "The files are kept. To read the last thread (show; or replay, export, verify):"))
	st.to.Verbatim(fmt.Sprintf("RELEASEBOT_DATA=%s go run ./cmd/releasebot thread show %s", filepath.Join(st.dir, "data"), ids[len(ids)-1]))
}

// ids lists the threads in the order they began.
func (j *journal) ids() []agent.ThreadID {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]agent.ThreadID(nil), j.order...)
}

// started lists the keys of the deploys that the logs say were started.
func (j *journal) started() map[string]bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	keys := map[string]bool{}
	for _, events := range j.threads {
		for _, e := range events {
			if d, ok := e.Data.(*agent.DeployStarted); ok {
				keys[d.Key] = true
			}
		}
	}
	return keys
}
