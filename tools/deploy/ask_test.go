package deploy

import (
	"context"
	"strings"
	"testing"
)

func TestStatusBeforeAFirstStartIsBelievedOnlyIfItKnowsTheKey(t *testing.T) {
	b := newBench(t)
	for answer, want := range map[string]State{
		`echo '{"state":"running"}'`:   Running,
		`echo '{"state":"succeeded"}'`: Succeeded,
		`echo '{"state":"failed"}'`:    Failed,
		`echo '{"state":"absent"}'`:    Absent,
		`echo '{"state":"unknown"}'`:   Absent,
		`echo nonsense`:                Absent,
		`exit 7`:                       Absent,
	} {
		c := b.shell(b.call("k1", "succeed"), status, answer)
		if s := b.find(c); s.State != want {
			t.Errorf("%s: %+v, want %s", answer, s, want)
		}
	}
	mine := b.shell(b.call("k1", "succeed"), status, `echo '{"state":"running"}'`)
	mine.Runner = b.d.Runner()
	if s := b.find(mine); s.State != Absent {
		t.Errorf("the log says it is ours, and we know better: %+v, want absent", s)
	}
}

func TestAStatusCommandThatMakesNoSenseIsUnknownWithTheReason(t *testing.T) {
	b := newBench(t)
	for answer, why := range map[string]string{
		`echo nonsense`:                                  "printed no JSON",
		`true`:                                           "printed no JSON",
		`echo '{"state":"fine"}'`:                        `says "fine"`,
		`echo '{"state":7}'`:                             "printed no JSON",
		`echo '{"state":"running"} {}'`:                  "printed no JSON",
		`echo 'no such deploy' >&2; exit 7`:              "exit status 7: no such deploy",
		`echo 'password=abcdefgh' >&2; exit 1`:           "password=[masked]",
		`head -c 1000000 /dev/zero`:                      "printed more than",
		`echo '{"state":"succeeded"}'; kill -9 $$; true`: "killed",
	} {
		c := b.shell(b.call("k1", "succeed"), status, answer)
		c.Runner = "another"
		s := b.find(c)
		if s.State != Unknown || !s.Elsewhere || !strings.Contains(s.Detail, why) {
			t.Errorf("%s: %+v, want unknown and %q", answer, s, why)
		}
	}
}

func TestStatusSeesTheKeyAndThePolicyFolder(t *testing.T) {
	b := newBench(t)
	c := b.shell(b.call("k1", "succeed"), status, `test "$1 $RELEASE_KEY" = "k1 k1" && test -f "$0" && echo '{"state":"running"}'`)
	args, err := parseArgs(c.Args)
	if err != nil {
		t.Fatal(err)
	}
	args.Status = append(args.Status, "${key}")
	c = b.with(c, args)
	c.Runner = "another"
	if s := b.find(c); s.State != Running {
		t.Errorf("got %+v, want running", s)
	}
}

func TestAQuestionEndsWithItsContextAndLeavesNothingRunning(t *testing.T) {
	b := newBench(t)
	c := b.shell(b.call("k1", "succeed"), current, `echo $$ > asked; sleep 100`)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := b.d.Current(ctx, c)
		done <- err
	}()
	pid := 0
	b.until("it was asked", func() bool { pid = b.number("asked"); return pid > 0 })
	cancel()
	if err := <-done; err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Errorf("got %v", err)
	}
	b.until("the command has gone", func() bool { return gone(pid) })
}

func TestAQuestionDoesntWaitForWhatTheCommandLeavesBehind(t *testing.T) {
	b := newBench(t)
	c := b.shell(b.call("k1", "succeed"), current, `sleep 100 & echo $! > left; echo 1.4.2`)
	if v, err := b.d.Current(t.Context(), c); v != "1.4.2" || err != nil {
		t.Errorf("got %q, %v", v, err)
	}
	left := b.number("left")
	b.until("what it left has gone", func() bool { return gone(left) })
}

func TestCurrent(t *testing.T) {
	b := newBench(t)
	for _, tc := range []struct{ body, version, err string }{
		{`echo v1.4.2`, "v1.4.2", ""},
		{`printf '\n  registry.io/shop:1.4.2@sha256:ab  \nmore\n'`, "registry.io/shop:1.4.2@sha256:ab", ""},
		{`true`, "", ""},
		{`echo two words`, "", "no version"},
		{`echo '<!channel>'`, "", "no version"},
		{`printf '1.4.2\033[0m\n'`, "", "no version"},
		{`head -c 300 /dev/zero | tr '\0' a`, "", "no version"},
		{`echo 1.4.2; echo 'no cluster' >&2; exit 4`, "", "exit status 4: no cluster"},
	} {
		c := b.shell(b.call("k1", "succeed"), current, tc.body)
		v, err := b.d.Current(t.Context(), c)
		if v != tc.version || (err == nil) != (tc.err == "") || (err != nil && !strings.Contains(err.Error(), tc.err)) {
			t.Errorf("%s: %q, %v; want %q, %q", tc.body, v, err, tc.version, tc.err)
		}
	}
	if v, err := b.d.Current(t.Context(), b.call("k1", "succeed")); v != "" || err != nil {
		t.Errorf("without a current command: %q, %v", v, err)
	}
}

// Others ask through the driver too: with the placeholders filled in, in the policy's folder, and with secrets masked.
func TestAskForOthers(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "succeed")
	c.Commit = "abc1234"
	out, err := b.d.Ask(t.Context(), c, []string{"/bin/sh", "-c", `test -d "$PWD" && echo "$1 $RELEASE_SHA password=abcdefgh"`, "sh", "${sha}"})
	if err != nil || out != "abc1234 abc1234 password=[masked]\n" {
		t.Errorf("%q, %v", out, err)
	}
	if _, err := b.d.Ask(t.Context(), c, []string{"./is-not-there"}); err == nil || !strings.Contains(err.Error(), "there is no file") {
		t.Errorf("a program that isn't there: %v", err)
	}
}
