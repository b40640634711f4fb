package boltstore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/releasebot/releasebot/internal/leaktest"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/boltstore"
)

// killedEnv names the store that this test binary writes to until it is killed.
const killedEnv = "BOLTSTORE_TEST_KILLED"

func TestMain(m *testing.M) {
	if path := os.Getenv(killedEnv); path != "" {
		fmt.Println(writeUntilKilled(path))
		os.Exit(1)
	}
	leaktest.Main(m)
}

// writeUntilKilled appends facts from several goroutines, and says of each that it was acknowledged.
func writeUntilKilled(path string) error {
	d, err := boltstore.Open(path)
	if err != nil {
		return err
	}
	s := threadstore.New(d, threadstore.Options{})
	var out sync.Mutex
	failed := make(chan error, 1)
	for w := range 4 {
		go func() {
			for i := 0; ; i++ {
				log, id := fmt.Sprintf("log%d", w), fmt.Sprintf("%d/%d/%d", os.Getpid(), w, i)
				_, err := s.Append(context.Background(), threadstore.Append{
					Log: log, Fact: true, Drafts: []threadstore.Draft{draft(id, id)}, Due: threadstore.DueAt(time.UnixMilli(int64(i) + 1)),
					Index: []threadstore.IndexEntry{{Index: "i", Member: log, Value: []byte(id)}},
				})
				if err != nil {
					failed <- err
					return
				}
				out.Lock()
				fmt.Println(log, id)
				out.Unlock()
			}
		}()
	}
	return <-failed
}

// A process that is killed at any moment leaves everything behind that it had acknowledged.
func TestKilledKeepsWhatWasAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	acknowledged := map[string]map[string]bool{}
	total := 0
	for range 6 {
		for log, id := range killedWriter(t, path, 20+rand.IntN(150)) {
			total += len(id)
			for _, x := range id {
				if acknowledged[log] == nil {
					acknowledged[log] = map[string]bool{}
				}
				acknowledged[log][x] = true
			}
		}
		d, err := boltstore.Open(path)
		if err != nil {
			t.Fatalf("opening the store of a process that was killed: %v", err)
		}
		s := threadstore.New(d, threadstore.Options{})
		for log, ids := range acknowledged {
			l, err := s.Load(t.Context(), log, 1)
			if err != nil {
				t.Fatal(err)
			}
			missing := len(ids)
			prev := ""
			for _, r := range l.Records {
				id, ok := cutBody(string(r), prev)
				if !ok {
					t.Fatalf("%s: %q does not follow its event before", log, r)
				}
				if ids[id] {
					missing--
				}
				prev = s.Hash(r)
			}
			if missing > 0 || l.Head != prev {
				t.Errorf("%s has %d events, its head fits: %t; %d that were acknowledged are missing", log, l.Version, l.Head == prev, missing)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("6 kills, %d acknowledged events, none missing", total)
}

func cutBody(record, prev string) (body string, ok bool) {
	if len(record) < len(prev)+1 || record[:len(prev)] != prev || record[len(prev)] != '|' {
		return "", false
	}
	return record[len(prev)+1:], true
}

// killedWriter runs a writer until it has acknowledged so many events, kills it, and returns what it had acknowledged by log.
func killedWriter(t *testing.T, path string, after int) map[string][]string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), killedEnv+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acks := map[string][]string{}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		if n == after {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
		var log, id string
		if k, err := fmt.Sscan(lines.Text(), &log, &id); err == nil && k == 2 { // the last line may be torn
			acks[log] = append(acks[log], id)
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Fatalf("the writer was not killed: %v, after %v", err, acks)
	}
	return acks
}

var errChain = errors.New("the chain is broken")

// A file of which any part was torn off or overwritten is reported and left as it
// is, or the chain of the log that it tears shows it when that is read; or the
// part was not in use, and everything is still there.
func TestTornAnywhere(t *testing.T) {
	whole, err := os.ReadFile(filled(t))
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	damaged, broken := 0, 0
	tried := 0
	for i := range len(whole) / page {
		if i > 6 && i%11 != 0 { // the first ones matter most; a part of the others keeps this short
			continue
		}
		for what, torn := range map[string][]byte{
			"cut off at":   append([]byte(nil), whole[:i*page]...),
			"cut off past": append([]byte(nil), whole[:i*page+page/3]...),
			"zero from":    zeroed(whole, i*page, page),
		} {
			tried++
			path := filepath.Join(t.TempDir(), strconv.Itoa(i)+".db")
			if err := os.WriteFile(path, torn, 0o600); err != nil {
				t.Fatal(err)
			}
			err := opensWhole(t, path)
			after, rerr := os.ReadFile(path)
			switch {
			case rerr != nil:
				t.Fatal(rerr)
			case errors.Is(err, boltstore.ErrDamaged):
				damaged++
				if string(after) != string(torn) {
					t.Errorf("%s page %d: the file was changed", what, i)
				}
			case errors.Is(err, errChain):
				broken++
			case i < 2 && errors.Is(err, threadstore.ErrNotFound):
				// One of the two pages that say where the tree is: with it the last append is gone, as if the machine had died in it.
			case err != nil:
				t.Errorf("%s page %d: %v; want it whole, or ErrDamaged", what, i, err)
			}
		}
	}
	if damaged == 0 {
		t.Error("no damage was found")
	}
	t.Logf("of %d torn files %d were refused, %d showed it by a chain, and in the others nothing in use was torn", tried, damaged, broken)
}

func zeroed(whole []byte, from, n int) []byte {
	b := append([]byte(nil), whole...)
	clear(b[from : from+n])
	return b
}

// opensWhole opens the store that filled made, and wants everything in it.
func opensWhole(t *testing.T, path string) error {
	t.Helper()
	d, err := boltstore.Open(path)
	if err != nil {
		return err
	}
	s := threadstore.New(d, threadstore.Options{})
	for _, log := range []string{"a", "b", "c"} {
		l, lerr := s.Load(t.Context(), log, 1)
		if lerr == nil && len(l.Records) != 100 {
			lerr = fmt.Errorf("%s has %d events, not 100", log, len(l.Records))
		}
		prev := ""
		for _, r := range l.Records {
			if _, ok := cutBody(string(r), prev); !ok && lerr == nil {
				lerr = fmt.Errorf("%s: %w", log, errChain)
			}
			prev = s.Hash(r)
		}
		if lerr == nil && prev != l.Head {
			lerr = fmt.Errorf("%s: %w", log, errChain)
		}
		err = errors.Join(err, lerr)
	}
	return errors.Join(err, s.Close())
}
