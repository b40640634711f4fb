package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/tools/changelog"
	"github.com/releasebot/releasebot/tools/deploy"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

// registry names the tools that a policy file may use.
func registry() policy.Registry {
	return policy.Registry{
		Drivers: map[string]policy.Decoder{"command": policy.Adapt(deploy.DecodeCommand)},
		Checks: map[string]policy.Decoder{
			"http":    policy.Adapt(healthcheck.DecodeHTTP),
			"tcp":     policy.Adapt(healthcheck.DecodeTCP),
			"command": policy.Adapt(healthcheck.DecodeCommand),
		},
	}
}

// loadPolicy reads the policy file. All that is wrong is in the error, a line each.
func loadPolicy(path string) (*policy.File, error) {
	f, err := policy.Load(path, registry())
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no policy file %s: name one with RELEASEBOT_CONFIG, or write one there", path)
	}
	return f, err
}

// checkSources looks at where versions come from: a repository that can't be
// named is an error, one on this machine that isn't there is only a warning,
// because another machine may have it. Nothing is asked over a network.
func checkSources(ctx context.Context, f *policy.File) (warnings, wrong policy.Errors) {
	for _, name := range f.Order {
		s := f.Services[name]
		if s.Source == nil {
			continue
		}
		say := func(to *policy.Errors, err error) {
			if err != nil {
				*to = append(*to, &policy.Error{Position: f.Position(name, "", "source"), Message: fmt.Sprintf("service %s: %v", name, err)})
			}
		}
		where := changelog.Config{Git: s.Source.Location(), Dir: f.Dir}
		if !remote(where) {
			say(&warnings, checkLocal(ctx, where))
			continue
		}
		where.Cache = os.TempDir() // nothing is put there before it is read
		_, err := changelog.Open(where)
		say(&wrong, err)
	}
	return warnings, wrong
}

// remote: only a repository elsewhere needs a folder for its mirror.
func remote(where changelog.Config) bool {
	_, err := changelog.Open(where)
	return err != nil
}

func checkLocal(ctx context.Context, where changelog.Config) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	g, err := changelog.Open(where)
	if err != nil {
		return err
	}
	return g.Check(ctx)
}
