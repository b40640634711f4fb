// Package boltstore is the embedded driver of threadstore: one bbolt file, one process.
//
// Every append is on the disk (fdatasync) before Apply returns. All changes go
// through one goroutine, which takes whatever has been asked for while the last
// transaction was being written into the next one: so appends that come together
// share a sync, and one that comes alone waits for nothing.
//
// # One process
//
// bbolt locks the file. A second process is refused with [ErrInUse]. Because of
// that, a lease that is found in the file at the start has no holder left alive;
// so what is kept in the file is each log's epoch, which never goes back, and who
// holds it until when is kept in memory. Taking a lease is synced with its new
// epoch; renewing it costs no disk access, and a restart frees all leases at once.
//
// # A damaged file
//
// Open looks at every page before it trusts the file. A file that is torn,
// overwritten, empty or of another format is reported with [ErrDamaged] or as
// what it is, and is left as it stands: nothing is ever begun anew in its place.
// That the events themselves are as they were written is for the hash chain to say.
//
// # Layout
//
// Flat buckets, with keys that begin with the log's name and a NUL:
//
//	events  log NUL seq (8 bytes)     → the event
//	ids     log NUL id                → seq, sum, and the append's token on its first id
//	logs    log                       → version, head, due time, token of the last append without events
//	snaps   log                       → fold, version, state
//	epochs  log                       → the last epoch; the version at which the log was pruned
//	due     time (8 bytes, ms) log    → nothing
//	lines   index NUL member          → value
//	owns    log NUL index NUL member  → nothing: the lines that go when the log does
//	aliases alias                     → log
//	meta    format, policy
package boltstore
