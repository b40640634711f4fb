// Package threadstore keeps logs: append-only sequences of events with a
// lease, a due time and index lines beside each, on a [Driver] that is Redis or
// one local file.
//
// # The model
//
// A log has a name, and a version, which is its length. Everything that changes
// a log goes through [Store.Append], in one atomic step: the events, the
// snapshot of their fold, when the log wants to be looked at next, its lines in
// the indexes, and its lease. The events are opaque bytes here, but for two
// things that the caller's encoder writes into them: the event's place and the
// hash of the event before it. So a log is a chain, and [Chain.Verify] finds
// the first event that somebody has changed.
//
// # Decisions and facts
//
// A decision is conditional: it goes in only if the log still stands where it
// was read, and only while the caller holds the lease. Else Append returns
// [ErrConflict] or [ErrStale] and nothing has changed. A fact is something that
// has happened: it goes in whatever else has been appended meanwhile, once per
// event id, and no lost lease keeps it out.
//
// Every event has an id, unique in its log, and a sum of its content. An id that
// is known with the same sum is a duplicate: appending it again changes nothing
// and says where it stands, with [Appended].Fresh false. Known with another sum
// it is refused with [ErrIDReused]. An append of which every event is a
// duplicate changes nothing at all: neither due time nor index nor lease.
//
// # Replies that get lost
//
// A network may drop the reply of an append that was done. Append then gives
// the very same operation again, under the same token, and the driver knows its
// earlier try; so an append is done once, and Fresh tells the truth about whose
// events are in. Only when the store stays away for longer than a few tries does
// Append return the driver's error, and then nothing is known about the effect;
// appending the same ids again is always safe.
//
// # Leases
//
// A lease says who may run a log. Epochs of one log only ever grow, across
// release, expiry and restart, so that an old holder is told from a new one.
// Owners are names of processes, chosen anew at each start: the same owner asking
// again gets the lease it has, under the same epoch. Trust in a lease ends at
// [Lease].Until, by the holder's own clock, before the store lets go of it.
//
// # What can be lost
//
// A store that is set up to lose acknowledged writes (a Redis failover) does.
// A Store remembers the last version and head of the logs it has seen, and
// returns [ErrLost], with where the log stood and stands, when one comes back
// shorter or other. No append succeeds on such a log in this process, until
// somebody who knows of the loss appends a fact with [Append].Despite, which says
// so in the log. What this process cannot remember, others may: [Store.Witness]
// compares a log with what somebody has seen of it.
package threadstore
