package threadstore_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/releasebot/releasebot/threadstore"
)

// chained are events that say only what goes before them: "PREV|text". Those from the place keyed on are hashed with the key.
func chained(key string, keyed int, texts ...string) [][]byte {
	var records [][]byte
	prev := ""
	for i, text := range texts {
		data := []byte(prev + "|" + text)
		c := threadstore.Chain{}
		if i >= keyed {
			c.Key = []byte(key)
		}
		prev = c.Hash(data)
		records = append(records, data)
	}
	return records
}

func prevIn(data []byte) (string, error) {
	prev, _, ok := strings.Cut(string(data), "|")
	if !ok {
		return "", errors.New("not an event")
	}
	return prev, nil
}

// A log that was begun before there was a key is whole with it; but from its
// first keyed link on, nobody without the key can put anything in.
func TestChainBegunWithoutTheKey(t *testing.T) {
	c := threadstore.Chain{Key: []byte("a key of some length")}
	for keyed := range 5 {
		records := chained("a key of some length", keyed, "a", "b", "c", "d")
		head, err := c.Verify(records, prevIn)
		if err != nil || head != c.Hash(records[3]) {
			t.Errorf("keyed from %d on: head %s, %v", keyed, head, err)
		}
		if _, err := (threadstore.Chain{}).Verify(records, prevIn); (err == nil) != (keyed >= 3) {
			t.Errorf("keyed from %d on, without the key: %v", keyed, err)
		}
		w := c.Begin()
		for _, r := range records {
			prev, err := prevIn(r)
			if err != nil || !w.Next(prev, r) {
				t.Errorf("keyed from %d on: %s does not fit (%v)", keyed, r, err)
			}
		}
		if want := min(int64(keyed), 3); w.Unkeyed != want {
			t.Errorf("keyed from %d on: %d links without the key, want %d", keyed, w.Unkeyed, want)
		}
	}
	forged := chained("a key of some length", 1, "a", "b", "c", "d")
	forged[3] = []byte(threadstore.Chain{}.Hash(forged[2]) + "|forged")
	var broken *threadstore.ChainError
	if _, err := c.Verify(forged, prevIn); !errors.As(err, &broken) || broken.Seq != 4 {
		t.Errorf("an event put in without the key after keyed ones: %v, want a break at 4", err)
	}
	if _, err := c.Verify(chained("another key, as long", 0, "a", "b"), prevIn); err == nil {
		t.Error("a chain of another key is taken for one of this")
	}
}

// A walk can go on from a head that somebody remembers, or from anywhere.
func TestChainWalkGoesOn(t *testing.T) {
	records := chained("", 9, "a", "b", "c")
	c := threadstore.Chain{}
	w := c.After(c.Hash(records[0]))
	if p, _ := prevIn(records[1]); !w.Next(p, records[1]) { //nolint:errcheck // made above
		t.Error("the second event does not follow the first")
	}
	if w.Ends(c.Hash(records[0])) || !w.Ends(c.Hash(records[1])) {
		t.Error("it ends elsewhere than with the second")
	}
	w = c.After(c.Hash(records[1]))
	if p, _ := prevIn(records[1]); w.Next(p, records[1]) { //nolint:errcheck // made above
		t.Error("an event follows itself")
	}
	w = c.After("")
	if p, _ := prevIn(records[2]); !w.Next(p, records[2]) { //nolint:errcheck // made above
		t.Error("where nothing is known, the first event is not taken as it comes")
	}
}
