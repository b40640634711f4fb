package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/releasebot/releasebot/threadstore"
)

// Config says which Redis, and how.
type Config struct {
	// URL names a server (redis://, rediss:// or unix://), a node of the Cluster, or a Sentinel.
	// Further nodes or Sentinels can stand in it as addr=host:port.
	URL string
	// Cluster: URL names a node of a Redis Cluster.
	Cluster bool
	// SentinelMaster is the name of the master that the Sentinels in URL know. Defaults to none.
	SentinelMaster string
	// WaitReplicas is how many replicas must confirm an append that asks to be Durable. Defaults to 0: it is not waited for.
	WaitReplicas int
	// Prefix begins every key. Defaults to "rb".
	Prefix string
}

// format is written into every Redis. A change of keys or values changes it. What
// was kept in the format before is read too, and is of this one from then on: in
// that, the epochs of all logs stood where those of pruned ones do.
const (
	format       = "2"
	formatBefore = "1"
)

// How long the network is given. The Store tries again after a time-out.
const (
	dialTimeout = 2 * time.Second
	ioTimeout   = 3 * time.Second
	waitTimeout = time.Second // for replicas
)

// readBuffer is what each connection reads into. What scripts answer is short, and what is longer than the buffer is
// read past it; the client's own 32 kB are a megabyte and more in a process with as many connections as it may have.
const readBuffer = 8 << 10

// Driver keeps logs in Redis. It is a [threadstore.Driver].
type Driver struct {
	c       redis.UniversalClient
	cluster *redis.ClusterClient // c, if it is one
	keys    *keyring
	scripts scripts
	wait    int
	lanes   *lanes    // of one Redis
	masters *masters  // of a Cluster, in place of lanes
	calls   sync.Pool // of *call

	closing context.Context //nolint:containedctx // ends with the driver: the life of its tails
	close   context.CancelFunc
	tails   sync.WaitGroup
	once    sync.Once
}

var _ threadstore.Driver = (*Driver)(nil)

// Open connects, and checks that the store there is one of this format and
// number of shards; an empty Redis becomes one.
func Open(ctx context.Context, cfg Config) (*Driver, error) {
	if cfg.Prefix == "" {
		cfg.Prefix = "rb"
	}
	d := &Driver{keys: newKeyring(cfg.Prefix), scripts: newScripts(), wait: cfg.WaitReplicas}
	if err := d.connect(cfg); err != nil {
		return nil, err
	}
	d.closing, d.close = context.WithCancel(context.Background())
	d.lanes = newLanes(d.c)
	if d.cluster != nil {
		d.masters = newMasters(d.cluster)
	}
	if err := d.claim(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the store in Redis: %w", err), d.Close())
	}
	return d, nil
}

// connect makes the client that was asked for; none is guessed from the number of addresses.
func (d *Driver) connect(cfg Config) error {
	switch {
	case cfg.Cluster && cfg.SentinelMaster != "":
		return errors.New("a Redis is a Cluster or behind Sentinels, not both")
	case cfg.Cluster:
		o, err := redis.ParseClusterURL(cfg.URL)
		if err != nil {
			return urlError(err)
		}
		o.MaxRetries, o.ContextTimeoutEnabled, o.Protocol, o.DisableIdentity = -1, true, 2, true
		o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.DialerRetries = dialTimeout, ioTimeout, ioTimeout, 1
		o.ReadBufferSize = readBuffer
		o.MaxRedirects = 8
		o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
		d.cluster = redis.NewClusterClient(o)
		d.c = d.cluster
	case cfg.SentinelMaster != "":
		o, err := redis.ParseFailoverURL(cfg.URL)
		if err != nil {
			return urlError(err)
		}
		o.MasterName = cfg.SentinelMaster
		o.MaxRetries, o.ContextTimeoutEnabled, o.Protocol, o.DisableIdentity = -1, true, 2, true
		o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.DialerRetries = dialTimeout, ioTimeout, ioTimeout, 1
		o.ReadBufferSize = readBuffer
		d.c = redis.NewFailoverClient(o)
	default:
		o, err := redis.ParseURL(cfg.URL)
		if err != nil {
			return urlError(err)
		}
		o.MaxRetries, o.ContextTimeoutEnabled, o.Protocol, o.DisableIdentity = -1, true, 2, true
		o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.DialerRetries = dialTimeout, ioTimeout, ioTimeout, 1
		o.ReadBufferSize = readBuffer
		o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
		d.c = redis.NewClient(o)
	}
	return nil
}

// urlError does not show the URL, which may hold a password; neither does what the parser says.
func urlError(err error) error {
	return fmt.Errorf("the Redis URL can't be read (want redis://HOST:PORT, rediss://… or unix://PATH): %w", withoutURL(err))
}

// claim writes what store this is, if nothing is written yet, and compares.
func (d *Driver) claim(ctx context.Context) error {
	pipe := d.c.Pipeline()
	pipe.HSetNX(ctx, d.keys.meta, "format", format)
	pipe.HSetNX(ctx, d.keys.meta, "shards", shards)
	got := pipe.HMGet(ctx, d.keys.meta, "format", "shards")
	if _, err := pipe.Exec(ctx); err != nil {
		return err
	}
	f := got.Val()[0]
	if f == formatBefore {
		f = format
		if err := d.c.HSet(ctx, d.keys.meta, "format", format).Err(); err != nil {
			return err
		}
	}
	if f != format {
		return fmt.Errorf("%s says that its format is %q, and this program knows format %q: use the version of releasebot that wrote it, or another Redis or database", d.keys.meta, f, format)
	}
	if n := got.Val()[1]; n != strconv.Itoa(shards) {
		return fmt.Errorf("%s says that it has %v shards, and this program has %d: its logs would not be found. Use the version of releasebot that wrote it, or another Redis or database", d.keys.meta, n, shards)
	}
	return nil
}

// Ping answers if Redis does. See [threadstore.Driver].
func (d *Driver) Ping(ctx context.Context) error { return wrap(d.c.Ping(ctx).Err()) }

// Close ends the tails, waits for what is under way, and disconnects.
func (d *Driver) Close() (err error) {
	d.once.Do(func() {
		d.close()
		d.lanes.close()
		if d.masters != nil {
			d.masters.close()
		}
		d.tails.Wait()
		err = d.c.Close()
	})
	return err
}

// wrap gives errors that a caller decides on their portable name.
func wrap(err error) error {
	if errors.Is(err, redis.ErrClosed) {
		return fmt.Errorf("%w: %w", threadstore.ErrClosed, err)
	}
	return err
}
