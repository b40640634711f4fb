package threadstore

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Errors a caller decides on. Everything else a Store returns is the driver's
// failure to answer, wrapped; nothing is then known about the effect except
// what the doc comment of the method says.
var (
	// ErrConflict: the log no longer stands at the version the append expected.
	// Load again and decide again.
	ErrConflict = errors.New("the log has grown since it was read")
	// ErrStale: the lease that the append was conditional on is not held any more.
	ErrStale = errors.New("the lease has been lost")
	// ErrHeld: somebody else holds the lease.
	ErrHeld = errors.New("the lease is held by another")
	// ErrIDReused: an event of this id is in the log with other content.
	ErrIDReused = errors.New("an event with this id and other content is in the log")
	// ErrNotFound: there is no such log.
	ErrNotFound = errors.New("no such log")
	// ErrPending: the log still has something due or is leased; it is not deleted.
	ErrPending = errors.New("the log is still waited on")
	// ErrLost: the store answered with less than what it once acknowledged. It comes as a *[LostError].
	ErrLost = errors.New("the store has lost acknowledged events")
	// ErrNotReplicated: a Durable append is in the log, but fewer replicas than
	// asked for have confirmed it. What it announces must not be begun.
	ErrNotReplicated = errors.New("too few replicas have confirmed the append")
	// ErrClosed: the store has been closed.
	ErrClosed = errors.New("the store is closed")
)

// A ConflictError is what ErrConflict comes as: it tells where the log stands now.
type ConflictError struct {
	Log     string
	Version int64
	Head    string
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s stands at %d: %v", e.Log, e.Version, ErrConflict)
}

func (e *ConflictError) Unwrap() error { return ErrConflict }

// A Draft is an event about to be appended. Its place in the log and the hash
// of the event before it are only known inside Append, so it is encoded there,
// and again for each new place that is tried.
type Draft struct {
	// ID is unique within its log, and does not begin with a NUL. A draft whose id is in the log already is a duplicate: a no-op.
	ID string
	// Sum fingerprints the content without its place. The same id with another Sum is refused with ErrIDReused; one
	// that goes on after this one is the same, as it was written by a program that kept more of it.
	Sum string
	// Encode returns the stored bytes for the place seq (from 1) after an event of hash prev ("" for the first).
	// They are not changed afterwards: a try that has timed out may still be on its way.
	Encode func(seq int64, prev string) ([]byte, error)
}

// A Snapshot is a cached fold of a log: never the truth, always replaceable by
// folding the log. One without Data takes the place of the last one by none.
type Snapshot struct {
	Version int64 // of the log when it was taken
	Fold    int   // version of the fold that made it; another one is ignored
	Data    []byte
}

// Due says when a log wants to be looked at. The zero value leaves what is set.
type Due struct {
	Set bool
	At  time.Time // zero with Set: nothing is due any more
}

// DueAt sets the due time; DueNever clears it.
func DueAt(t time.Time) Due { return Due{Set: true, At: t} }

// DueNever says that nothing is due.
func DueNever() Due { return Due{Set: true} }

// An IndexEntry is one line of a named index, kept by the same atomic step as
// the append. A member belongs to the log that set it: two logs give theirs
// different names. It goes when its log is pruned.
type IndexEntry struct {
	Index  string // such as "threads", "approvals", "environments"
	Member string
	Value  []byte // nil removes the member
}

// A Lease is the right to run a log: whoever holds it may append decisions.
// Epochs of one log only ever grow.
type Lease struct {
	Log   string
	Owner string
	Epoch int64
	// Until ends local trust: the moment of asking plus TTL minus a margin, by the holder's own clock.
	Until time.Time
	// TTL is what the lease was asked for with, and is renewed by.
	TTL time.Duration
}

// Valid reports whether the holder may still trust the lease at now.
func (l *Lease) Valid(now time.Time) bool { return l != nil && l.Epoch > 0 && now.Before(l.Until) }

// An Append is one atomic change of one log.
//
// With Fact, the drafts go in whatever else has happened: Expect is only a
// first guess, Lease is ignored, and Snapshot must be nil. Without, nothing
// goes in unless the log stands at Expect and, where Lease is set, it is still held.
// An Append without drafts is allowed: it changes due time, index or lease only.
type Append struct {
	Log      string
	Expect   int64
	Fact     bool
	Exists   bool // of a fact: it may not begin a log; ErrNotFound if there is none
	Lease    *Lease
	Drafts   []Draft
	Snapshot func(version int64, head string) (*Snapshot, error) // may be nil; called for the place the drafts get
	Due      Due
	Index    []IndexEntry
	// Acquire asks, with the append, for the lease in this owner's name, if it is free. Empty: not asked.
	Acquire string
	TTL     time.Duration // of the lease acquired, or of the renewal that goes with a leased append; default DefaultTTL
	// Release gives Lease back with the append.
	Release bool
	// Look appends nothing: see [Store.AppendAll].
	Look bool
	// Durable asks for confirmation by as many replicas as the driver is set to wait for (on Redis: WAIT).
	// Short of them Append returns ErrNotReplicated beside what it did. Without replicas set it asks nothing.
	Durable bool
	// Despite says that the writer of a Fact knows that the log has lost events: it goes in after what is left, and
	// from then on the log counts as what it is now.
	Despite bool
}

// DefaultTTL is how long a lease lasts without renewal.
const DefaultTTL = 5 * time.Second

// Appended is what an append did.
type Appended struct {
	Version int64 // of the log afterwards
	Head    string
	Prev    string  // the head before the drafts that went in now
	Seqs    []int64 // place of each draft, in order; for a duplicate the place it already had
	Fresh   []bool  // whether each draft went in now
	Lease   *Lease  // the lease acquired, or the one renewed; nil when none was asked for or it is held by another
}

// Loaded is a log as read: a snapshot that may be used, and the events after it.
type Loaded struct {
	Log      string
	Version  int64
	Head     string
	Snapshot *Snapshot // nil: fold Records from the start
	Records  [][]byte  // events from Snapshot.Version+1 (or 1) on
	DueAt    time.Time // zero: nothing due
	Pruned   int64     // version at which an earlier log of this name was pruned; 0: never
}

// A DueLog is a log that wants to be looked at.
type DueLog struct {
	Log string
	At  time.Time
}

// A Note says that a log has grown, for tails. Notes may be lost; read the log to know.
type Note struct {
	Log     string
	Version int64
}

// PolicyRevision is the policy file that replicas of one store agree to run.
type PolicyRevision struct {
	Revision string    `json:"revision"`
	By       string    `json:"by"`
	At       time.Time `json:"at"`
}

// Op is what a Driver does atomically: all of it or, by its Outcome, none.
// The portable Store has already computed places and hashes.
type Op struct {
	Log      string
	Expect   int64  // where the log must stand; at -1 none does, which asks where it stands and which ids are in
	Prev     string // the head it must have there
	Head     string // after the records
	Token    string // recognises an earlier try of this very Op; short, of letters, digits, "-" and "_"
	Owner    string // with Epoch: the append is conditional on this lease, and renews it
	Epoch    int64
	TTL      time.Duration
	Acquire  string
	Release  bool
	Records  []Record
	Snapshot *Snapshot
	Due      Due
	Index    []IndexEntry
	Durable  bool // see Append
}

// A Record is one encoded event with what is needed to know it again.
type Record struct {
	ID   string
	Sum  string
	Data []byte
}

// Outcome says what a driver did with an Op.
type Outcome int

// The outcomes of an Op. Drivers return them as values: on every backend the same, and never as errors.
const (
	OutcomeOK        Outcome = iota // done, by this try or an earlier one of the same Op
	OutcomeConflict                 // Version and Head say where the log stands; nothing was changed
	OutcomeStale                    // the lease is not held; nothing was changed
	OutcomeDuplicate                // at least one id is in the log already; Known says which; nothing was changed
)

// Reply is a driver's answer to an Op.
type Reply struct {
	Outcome Outcome
	Version int64
	Head    string
	Epoch   int64            // of the lease acquired or renewed; 0 when Acquire found it held
	Known   map[string]Known // with OutcomeDuplicate: by id
	Pruned  int64            // with OutcomeConflict and OutcomeDuplicate: as in Loaded
	Short   bool             // of a Durable op: too few replicas confirmed it
}

// Known is an id that is in a log.
type Known struct {
	Seq int64
	Sum string
}

// A Driver keeps logs. Each method is one atomic step and is safe for
// concurrent use. An error means that nothing is known about the effect.
type Driver interface {
	// Apply does op, or nothing. The same op (by Token) given again after an
	// error is recognised if it went in before: OutcomeOK, not a conflict.
	Apply(ctx context.Context, op Op) (Reply, error)
	// Load reads the log after its snapshot if that has the fold version asked
	// for, else from the start. An unknown log has Version 0.
	Load(ctx context.Context, log string, fold int) (Loaded, error)
	// Read returns up to limit events from seq on (from 1); limit 0: all.
	Read(ctx context.Context, log string, seq int64, limit int) ([][]byte, error)
	// Records returns the first n events with their ids and sums, for Copy.
	Records(ctx context.Context, log string, n int64) ([]Record, error)

	// Acquire takes the lease if it is free, expired, or the same owner's. epoch 0: it is held by holder.
	Acquire(ctx context.Context, log, owner string, ttl time.Duration) (epoch int64, holder string, err error)
	// Renew prolongs, Release gives back; false: it was not held under this epoch.
	Renew(ctx context.Context, log, owner string, epoch int64, ttl time.Duration) (bool, error)
	Release(ctx context.Context, log, owner string, epoch int64) (bool, error)

	// Due lists logs due at now or before, oldest first, at most limit; due times have millisecond precision.
	// Where a store has several parts and one can't be reached, Due lists what the others have.
	// Wake sets a log's due time if that is sooner than what is set; ErrNotFound without such a log.
	Due(ctx context.Context, now time.Time, limit int) ([]DueLog, error)
	Wake(ctx context.Context, log string, at time.Time) error

	// Index lists a named index, in no order.
	Index(ctx context.Context, name string) ([]IndexEntry, error)
	// SetAlias binds alias to log unless it is bound; it returns what it is bound to then. Resolve returns "" for an unknown one.
	SetAlias(ctx context.Context, alias, log string) (bound string, err error)
	Resolve(ctx context.Context, alias string) (log string, err error)

	// Copy makes dst, which must not exist (else ErrConflict), out of the first n records of src, as they are; the source is unchanged and dst has no due time, lease or index lines.
	Copy(ctx context.Context, src string, n int64, dst string, records []Record, head string) error
	// Prune deletes everything of a log that stands at version (else ErrConflict), is not due and not leased (else ErrPending),
	// its index lines with it; its epoch stays, and the version it was pruned at.
	Prune(ctx context.Context, log string, version int64) error

	// Policy returns the current revision; DeclarePolicy makes rev the current one.
	Policy(ctx context.Context) (PolicyRevision, error)
	DeclarePolicy(ctx context.Context, rev PolicyRevision) error

	// Tail delivers notes until ctx ends; then the channel is closed.
	Tail(ctx context.Context) (<-chan Note, error)
	// Ping answers if the store does.
	Ping(ctx context.Context) error
	Close() error
}
