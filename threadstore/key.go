package threadstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// keyLog is the log that says by which key this store's events are hashed.
const keyLog = "meta:chain"

// ErrOtherKey: the store's events are hashed with another key than this
// process has, or with one where it has none. Every chain would look broken.
var ErrOtherKey = errors.New("the events of this store are hashed with another key")

// ClaimKey makes the key of the chain, if there is one, this store's for good, or
// returns ErrOtherKey: another one is, or one is and this process has none.
func (s *Store) ClaimKey(ctx context.Context) error {
	mark := s.chain.mark()
	if mark == "" {
		return s.KeyFits(ctx)
	}
	_, err := s.Append(ctx, Append{Log: keyLog, Fact: true, Drafts: []Draft{{
		ID: "key", Sum: mark, Encode: func(_ int64, prev string) ([]byte, error) {
			return json.Marshal(struct {
				Prev string `json:"prev"`
				Mark string `json:"mark"`
			}{prev, mark})
		},
	}}})
	if errors.Is(err, ErrIDReused) {
		return ErrOtherKey
	}
	return err
}

// KeyFits returns ErrOtherKey if a key was claimed that is not this process's.
func (s *Store) KeyFits(ctx context.Context) error {
	records, err := s.records(ctx, keyLog, 1)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("looking for the store's key: %w", err)
	case records[0].Sum != s.chain.mark():
		return ErrOtherKey
	}
	return nil
}

// mark tells a key from others without telling what it is; "" without a key.
func (c Chain) mark() string {
	if len(c.Key) == 0 {
		return ""
	}
	return c.Hash([]byte("which key is this?"))[:16]
}
