package memstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/releasebot/releasebot/sim/memstore"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/storetest"
)

// second is the same memory, seen by another process: closing it leaves the first open.
type second struct{ *memstore.Driver }

func (second) Close() error { return nil }

func TestConformance(t *testing.T) {
	storetest.Run(t, storetest.Harness{
		Open: func(testing.TB) threadstore.Driver { return memstore.New(memstore.Options{Undo: 100}) },
		Another: func(_ testing.TB, d threadstore.Driver) threadstore.Driver {
			if s, ok := d.(second); ok {
				return s
			}
			return second{d.(*memstore.Driver)}
		},
		Shrink: func(t testing.TB, d threadstore.Driver, log string) {
			if s, ok := d.(second); ok {
				d = s.Driver
			}
			records, err := d.Records(t.Context(), log, 0)
			if err != nil || len(records) == 0 {
				t.Fatalf("nothing to take away: %v", err)
			}
			head := ""
			if n := len(records); n > 1 {
				head = threadstore.Chain{}.Hash(records[n-2].Data)
			}
			d.(*memstore.Driver).Truncate(log, head)
		},
	})
}

// TestFailover: what is taken back is gone with all that went with it, and the ids may be used again.
func TestFailover(t *testing.T) {
	now := time.Unix(1000, 0)
	d := memstore.New(memstore.Options{Undo: 10, Now: func() time.Time { return now }})
	put := func(expect int64, id string, due int64) {
		t.Helper()
		l, err := d.Load(t.Context(), "log", 1)
		if err != nil {
			t.Fatal(err)
		}
		r, err := d.Apply(t.Context(), threadstore.Op{
			Log: "log", Expect: expect, Prev: l.Head, Head: "head of " + id, Token: "token" + id,
			Records: []threadstore.Record{{ID: id, Sum: id, Data: []byte(id)}},
			Due:     threadstore.DueAt(time.UnixMilli(due)), Index: []threadstore.IndexEntry{{Index: "i", Member: "m", Value: []byte(id)}},
		})
		if err != nil || r.Outcome != threadstore.OutcomeOK {
			t.Fatalf("%s: %+v, %v", id, r, err)
		}
	}
	put(0, "a", 1)
	put(1, "b", 2)
	put(2, "c", 3)
	if _, _, err := d.Acquire(t.Context(), "log", "me", time.Minute); err != nil {
		t.Fatal(err)
	}
	if n := d.Failover(2); n != 2 {
		t.Fatalf("took %d back, want 2", n)
	}
	l, err := d.Load(context.Background(), "log", 1)
	if err != nil || l.Version != 1 || l.Head != "head of a" || l.DueAt.UnixMilli() != 1 {
		t.Fatalf("afterwards: %+v, %v", l, err)
	}
	lines, err := d.Index(t.Context(), "i")
	if err != nil || len(lines) != 1 || string(lines[0].Value) != "a" {
		t.Fatalf("the index has %v, %v", lines, err)
	}
	if h := d.Holder("log"); h != "" {
		t.Fatalf("%s still holds the lease", h)
	}
	put(1, "b", 5)
}
