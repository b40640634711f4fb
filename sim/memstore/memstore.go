package memstore

import (
	"context"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/releasebot/releasebot/threadstore"
)

// Options configure a Driver. The zero value is a good one.
type Options struct {
	// Now is the clock that leases end by. Defaults to time.Now.
	Now func() time.Time
	// Undo is how many of the last changes can be taken back. Defaults to none.
	Undo int
	// Committed is told of every op that has put records in, after it did, with
	// who held the lease when it came. It may not call the driver. Defaults to nothing.
	Committed func(op threadstore.Op, holder string)
}

// A Driver keeps logs in memory.
type Driver struct {
	opts Options

	mu      sync.Mutex
	logs    map[string]*log
	epochs  map[string]epoch
	leases  map[string]lease
	lines   map[lineKey]line
	aliases map[string]string
	policy  threadstore.PolicyRevision
	tails   map[chan threadstore.Note]bool
	undo    []func()
	closed  bool
}

type log struct {
	records []threadstore.Record
	tokens  map[int64]string // of appends, by the place of their first record
	token   string           // of the last op without records
	ids     map[string]threadstore.Known
	head    string
	snap    *threadstore.Snapshot
	due     int64 // Unix milliseconds; 0: nothing is due
}

type epoch struct{ epoch, pruned int64 }

type lease struct {
	owner string
	epoch int64
	until time.Time
}

type lineKey struct{ index, member string }

type line struct {
	log   string
	value []byte
}

// New returns an empty store.
func New(opts Options) *Driver {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Driver{
		opts: opts, logs: map[string]*log{}, epochs: map[string]epoch{}, leases: map[string]lease{}, lines: map[lineKey]line{},
		aliases: map[string]string{}, tails: map[chan threadstore.Note]bool{},
	}
}

func (d *Driver) begin(ctx context.Context) (end func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil, threadstore.ErrClosed
	}
	return d.mu.Unlock, nil
}

func (d *Driver) log(name string) *log {
	l := d.logs[name]
	if l == nil {
		l = &log{ids: map[string]threadstore.Known{}, tokens: map[int64]string{}}
		d.logs[name] = l
	}
	return l
}

func (l *log) version() int64 { return int64(len(l.records)) }

// Load implements threadstore.Driver.
func (d *Driver) Load(ctx context.Context, name string, fold int) (threadstore.Loaded, error) {
	end, err := d.begin(ctx)
	if err != nil {
		return threadstore.Loaded{}, err
	}
	defer end()
	out := threadstore.Loaded{Log: name, Pruned: d.epochs[name].pruned}
	l := d.logs[name]
	if l == nil {
		return out, nil
	}
	out.Version, out.Head = l.version(), l.head
	if l.due != 0 {
		out.DueAt = time.UnixMilli(l.due)
	}
	from := int64(0)
	if s := l.snap; s != nil && s.Fold == fold && s.Version <= l.version() {
		c := *s
		out.Snapshot, from = &c, s.Version
	}
	for _, r := range l.records[from:] {
		out.Records = append(out.Records, r.Data)
	}
	return out, nil
}

// Read implements threadstore.Driver.
func (d *Driver) Read(ctx context.Context, name string, seq int64, limit int) ([][]byte, error) {
	end, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	l := d.logs[name]
	if l == nil || seq > l.version() {
		return nil, nil
	}
	records := l.records[seq-1:]
	if limit > 0 && len(records) > limit {
		records = records[:limit]
	}
	out := make([][]byte, len(records))
	for i, r := range records {
		out[i] = r.Data
	}
	return out, nil
}

// Records implements threadstore.Driver.
func (d *Driver) Records(ctx context.Context, name string, n int64) ([]threadstore.Record, error) {
	end, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	l := d.logs[name]
	if l == nil {
		return nil, nil
	}
	if n <= 0 || n > l.version() {
		n = l.version()
	}
	return slices.Clone(l.records[:n]), nil
}

// Due implements threadstore.Driver.
func (d *Driver) Due(ctx context.Context, now time.Time, limit int) ([]threadstore.DueLog, error) {
	end, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	var due []threadstore.DueLog
	for name, l := range d.logs {
		if l.due != 0 && l.due <= now.UnixMilli() {
			due = append(due, threadstore.DueLog{Log: name, At: time.UnixMilli(l.due)})
		}
	}
	sort.Slice(due, func(i, j int) bool {
		if !due[i].At.Equal(due[j].At) {
			return due[i].At.Before(due[j].At)
		}
		return due[i].Log < due[j].Log
	})
	return due[:min(len(due), limit)], nil
}

// Wake implements threadstore.Driver.
func (d *Driver) Wake(ctx context.Context, name string, at time.Time) error {
	end, err := d.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	l := d.logs[name]
	if l == nil || len(l.records) == 0 {
		return threadstore.ErrNotFound
	}
	if ms := at.UnixMilli(); l.due == 0 || ms < l.due {
		old := l.due
		d.undoable(func() { l.due = old })
		l.due = ms
	}
	return nil
}

// Index implements threadstore.Driver.
func (d *Driver) Index(ctx context.Context, name string) ([]threadstore.IndexEntry, error) {
	end, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	var entries []threadstore.IndexEntry
	for k, l := range d.lines {
		if k.index == name {
			entries = append(entries, threadstore.IndexEntry{Index: name, Member: k.member, Value: slices.Clone(l.value)})
		}
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].Member < entries[j].Member })
	return entries, nil
}

// SetAlias implements threadstore.Driver.
func (d *Driver) SetAlias(ctx context.Context, alias, name string) (string, error) {
	end, err := d.begin(ctx)
	if err != nil {
		return "", err
	}
	defer end()
	if bound, ok := d.aliases[alias]; ok {
		return bound, nil
	}
	d.undoable(func() { delete(d.aliases, alias) })
	d.aliases[alias] = name
	return name, nil
}

// Resolve implements threadstore.Driver.
func (d *Driver) Resolve(ctx context.Context, alias string) (string, error) {
	end, err := d.begin(ctx)
	if err != nil {
		return "", err
	}
	defer end()
	return d.aliases[alias], nil
}

// Copy implements threadstore.Driver.
func (d *Driver) Copy(ctx context.Context, src string, n int64, dst string, records []threadstore.Record, head string) error {
	end, err := d.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	if l := d.logs[dst]; l != nil && len(l.records) > 0 {
		return threadstore.ErrConflict
	}
	if l := d.logs[src]; l == nil || l.version() < n {
		return threadstore.ErrNotFound
	}
	old := d.logs[dst]
	d.undoable(func() { d.restore(dst, old) })
	delete(d.logs, dst)
	l := d.log(dst)
	for i, r := range records[:n] {
		l.records = append(l.records, r)
		l.ids[r.ID] = threadstore.Known{Seq: int64(i) + 1, Sum: r.Sum}
	}
	l.head = head
	return nil
}

func (d *Driver) restore(name string, l *log) {
	if l == nil {
		delete(d.logs, name)
		return
	}
	d.logs[name] = l
}

// Prune implements threadstore.Driver.
func (d *Driver) Prune(ctx context.Context, name string, version int64) error {
	end, err := d.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	l := d.logs[name]
	if l == nil || l.version() != version {
		return threadstore.ErrConflict
	}
	if _, held := d.held(name); held || l.due != 0 {
		return threadstore.ErrPending
	}
	delete(d.logs, name)
	for k, at := range d.lines {
		if at.log == name {
			delete(d.lines, k)
		}
	}
	e := d.epochs[name]
	e.pruned = version
	d.epochs[name] = e
	d.undo = nil // what was deleted on purpose does not come back
	return nil
}

// Policy implements threadstore.Driver.
func (d *Driver) Policy(ctx context.Context) (threadstore.PolicyRevision, error) {
	end, err := d.begin(ctx)
	if err != nil {
		return threadstore.PolicyRevision{}, err
	}
	defer end()
	return d.policy, nil
}

// DeclarePolicy implements threadstore.Driver.
func (d *Driver) DeclarePolicy(ctx context.Context, rev threadstore.PolicyRevision) error {
	end, err := d.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	d.policy = rev
	return nil
}

// Tail implements threadstore.Driver. A reader that is more than 256 notes behind misses some.
func (d *Driver) Tail(ctx context.Context) (<-chan threadstore.Note, error) {
	end, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	c := make(chan threadstore.Note, 256)
	d.tails[c] = true
	context.AfterFunc(ctx, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.tails[c] {
			delete(d.tails, c)
			close(c)
		}
	})
	return c, nil
}

func (d *Driver) tell(n threadstore.Note) {
	for c := range d.tails {
		select {
		case c <- n:
		default:
		}
	}
}

// Ping implements threadstore.Driver.
func (d *Driver) Ping(ctx context.Context) error {
	end, err := d.begin(ctx)
	if err != nil {
		return err
	}
	end()
	return nil
}

// Close implements threadstore.Driver.
func (d *Driver) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for c := range d.tails {
		delete(d.tails, c)
		close(c)
	}
	return nil
}
