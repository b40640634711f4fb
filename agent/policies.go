package agent

import (
	"encoding/json"
	"sync"
	"sync/atomic"

	"github.com/releasebot/releasebot/policy"
)

// policiesCached is how many resolved policies are remembered decoded.
const policiesCached = 1024

// policies remembers what is made of policies again and again: the catalog and
// the canonical forms of the file in force, and what plans kept, decoded. What it
// returns is shared, and never changed.
type policies struct {
	file    atomic.Pointer[filed]
	decoded *cache[policy.Environment] // by canonical form
}

// filed is what was made of one policy file.
type filed struct {
	file      *policy.File
	catalog   Catalog
	canonical sync.Map // *policy.Environment → json.RawMessage
}

func newPolicies() *policies { return &policies{decoded: newCache[policy.Environment](policiesCached)} }

func (p *policies) of(f *policy.File) *filed {
	if seen := p.file.Load(); seen != nil && seen.file == f {
		return seen
	}
	seen := &filed{file: f, catalog: CatalogOf(f)}
	p.file.Store(seen)
	return seen
}

// form returns the canonical form of an environment of the file.
func (f *filed) form(env *policy.Environment) (json.RawMessage, error) {
	if known, ok := f.canonical.Load(env); ok {
		return known.(json.RawMessage), nil
	}
	b, err := env.Canonical()
	if err != nil {
		return nil, err
	}
	f.canonical.Store(env, json.RawMessage(b))
	return b, nil
}

// decode returns the policy that is kept in a release's plan.
func (p *policies) decode(rel *ReleaseState) (*policy.Environment, error) {
	key := ""
	if rel.Plan != nil {
		key = string(rel.Plan.Policy)
	}
	if env := p.decoded.get(key); env != nil {
		return env, nil
	}
	env, err := rel.Policy()
	if err == nil {
		p.decoded.put(key, env)
	}
	return env, err
}
