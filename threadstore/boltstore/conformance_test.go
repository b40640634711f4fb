package boltstore_test

import (
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/boltstore"
	"github.com/releasebot/releasebot/threadstore/storetest"
)

// Another is nil: the file lock keeps other processes out. Lossy is nil: there is no network.
func harness() storetest.Harness {
	paths := make(map[threadstore.Driver]string)
	open := func(t testing.TB, path string) threadstore.Driver {
		t.Helper()
		d, err := boltstore.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		paths[d] = path
		return d
	}
	return storetest.Harness{
		Open: func(t testing.TB) threadstore.Driver { return open(t, filepath.Join(t.TempDir(), "store.db")) },
		Reopen: func(t testing.TB, d threadstore.Driver) threadstore.Driver {
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, paths[d])
		},
	}
}

func TestConformance(t *testing.T) { storetest.Run(t, harness()) }

func BenchmarkStore(b *testing.B) { storetest.Bench(b, harness()) }

// Another program's bbolt file, and one of another format, are named as such.
func TestForeignFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "foreign.db")
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := boltstore.Open(path); err == nil {
		t.Fatal("another program's file was opened")
	}

	path = filled(t)
	db, err = bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte("99")) })
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := boltstore.Open(path); err == nil {
		t.Fatal("a file of format 99 was opened")
	}
}
