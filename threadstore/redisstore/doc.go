// Package redisstore is the production driver of threadstore: Redis 6.2 or
// later, as one server, behind Sentinels, or as a Cluster.
//
// # Shards
//
// Logs are spread over a fixed number of shards (64) by a hash of their name.
// All keys of a log, and its shard's due index and index hashes, carry the same
// hash tag (rb:{s07}:…), so that one script can change them together on a Cluster
// too. keys.go has every key; rb:meta says which format and how many shards a
// Redis was begun with, and Open refuses another.
//
// # What is kept
//
//	rb:{s07}:l:LOG    list    the events; its length is the version
//	rb:{s07}:h:LOG    hash    id → seq:token:sum; the token of an append stands with its first id.
//	                          After a NUL: h the head; f, v the snapshot's fold and version; t the
//	                          token of the last append without events; x… the lines the log has made;
//	                          e the last epoch
//	rb:{s07}:s:LOG    string  the snapshot's state
//	rb:{s07}:o:LOG    string  who holds the lease, "epoch owner", with its expiry
//	rb:{s07}:e:LOG    hash    of a log that was pruned: e its last epoch, p its version then; never deleted
//	rb:{s07}:due      zset    log → when it is due, in ms
//	rb:{s07}:x:INDEX  hash    member → value
//	rb:{s07}:a:ALIAS  string  the log it is bound to; sharded by the alias
//	rb:meta           hash    format, shards, policy
//	rb:tail           channel "version log", at each append
//
// Nothing but the lease has an expiry.
//
// # One script, one round trip
//
// apply.lua checks and changes everything of an append, or of several, which it
// checks before it writes any. It answers with values, never with raised errors,
// and treats payloads as bytes. Each byte that it is told is hashed by Lua, so it
// is told only what an append needs. Appends that are asked for while others are
// under way go out together, as one pipeline.
//
// # Lost replies
//
// The client never repeats a command by itself; the Store gives the same Op
// again, and the script knows it by its token, whatever came between. With
// Config.WaitReplicas an append that asks to be Durable is followed by WAIT on the
// same connection.
//
// # Persistence
//
// [Driver.Check] says what of a server's settings could lose events: evicting keys
// is refused; anything weaker than appendfsync always is worth a warning.
package redisstore
