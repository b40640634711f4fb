// Package freeport finds ports of loopback for servers that are started a
// moment later, in this process or in another.
//
// A port that the system chooses (":0") and that is let go again may be given to
// somebody's outgoing connection before its server listens. So these ports lie
// below the range that Linux, macOS and Windows give to outgoing connections,
// and processes that use this package never give the same one: each holds a
// block of ports, by listening on the block's first, until it ends.
package freeport

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

const (
	from  = 20_000
	to    = 32_000
	block = 100
)

var ours struct {
	sync.Mutex
	held []net.Listener // one for each block, so that no other process takes it
	next int
	end  int
}

// Address is [Port] on 127.0.0.1, as HOST:PORT.
func Address() (string, error) {
	port, err := Port()
	return address(port), err
}

// Port returns a port on 127.0.0.1 where nothing listens, and that no call in
// this process or another returns again while this process lives. A program that
// knows nothing of this package may still take it.
func Port() (int, error) {
	ours.Lock()
	defer ours.Unlock()
	for {
		if ours.next == ours.end {
			if err := hold(); err != nil {
				return 0, err
			}
		}
		port := ours.next
		ours.next++
		if ln, err := listen(port); err == nil {
			return port, ln.Close()
		}
	}
}

// hold takes a block that no process holds.
func hold() error {
	var last error
	const blocks = (to - from) / block
	first := rand.IntN(blocks) //nolint:gosec // guards nothing
	for i := range blocks {
		base := from + (first+i)%blocks*block
		ln, err := listen(base)
		if err != nil {
			last = err
			continue
		}
		ours.held = append(ours.held, ln)
		ours.next, ours.end = base+1, base+block
		return nil
	}
	return fmt.Errorf("no free port found on 127.0.0.1 from %d to %d: %w", from, to, last)
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func listen(port int) (net.Listener, error) {
	return net.Listen("tcp", address(port)) //nolint:noctx // at once
}
