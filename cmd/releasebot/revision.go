package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/threadstore"
)

// reviseEvery is how often a replica looks which policy is current.
const reviseEvery = 5 * time.Second

// reviser keeps replicas with different policy files from running threads side
// by side: the one that started last has declared its file current, and the
// others take facts in but run nothing, and are not ready.
type reviser struct {
	store    *threadstore.Store
	engine   *agent.Engine
	revision string
	by       string
	log      *slog.Logger
	declared string    // the revision that this replica has declared current
	reload   *reloader // nil: the policy file is read once
}

// declare makes this replica's policy the current one.
func (r *reviser) declare(ctx context.Context) error {
	before, err := r.store.Policy(ctx)
	if err != nil {
		return fmt.Errorf("asking which policy is current: %w", err)
	}
	if before.Revision == r.revision {
		r.declared = r.revision
		return nil
	}
	if err := r.store.DeclarePolicy(ctx, threadstore.PolicyRevision{Revision: r.revision, By: r.by, At: time.Now().UTC()}); err != nil {
		return fmt.Errorf("declaring the policy current: %w", err)
	}
	r.declared = r.revision
	if before.Revision == "" {
		r.log.Info("the policy file is current", "revision", r.revision, "by", r.by)
		return nil
	}
	r.log.Info("another policy file takes over", "revision", r.revision, "by", r.by,
		"before", before.Revision, "declared_by", before.By, "declared_at", before.At)
	return nil
}

// watch pauses the engine while another policy is current.
func (r *reviser) watch(ctx context.Context) {
	t := time.NewTicker(reviseEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			r.renew(ctx)
			r.look(ctx)
		}
	}
}

// renew declares a policy file current that has changed here.
func (r *reviser) renew(ctx context.Context) {
	if r.reload == nil {
		return
	}
	if revision := r.reload.look(ctx); revision != "" {
		r.revision = revision
	}
	if r.declared == r.revision {
		return
	}
	if err := r.declare(ctx); err != nil && ctx.Err() == nil {
		r.log.Warn("the policy file has changed, and could not be declared current; it is tried again", "err", err)
	}
}

func (r *reviser) look(ctx context.Context) {
	now, err := r.store.Policy(ctx)
	if err != nil {
		if ctx.Err() == nil {
			r.log.Warn("which policy is current could not be read", "err", err)
		}
		return
	}
	paused := r.engine.Paused() != ""
	switch {
	case now.Revision == r.revision && paused:
		r.engine.Pause("")
		r.log.Info("the policy file is current again", "revision", r.revision)
	case now.Revision != r.revision && !paused:
		r.engine.Pause(fmt.Sprintf("another policy file is current: %s, and this replica has %s", now.Revision, r.revision))
		r.log.Warn("another policy file is current: nothing is run here until this replica has it too",
			"current", now.Revision, "by", now.By, "at", now.At, "here", r.revision)
	}
}
