package redisstore

import (
	"strconv"
	"strings"
)

// shards is how many there are, for ever: rb:meta refuses a change.
const shards = 64

// shardOf is FNV-1a.
func shardOf(name string) int {
	h := uint32(2166136261)
	for i := range len(name) {
		h = (h ^ uint32(name[i])) * 16777619
	}
	return int(h % shards)
}

// A keyring makes all keys. Its prefix sets one store apart from others on the same Redis.
type keyring struct {
	tags [shards]string // "rb:{s07}:"
	dues [shards]string
	meta string
	tail string
}

func newKeyring(prefix string) *keyring {
	k := &keyring{meta: prefix + ":meta", tail: prefix + ":tail"}
	for i := range shards {
		n := strconv.Itoa(i)
		if i < 10 {
			n = "0" + n
		}
		k.tags[i] = prefix + ":{s" + n + "}:"
		k.dues[i] = k.tags[i] + "due"
	}
	return k
}

// logKeys are the keys of one log, in the order in which scripts take them.
type logKeys struct {
	log, hash, snap, lease, epoch, due string
	tag                                string
}

// of returns the keys of a log. They are cut from one string.
func (k *keyring) of(log string) logKeys {
	shard := shardOf(log)
	tag := k.tags[shard]
	n := len(tag) + 2 + len(log)
	var b strings.Builder
	b.Grow(5 * n)
	for _, kind := range [...]string{"l:", "h:", "s:", "o:", "e:"} {
		b.WriteString(tag)
		b.WriteString(kind)
		b.WriteString(log)
	}
	s := b.String()
	return logKeys{log: s[:n], hash: s[n : 2*n], snap: s[2*n : 3*n], lease: s[3*n : 4*n], epoch: s[4*n:], due: k.dues[shard], tag: tag}
}

// index is the part of a named index in the shard of these keys.
func (l *logKeys) index(name string) string { return indexKey(l.tag, name) }

func indexKey(tag, name string) string { return tag + "x:" + name }

func (k *keyring) alias(alias string) string { return k.tags[shardOf(alias)] + "a:" + alias }
