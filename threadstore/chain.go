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
type Chain struct {
	Key []byte
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
	return base64.RawURLEncoding.EncodeToString(sum[:])
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
	for i, data := range records {
		prev, err := prevOf(data)
		if err != nil {
			return "", &ChainError{Seq: int64(i) + 1, Err: err}
		}
		if !hmac.Equal([]byte(prev), []byte(head)) {
			return "", &ChainError{Seq: int64(i) + 1, Prev: prev, Want: head}
		}
		head = c.Hash(data)
	}
	return head, nil
}
