package redisstore

import (
	"strings"
	"testing"
)

// One script changes all keys of a log, so on a Cluster they must be in one slot, whatever the log is called.
func TestKeysOfALogShareATag(t *testing.T) {
	ring := newKeyring("rb")
	tagOf := func(key string) string {
		_, rest, _ := strings.Cut(key, "{")
		tag, _, _ := strings.Cut(rest, "}")
		return tag
	}
	for _, log := range []string{"", "t", "env:shop/production", "a{b}c", "}{"} {
		k := ring.of(log)
		for _, key := range []string{k.hash, k.snap, k.lease, k.epoch, k.due, k.index("threads"), k.index("x{y}")} {
			if tagOf(key) != tagOf(k.log) || len(tagOf(key)) != 3 {
				t.Errorf("%q: key %q is not where %q is", log, key, k.log)
			}
		}
	}
	if k := ring.of("T1"); k.log != "rb:{s"+tagOf(k.log)[1:]+"}:l:T1" || k.epoch != strings.Replace(k.log, ":l:", ":e:", 1) || k.due != strings.Replace(k.log, ":l:T1", ":due", 1) {
		t.Errorf("keys %+v", k)
	}
}

// The shard of a log is for ever: a changed hash would lose every log.
func TestShardsStay(t *testing.T) {
	for log, want := range map[string]int{"": 5, "thread": 49, "env:shop/production": 60} {
		if got := shardOf(log); got != want {
			t.Errorf("%q is in shard %d, want %d", log, got, want)
		}
	}
}
