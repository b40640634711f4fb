package bot

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/sync/singleflight"

	"github.com/releasebot/releasebot/policy"
)

// How long an answer about people is good for (the contract's limit), how long
// asking may take, and how many answers are kept.
const (
	knownFor    = 5 * time.Second
	lookUpLimit = 8 * time.Second
	lookUpTry   = 2500 * time.Millisecond
	knownMost   = 4096
)

// directory asks Slack who people are. Only answers are kept, never that there was none.
type directory struct {
	bot    *Bot
	flight singleflight.Group
	mu     sync.Mutex
	known  map[string]looked
}

type looked struct {
	at    time.Time
	value any
}

func newDirectory(b *Bot) *directory { return &directory{bot: b, known: map[string]looked{}} }

// Person implements agent.Directory.
func (b *Bot) Person(ctx context.Context, id string) (policy.Person, error) {
	return b.people.Person(ctx, id)
}

// Group implements agent.Directory.
func (b *Bot) Group(ctx context.Context, id string) (map[string]bool, error) {
	return b.people.Group(ctx, id)
}

// Person implements agent.Directory.
func (d *directory) Person(ctx context.Context, id string) (policy.Person, error) {
	b := d.bot
	v, err := d.look(ctx, "user/"+id, func(ctx context.Context) (any, error) {
		me, err := b.who(ctx)
		if err != nil {
			return nil, err
		}
		var u *slack.User
		err = d.bot.patiently(ctx, lookUpTry, func(ctx context.Context) (err error) {
			u, err = b.api.slack.GetUserInfoContext(ctx, id, slack.GetUserInfoOptionIncludeLocale(false))
			return b.api.noted("users.info", err)
		})
		if err != nil {
			return nil, err
		}
		return person(u, me), nil
	})
	if err != nil {
		return policy.Person{}, fmt.Errorf("looking up %s: %w", id, err)
	}
	return v.(policy.Person), nil //nolint:forcetypeassert // the key says what it is
}

// person maps what Slack knows of somebody. What it doesn't say counts against them.
func person(u *slack.User, me identity) policy.Person {
	return policy.Person{
		ID: u.ID, Team: u.TeamID,
		Deleted: u.Deleted,
		Guest:   u.IsRestricted || u.IsUltraRestricted,
		Bot:     u.IsBot || u.IsWorkflowBot || u.IsConnectorBot,
		Foreign: u.IsStranger || u.TeamID != me.team,
	}
}

// Group implements agent.Directory.
func (d *directory) Group(ctx context.Context, id string) (map[string]bool, error) {
	b := d.bot
	v, err := d.look(ctx, "group/"+id, func(ctx context.Context) (any, error) {
		var users []string
		err := d.bot.patiently(ctx, lookUpTry, func(ctx context.Context) (err error) {
			users, err = b.api.slack.GetUserGroupMembersContext(ctx, id)
			return b.api.noted("usergroups.users.list", err)
		})
		if err != nil {
			return nil, err
		}
		members := make(map[string]bool, len(users))
		for _, u := range users {
			members[u] = true
		}
		return members, nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking up the members of %s: %w", id, err)
	}
	return v.(map[string]bool), nil //nolint:forcetypeassert // the key says what it is
}

// look returns a fresh answer, or asks for one; many who ask at once ask once.
func (d *directory) look(ctx context.Context, key string, ask func(context.Context) (any, error)) (any, error) {
	d.mu.Lock()
	k, ok := d.known[key]
	d.mu.Unlock()
	if ok && d.bot.cfg.Now().Sub(k.at) < knownFor {
		return k.value, nil
	}
	done := d.flight.DoChan(key, func() (any, error) {
		asked := d.bot.cfg.Now()
		own, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookUpLimit)
		defer cancel()
		v, err := ask(own)
		if err == nil {
			d.keep(key, looked{at: asked, value: v})
		}
		return v, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-done:
		return r.Val, r.Err
	}
}

func (d *directory) keep(key string, l looked) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.known) >= knownMost {
		clear(d.known)
	}
	d.known[key] = l
}
