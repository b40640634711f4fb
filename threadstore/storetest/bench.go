package storetest

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/releasebot/releasebot/threadstore"
)

// Bench measures appends, alone and at once, and loads.
func Bench(b *testing.B, h Harness) {
	b.Helper()
	for _, events := range []int{1, 4} {
		for _, at := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("append/events=%d/at-once=%d", events, at), func(b *testing.B) { benchAppend(b, h, events, at) })
		}
	}
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("load/events=%d", n), func(b *testing.B) { benchLoad(b, h, n) })
	}
}

// payload is about as long as an event of a release.
var payload = []byte(strings.Repeat("0123456789abcdef", 17))

func benchDraft(id string) threadstore.Draft {
	return threadstore.Draft{ID: id, Sum: "0123456789abcdef", Encode: func(_ int64, prev string) ([]byte, error) {
		return append([]byte(prev), payload[len(prev):]...), nil
	}}
}

// benchAppend has so many goroutines decide, each on logs of its own, with a due
// time, and with a snapshot where it is more than one event. Each log is left after 16 appends.
func benchAppend(b *testing.B, h Harness, events, at int) {
	s := open(b, h)
	state := []byte(strings.Repeat("s", 600))
	b.ReportAllocs()
	var next atomic.Int64
	work := func(more func() bool) {
		log, version := "", int64(0)
		for i := 0; more(); i++ {
			if i%16 == 0 {
				log, version = "log-"+strconv.FormatInt(next.Add(1), 10), 0
			}
			a := threadstore.Append{Log: log, Expect: version, Drafts: make([]threadstore.Draft, events), Due: threadstore.DueAt(time.Now())}
			for j := range a.Drafts {
				a.Drafts[j] = benchDraft(strconv.Itoa(int(version) + j))
			}
			if events > 1 {
				a.Snapshot = func(v int64, _ string) (*threadstore.Snapshot, error) {
					return &threadstore.Snapshot{Version: v, Fold: 1, Data: state}, nil
				}
			}
			version = s.must(a).Version
		}
	}
	start := time.Now()
	if at == 1 {
		work(b.Loop)
	} else {
		atOnce(b, at, work)
	}
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "appends/s")
}

// atOnce shares b.Loop among goroutines, which take its turns in batches.
func atOnce(b *testing.B, n int, work func(more func() bool)) {
	var left sync.Mutex
	var wg sync.WaitGroup
	over := false
	for range n {
		wg.Go(func() {
			work(func() bool {
				left.Lock()
				defer left.Unlock()
				over = over || !b.Loop()
				return !over
			})
		})
	}
	wg.Wait()
}

func benchLoad(b *testing.B, h Harness, n int) {
	s := open(b, h)
	for i := range n {
		s.must(threadstore.Append{Log: "log", Expect: int64(i), Drafts: []threadstore.Draft{benchDraft(name(i))}})
	}
	b.ReportAllocs()
	for b.Loop() {
		l, err := s.Load(b.Context(), "log", 1)
		if err != nil || len(l.Records) != n {
			b.Fatalf("%d records, %v", len(l.Records), err)
		}
	}
}
