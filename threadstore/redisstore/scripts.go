package redisstore

import (
	_ "embed"

	"github.com/redis/go-redis/v9"
)

// What the scripts take and return stands at the head of each.
var (
	//go:embed apply.lua
	applySource string
	//go:embed load.lua
	loadSource string
	//go:embed acquire.lua
	acquireSource string
	//go:embed renew.lua
	renewSource string
	//go:embed release.lua
	releaseSource string
	//go:embed wake.lua
	wakeSource string
	//go:embed copy.lua
	copySource string
	//go:embed prune.lua
	pruneSource string
)

// scripts are what a Driver runs, each by the hash of its text.
type scripts struct {
	apply, load, acquire, renew, release, wake, copy, prune script
}

type script struct {
	source, hash string
}

func newScripts() scripts {
	s := func(source string) script { return script{source: source, hash: redis.NewScript(source).Hash()} }
	return scripts{
		apply: s(applySource), load: s(loadSource), acquire: s(acquireSource), renew: s(renewSource),
		release: s(releaseSource), wake: s(wakeSource), copy: s(copySource), prune: s(pruneSource),
	}
}
