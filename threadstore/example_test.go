package threadstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/boltstore"
)

// A replica takes in what has happened, decides on what it read, and is told when it decided too late.
func Example() {
	dir, err := os.MkdirTemp("", "threadstore")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // an example
	d, err := boltstore.Open(filepath.Join(dir, "store.db"))
	if err != nil {
		panic(err)
	}
	s := threadstore.New(d, threadstore.Options{})
	defer s.Close() //nolint:errcheck // an example
	ctx := context.Background()

	event := func(id string) []threadstore.Draft {
		return []threadstore.Draft{{ID: id, Sum: id, Encode: func(seq int64, prev string) ([]byte, error) {
			return fmt.Appendf(nil, `{"seq":%d,"id":%q,"prev":%q}`, seq, id, prev), nil
		}}}
	}
	fact, err := s.Append(ctx, threadstore.Append{Log: "thread", Fact: true, Drafts: event("trigger"), Acquire: "replica-1"})
	fmt.Println("trigger:", fact.Version, fact.Lease.Epoch, err)
	again, err := s.Append(ctx, threadstore.Append{Log: "thread", Fact: true, Drafts: event("trigger")})
	fmt.Println("again:", again.Version, again.Fresh, err)

	decision := threadstore.Append{Log: "thread", Expect: fact.Version, Lease: fact.Lease, Drafts: event("plan")}
	done, err := s.Append(ctx, decision)
	fmt.Println("decided:", done.Version, err)
	decision.Drafts = event("another plan")
	_, err = s.Append(ctx, decision)
	fmt.Println("too late:", errors.Is(err, threadstore.ErrConflict))
	// Output:
	// trigger: 1 1 <nil>
	// again: 1 [false] <nil>
	// decided: 2 <nil>
	// too late: true
}
