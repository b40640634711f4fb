package redisstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/releasebot/releasebot/threadstore"
)

// Load reads a log after its snapshot, or from the start. See [threadstore.Driver].
func (d *Driver) Load(ctx context.Context, log string, fold int) (threadstore.Loaded, error) {
	k := d.keys.of(log)
	c := d.newCall(&d.scripts.load, 5, 3)
	c.add(k.log, k.hash, k.snap, k.epoch, k.due, log, strconv.Itoa(fold), mostWithScript)
	v, err := d.run(ctx, c)
	if err != nil {
		return threadstore.Loaded{}, err
	}
	a, ok := v.([]any)
	if !ok || len(a) != 7 {
		return threadstore.Loaded{}, fmt.Errorf("%w: %T", errAnswer, v)
	}
	l := threadstore.Loaded{Log: log}
	l.Version, _ = a[0].(int64)
	l.Head, _ = a[1].(string)
	l.Pruned, _ = a[2].(int64)
	if s, _ := a[3].(string); s != "" {
		ms, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return threadstore.Loaded{}, fmt.Errorf("reading the due time: %w", err)
		}
		l.DueAt = time.UnixMilli(int64(ms))
	}
	at, _ := a[4].(int64)
	if at > 0 {
		state, _ := a[5].(string)
		l.Snapshot = &threadstore.Snapshot{Version: at, Fold: fold, Data: []byte(state)}
	}
	events, _ := a[6].([]any)
	if l.Records = unpack(events); l.Version > at && len(events) == 0 {
		return d.readRest(ctx, l, at)
	}
	return l, nil
}

// mostWithScript is how many events load.lua returns: each passes through Lua, which costs more than it saves when there are many.
const mostWithScript = "64"

// readRest reads the many events of a log after at. None of them can have changed since the script ran.
func (d *Driver) readRest(ctx context.Context, l threadstore.Loaded, at int64) (_ threadstore.Loaded, err error) {
	if l.Records, err = d.Read(ctx, l.Log, at+1, int(l.Version-at)); err != nil {
		return threadstore.Loaded{}, err
	}
	if int64(len(l.Records)) != l.Version-at {
		return threadstore.Loaded{}, fmt.Errorf("%s was deleted while it was read", l.Log)
	}
	return l, nil
}

// unpack copies events out of an answer, into one piece of memory.
func unpack(events []any) [][]byte {
	size := 0
	for _, e := range events {
		s, _ := e.(string)
		size += len(s)
	}
	all := make([]byte, 0, size)
	records := make([][]byte, len(events))
	for i, e := range events {
		s, _ := e.(string)
		from := len(all)
		all = append(all, s...)
		records[i] = all[from:len(all):len(all)]
	}
	return records
}

// Read returns events from a place on. See [threadstore.Driver].
func (d *Driver) Read(ctx context.Context, log string, seq int64, limit int) ([][]byte, error) {
	last := int64(-1)
	if limit > 0 {
		last = seq - 1 + int64(limit) - 1
	}
	events, err := d.c.LRange(ctx, d.keys.of(log).log, seq-1, last).Result()
	if err != nil {
		return nil, wrap(err)
	}
	records := make([][]byte, len(events))
	for i, e := range events {
		records[i] = []byte(e)
	}
	return records, nil
}

// Records returns events with what they are known by. See [threadstore.Driver].
func (d *Driver) Records(ctx context.Context, log string, n int64) ([]threadstore.Record, error) {
	k := d.keys.of(log)
	pipe := d.c.Pipeline()
	events := pipe.LRange(ctx, k.log, 0, max(n, 0)-1)
	ids := pipe.HGetAll(ctx, k.hash)
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, wrap(err)
	}
	records := make([]threadstore.Record, len(events.Val()))
	for i, e := range events.Val() {
		records[i].Data = []byte(e)
	}
	for id, v := range ids.Val() {
		if strings.HasPrefix(id, "\x00") {
			continue // not an id
		}
		at, err := parseKnown(v)
		if err != nil {
			return nil, err
		}
		if at.Seq <= int64(len(records)) {
			records[at.Seq-1].ID, records[at.Seq-1].Sum = id, at.Sum
		}
	}
	return records, nil
}

// Due lists what is due, over all shards in one round trip. See [threadstore.Driver].
func (d *Driver) Due(ctx context.Context, now time.Time, limit int) ([]threadstore.DueLog, error) {
	pipe := d.c.Pipeline()
	parts := make([]*redis.ZSliceCmd, shards)
	by := &redis.ZRangeBy{Min: "-inf", Max: strconv.FormatInt(now.UnixMilli(), 10), Count: int64(limit)}
	for i := range parts {
		parts[i] = pipe.ZRangeByScoreWithScores(ctx, d.keys.dues[i], by)
	}
	if _, err := pipe.Exec(ctx); err != nil && !someAnswered(parts) {
		return nil, wrap(err)
	}
	var due []threadstore.DueLog
	for _, part := range parts { // what is due on a master that is away is found once it is back
		for _, z := range part.Val() {
			log, _ := z.Member.(string)
			due = append(due, threadstore.DueLog{Log: log, At: time.UnixMilli(int64(z.Score))})
		}
	}
	slices.SortFunc(due, func(a, b threadstore.DueLog) int { return a.At.Compare(b.At) })
	return due[:min(len(due), limit)], nil
}

// someAnswered reports whether any shard has said what is due there.
func someAnswered(parts []*redis.ZSliceCmd) bool {
	return slices.ContainsFunc(parts, func(part *redis.ZSliceCmd) bool { return part.Err() == nil })
}

// Index lists a named index, over all shards in one round trip. See [threadstore.Driver].
func (d *Driver) Index(ctx context.Context, name string) ([]threadstore.IndexEntry, error) {
	pipe := d.c.Pipeline()
	parts := make([]*redis.MapStringStringCmd, shards)
	for i := range parts {
		parts[i] = pipe.HGetAll(ctx, indexKey(d.keys.tags[i], name))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, wrap(err)
	}
	var entries []threadstore.IndexEntry
	for _, part := range parts {
		for member, value := range part.Val() {
			entries = append(entries, threadstore.IndexEntry{Index: name, Member: member, Value: []byte(value)})
		}
	}
	return entries, nil
}

// Resolve returns what an alias is bound to. See [threadstore.Driver].
func (d *Driver) Resolve(ctx context.Context, alias string) (string, error) {
	log, err := d.c.Get(ctx, d.keys.alias(alias)).Result()
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	return log, wrap(err)
}

// Policy returns the current revision. See [threadstore.Driver].
func (d *Driver) Policy(ctx context.Context) (rev threadstore.PolicyRevision, err error) {
	v, err := d.c.HGet(ctx, d.keys.meta, "policy").Bytes()
	if errors.Is(err, redis.Nil) {
		return rev, nil
	}
	if err != nil {
		return rev, wrap(err)
	}
	return rev, json.Unmarshal(v, &rev)
}
