package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/boltstore"
	"github.com/releasebot/releasebot/threadstore/redisstore"
)

// storeFile is the embedded store in the data folder.
const storeFile = "releasebot.db"

// embedded tells whether the store is a file in the data folder.
func (s settings) embedded() bool { return !s.redis.url.IsSet() }

func (s settings) storePath() string { return filepath.Join(s.data, storeFile) }

// dataDir makes the data folder, which is nobody else's business.
func (s settings) dataDir() error {
	if s.data == "" {
		return errors.New("RELEASEBOT_DATA is not set and no home folder is known; set it to a folder that this user may write to")
	}
	if err := os.MkdirAll(s.data, 0o700); err != nil {
		return fmt.Errorf("RELEASEBOT_DATA can't be made (%w); set it to a folder that this user may write to", err)
	}
	return nil
}

// openStore opens the store for serve: Redis, checked, where REDIS_URL is set,
// else the file in the data folder, which has to be there.
func openStore(ctx context.Context, s settings, log *slog.Logger) (*threadstore.Store, error) {
	store, err := s.open(ctx, log)
	if err != nil {
		return nil, err
	}
	switch err := store.ClaimKey(ctx); {
	case errors.Is(err, threadstore.ErrOtherKey) && !s.logKey.IsSet():
		return nil, errors.Join(errors.New("RELEASEBOT_LOG_KEY is not set, but the events of this store are hashed with a key; set it to that key: without it every log would look as if it had been changed"), store.Close())
	case errors.Is(err, threadstore.ErrOtherKey):
		return nil, errors.Join(errors.New("RELEASEBOT_LOG_KEY is not the key that the events of this store are hashed with; set it to that one: with another every log would look as if it had been changed"), store.Close())
	case err != nil:
		return nil, errors.Join(err, store.Close())
	}
	return store, nil
}

func (s settings) open(ctx context.Context, log *slog.Logger) (*threadstore.Store, error) {
	if s.embedded() {
		return openFile(s.storePath(), s.storeOptions())
	}
	d, err := openRedis(ctx, s)
	if err != nil {
		return nil, err
	}
	wrong, warnings := d.Check(ctx)
	for _, w := range warnings {
		log.Warn("Redis may lose events", "what", w)
	}
	if len(wrong) > 0 {
		return nil, errors.Join(errors.New("REDIS_URL names a Redis that can't be used: "+strings.Join(wrong, "; ")), d.Close())
	}
	return threadstore.New(d, s.storeOptions()), nil
}

// storeOptions are the same for all who read or write the logs.
func (s settings) storeOptions() threadstore.Options {
	return threadstore.Options{HMACKey: []byte(s.logKey.Reveal())}
}

func openFile(path string, opts threadstore.Options) (*threadstore.Store, error) {
	d, err := boltstore.Open(path)
	if err != nil {
		return nil, err
	}
	return threadstore.New(d, opts), nil
}

func openRedis(ctx context.Context, s settings) (*redisstore.Driver, error) {
	d, err := redisstore.Open(ctx, redisstore.Config{URL: s.redis.url.Reveal(), Cluster: s.redis.cluster, SentinelMaster: s.redis.master, WaitReplicas: s.redis.wait})
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL names a Redis that can't be opened: %w", err)
	}
	return d, nil
}
