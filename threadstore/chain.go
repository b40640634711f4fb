package threadstore

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// A Chain hashes events so that each can carry the hash of the one before it.
// The zero value uses SHA-256: it shows that a log was changed by somebody who
// did not rewrite all that follows. With a Key it is HMAC-SHA256, which nobody
// without the key can rewrite.
//
// A log may have been begun before there was a key. So with one, the first links
// of a log may be without; from the first keyed link on all have to be keyed.
type Chain struct {
	Key []byte
}

// Follows reports whether prev is the hash of data, with the key or without.
func (c Chain) Follows(prev string, data []byte) bool {
	return hmac.Equal([]byte(prev), []byte(c.Hash(data))) || len(c.Key) > 0 && hmac.Equal([]byte(prev), []byte(Chain{}.Hash(data)))
}

// A Walk goes along a chain, event by event, and says of each whether it fits.
type Walk struct {
	chain Chain
	last  []byte // the event before; nil: not known
	head  string // its hash, where that alone is known
	begun bool   // something is known of what goes before
	keyed bool   // a keyed link was seen
	// Unkeyed counts the links that were made before there was a key.
	Unkeyed int64
}

// Begin walks a log from its first event.
func (c Chain) Begin() *Walk { return &Walk{chain: c, begun: true} }

// After walks on from an event whose hash is head; "": that is not known, and the next event is taken as it comes.
func (c Chain) After(head string) *Walk { return &Walk{chain: c, head: head, begun: head != ""} }

// Next takes the next event, which says that prev goes before it, and reports whether it fits.
func (w *Walk) Next(prev string, data []byte) bool {
	ok := !w.begun || w.Ends(prev)
	w.last, w.begun = data, true
	return ok
}

// Ends reports whether head is the hash of the last event.
func (w *Walk) Ends(head string) bool {
	if w.last == nil {
		return hmac.Equal([]byte(head), []byte(w.head))
	}
	if hmac.Equal([]byte(head), []byte(w.chain.Hash(w.last))) {
		w.keyed = len(w.chain.Key) > 0
		return true
	}
	if len(w.chain.Key) == 0 || w.keyed || !w.chain.Follows(head, w.last) {
		return false
	}
	w.Unkeyed++
	return true
}

// Hash returns the hash of an event's stored bytes, in base64url without padding (43 characters).
func (c Chain) Hash(data []byte) string {
	var sum [sha256.Size]byte
	if len(c.Key) == 0 {
		sum = sha256.Sum256(data)
	} else {
		mac := hmac.New(sha256.New, c.Key)
		mac.Write(data)
		mac.Sum(sum[:0])
	}
	var text [43]byte
	base64.RawURLEncoding.Encode(text[:], sum[:])
	return string(text[:])
}

// A ChainError names the first place where a chain is broken.
type ChainError struct {
	Seq  int64  // of the event whose prev does not match
	Prev string // what it says
	Want string // the hash of the event before it
	Err  error  // set when the event could not be read at all
}

func (e *ChainError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("event %d can't be read: %v", e.Seq, e.Err)
	}
	if e.Seq == 1 {
		return fmt.Sprintf("event 1 says that %q goes before it, but a log begins with it: events before it are missing, or it was changed", e.Prev)
	}
	return fmt.Sprintf("the chain is broken between events %d and %d: event %d says that %q goes before it, but event %d hashes to %q: one of the two was changed, or the key is another",
		e.Seq-1, e.Seq, e.Seq, e.Prev, e.Seq-1, e.Want)
}

func (e *ChainError) Unwrap() error { return e.Err }

// Verify checks that records, a log from its first event on, are one unbroken
// chain, and returns the head: the hash of the last. prevOf reads what an event
// says of the one before it. The error is a *[ChainError] naming the first
// broken place. The last event is vouched for only by a head known from
// elsewhere: compare it.
func (c Chain) Verify(records [][]byte, prevOf func(data []byte) (string, error)) (head string, err error) {
	w := c.Begin()
	for i, data := range records {
		prev, err := prevOf(data)
		if err != nil {
			return "", &ChainError{Seq: int64(i) + 1, Err: err}
		}
		if !w.Next(prev, data) {
			return "", &ChainError{Seq: int64(i) + 1, Prev: prev, Want: head}
		}
		head = c.Hash(data)
	}
	return head, nil
}
