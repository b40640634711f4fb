package boltstore

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/releasebot/releasebot/threadstore"
)

var (
	// ErrInUse: another process has the file open.
	ErrInUse = errors.New("it is in use by another process")
	// ErrDamaged: the file can't be read as a store.
	ErrDamaged = errors.New("the file is damaged")
)

// lockWait is how long Open waits for another process to let go of the file.
const lockWait = time.Second

// Driver keeps logs in one file. It is a [threadstore.Driver].
type Driver struct {
	db     *bolt.DB
	jobs   chan *job
	quit   chan struct{} // closed by Close
	ended  chan struct{} // closed when the writer has stopped
	closed sync.Once
	leases leases
	tails  tails
}

var _ threadstore.Driver = (*Driver)(nil)

// Open opens the store in the file at path, and makes it if there is none; its
// folder must exist. ErrInUse: another process has it. ErrDamaged: the file is
// not a store any more; it is left as it is.
func Open(path string) (*Driver, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if err := create(path); err != nil {
			return nil, fmt.Errorf("making the store %s: %w", path, err)
		}
	}
	if err := inspect(path); err != nil {
		return nil, fmt.Errorf("opening the store %s: %w", path, err)
	}
	db, err := openFile(path, false)
	if err != nil {
		return nil, fmt.Errorf("opening the store %s: %w", path, err)
	}
	d := &Driver{db: db, jobs: make(chan *job), quit: make(chan struct{}), ended: make(chan struct{})}
	go d.write()
	return d, nil
}

// openFile opens what is there, never makes a file, and turns bbolt's answers into ours.
func openFile(path string, readOnly bool) (*bolt.DB, error) {
	var db *bolt.DB
	var file *os.File
	err := guard(func() (err error) {
		db, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout:  lockWait,
			ReadOnly: readOnly,
			// The list of free pages is made again at each start, so that a commit need not write it.
			NoFreelistSync: true,
			FreelistType:   bolt.FreelistMapType,
			NoStatistics:   true,
			OpenFile: func(name string, flag int, perm os.FileMode) (_ *os.File, err error) {
				file, err = os.OpenFile(name, flag&^os.O_CREATE, perm) //nolint:gosec // the user's own path
				return file, err
			},
		})
		return err
	})
	if errors.Is(err, ErrDamaged) { // it panicked, and still holds the file's lock
		return nil, errors.Join(err, file.Close())
	}
	switch {
	case err == nil:
		return db, nil
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("%w (only one releasebot can use an embedded store at a time): stop the other one, or give this one a RELEASEBOT_DATA of its own; for several at once set REDIS_URL", ErrInUse)
	case errors.Is(err, os.ErrPermission), errors.Is(err, os.ErrNotExist):
		return nil, err
	default:
		return nil, damaged(err)
	}
}

func damaged(why any) error {
	return fmt.Errorf("%w: %v. Nothing was changed in it. Put back a copy from a backup, or move the file away to begin with an empty store", ErrDamaged, why)
}

// inspect looks at every page of the file, so that damage shows now and as an
// error: bbolt would take the process down when it came upon it.
func inspect(path string) (err error) {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return damaged("it is empty")
	}
	db, err := openFile(path, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return guard(func() error {
		return db.View(func(tx *bolt.Tx) error {
			if used := tx.Size(); used > info.Size() {
				return damaged(fmt.Sprintf("it was cut off at %d of %d bytes", info.Size(), used))
			}
			return walk(tx)
		})
	})
}

// walk reads every key, and checks the format.
func walk(tx *bolt.Tx) error {
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		return errors.New("it is a bbolt file of another program")
	}
	if f := string(meta.Get(keyFormat)); f != format {
		return fmt.Errorf("its format is %q, and this program knows format %q: use the version of releasebot that wrote it", f, format)
	}
	for _, name := range allBuckets() {
		b := tx.Bucket(name)
		if b == nil {
			return damaged(fmt.Sprintf("its bucket %q is missing", name))
		}
		if err := walkBucket(b); err != nil {
			return damaged(err)
		}
	}
	return nil
}

// walkBucket reads every key of a bucket, which come in order as long as no page is torn.
func walkBucket(b *bolt.Bucket) error {
	var last []byte
	return b.ForEach(func(k, _ []byte) error {
		if last != nil && bytes.Compare(last, k) >= 0 {
			return fmt.Errorf("the key %x comes after %x", k, last)
		}
		last = k
		return nil
	})
}

// guard turns what bbolt panics with on a damaged page, and the fault of a page
// that is not in the file, into ErrDamaged.
func guard(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = damaged(p)
		}
	}()
	return do()
}

// create makes the file under another name first, so that one which is there is always whole.
func create(path string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	name := f.Name()
	defer func() { err = errors.Join(err, os.Remove(name)) }()
	if err := f.Close(); err != nil {
		return err
	}
	db, err := bolt.Open(name, 0o600, &bolt.Options{NoFreelistSync: true, FreelistType: bolt.FreelistMapType})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range allBuckets() {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		return tx.Bucket(bucketMeta).Put(keyFormat, []byte(format))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	// A link, and not a rename, so that of two that start at once one wins and none is overwritten.
	if err := os.Link(name, path); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Close stops taking work, waits for what is being written, and lets go of the file.
func (d *Driver) Close() (err error) {
	d.closed.Do(func() {
		close(d.quit)
		<-d.ended
		d.tails.close()
		err = d.db.Close()
	})
	return err
}
