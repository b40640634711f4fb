package sample

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/releasebot/releasebot/internal/freeport"
)

// TestMain is also the server that Deploy starts: this program with "serve" before the two arguments.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "serve" {
		if err := At(".").Serve(context.Background(), os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// patience is how long anything may take on a busy machine; what is waited for mostly comes at once.
const patience = 2 * time.Minute

type bench struct {
	*testing.T
	World
	cfg Config
	let func() error
	out bytes.Buffer
}

func newWorld(t *testing.T, faults ...Fault) *bench {
	t.Helper()
	addr, err := freeport.Address()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, cfg: Config{Service: "shop", Environments: map[string]string{"production": addr}, Faults: faults}}
	if b.World, b.let, err = New(t.TempDir(), b.cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = b.let() // the test may have let it go
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := b.Gone(ctx); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *bench) deploy(version string) error {
	program, err := filepath.Abs(os.Args[0])
	if err != nil {
		b.Fatal(err)
	}
	r := Release{Key: "key of " + version, Action: "deploy", Version: version, Environment: "production"}
	return b.Deploy(b.Context(), r, []string{program, "serve"}, &b.out)
}

func (b *bench) wantCurrent(want string) {
	b.Helper()
	got, err := b.Current("production")
	if err != nil || got != want {
		b.Errorf("current: %q, %v; want %q", got, err, want)
	}
}

func TestDeployReallySwitchesVersions(t *testing.T) {
	b := newWorld(t)
	b.wantCurrent("")
	var pids []int
	for _, version := range []string{"v1.4.1", "v1.4.2"} {
		if err := b.deploy(version); err != nil {
			t.Fatal(err)
		}
		b.wantCurrent(version)
		a, status, err := b.Ask(t.Context(), "production")
		want := Answer{Service: "shop", Environment: "production", Version: version, Status: "ok"}
		if diff := cmp.Diff(want, a); diff != "" || status != http.StatusOK || err != nil {
			t.Errorf("status %d, %v, -want +got:\n%s", status, err, diff)
		}
		s, err := b.running("production")
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, s.PID)
	}
	if pids[0] == pids[1] {
		t.Errorf("both versions ran in process %d", pids[0])
	}
	if out := b.out.String(); !strings.Contains(out, "progress: 60% stopping what runs\n") || !strings.HasSuffix(out, "progress: 100% shop v1.4.2 runs in production\n") {
		t.Errorf("it said:\n%s", out)
	}
	ledger, err := b.Ledger()
	if err != nil {
		t.Fatal(err)
	}
	if len(ledger) != 2 || ledger[1].Key != "key of v1.4.2" {
		t.Errorf("ledger: %+v", ledger)
	}
}

func TestAFailedDeployLeavesWhatRuns(t *testing.T) {
	b := newWorld(t, Fault{Version: "v2", Part: Deploying})
	if err := b.deploy("v1"); err != nil {
		t.Fatal(err)
	}
	if err := b.deploy("v2"); err == nil || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("got %v", err)
	}
	b.wantCurrent("v1")
}

func TestASickVersionAnswers500AfterAWhile(t *testing.T) {
	b := newWorld(t, Fault{Version: "v2", Part: Health, After: time.Hour})
	if err := b.deploy("v2"); err != nil {
		t.Fatal(err)
	}
	if a, status, err := b.Ask(t.Context(), "production"); err != nil || status != http.StatusOK {
		t.Errorf("at first: %+v, %d, %v", a, status, err)
	}
	b.cfg.Faults[0].After = 0
	if err := b.Configure(b.cfg); err != nil {
		t.Fatal(err)
	}
	if a, status, err := b.Ask(t.Context(), "production"); err != nil || status != http.StatusInternalServerError || a.Status != "out of memory" {
		t.Errorf("later: %+v, %d, %v", a, status, err)
	}
}

func TestServersEndWhenNobodyKeepsTheWorld(t *testing.T) {
	b := newWorld(t)
	if err := b.deploy("v1"); err != nil {
		t.Fatal(err)
	}
	if err := b.let(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := b.Gone(ctx); err != nil {
		t.Error(err)
	}
	if err := b.deploy("v2"); err == nil {
		t.Error("a deploy went through although nobody keeps the world")
	}
}

func TestOneKeeperOnly(t *testing.T) {
	b := newWorld(t)
	if _, _, err := New(b.dir, b.cfg); err == nil || !strings.Contains(err.Error(), "keeps it already") {
		t.Errorf("got %v", err)
	}
}
