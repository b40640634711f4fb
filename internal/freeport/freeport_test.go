package freeport

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

const several = 2*block + 10 // more than a block has

// TestMain prints ports where it is asked to: a second process that looks for some.
func TestMain(m *testing.M) {
	if os.Getenv("FREEPORT_PRINT") == "" {
		os.Exit(m.Run())
	}
	for range several {
		port, err := Port()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(port)
	}
}

func TestNoPortIsGivenTwice(t *testing.T) {
	given := map[string]string{}
	give := func(port, who string) {
		t.Helper()
		if had, ok := given[port]; ok {
			t.Errorf("port %s was given to %s and to %s", port, had, who)
		}
		given[port] = who
		if n, err := strconv.Atoi(port); err != nil || n <= from || n >= to {
			t.Errorf("port %s is not between %d and %d", port, from, to)
		}
	}
	for range several {
		port, err := Port()
		if err != nil {
			t.Fatal(err)
		}
		give(strconv.Itoa(port), "this process")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // this test itself
	cmd.Env = append(os.Environ(), "FREEPORT_PRINT=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for port := range strings.FieldsSeq(string(out)) {
		give(port, "another process")
	}
	if len(given) != 2*several {
		t.Errorf("%d ports, of %d", len(given), 2*several)
	}
}

func TestAPortInUseIsPassedOver(t *testing.T) {
	before, err := Port()
	if err != nil {
		t.Fatal(err)
	}
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address(before+1))
	if err != nil {
		t.Skip("the next port is in use already: ", err)
	}
	defer ln.Close() //nolint:errcheck // of a test
	if after, err := Port(); err != nil || after == before+1 {
		t.Errorf("%d, %v: something listens there", after, err)
	}
}
