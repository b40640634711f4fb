package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/cmd/releasebot/internal/screen"
)

type demoCommand struct {
	Break      string
	Fast, Keep bool
}

func (d *demoCommand) command(c *console) *cobra.Command {
	cmd := leaf(c, d, "demo", "Play three releases in the terminal, from the words to a rollback. Needs nothing but git.")
	d.Break = "none"
	cmd.Flags().Var(&choice{&d.Break, []string{"none", "approve", "deploy", "verify", "rollback"}}, "break",
		"Make a `STEP` go wrong, and the exit status say so: approve, deploy, verify or rollback.")
	cmd.Flags().BoolVar(&d.Fast, "fast", false, "Without the pauses that let people read.")
	cmd.Flags().BoolVar(&d.Keep, "keep", false, "Keep the files, and say how to read the logs.")
	return cmd
}

// Pauses of the story.
const (
	readFor  = 1200 * time.Millisecond
	stepTime = 250 * time.Millisecond // of each of a deploy's four steps
)

// Run plays the story. Everything it started has ended when it returns, and the
// files are gone unless they are to be kept.
func (d *demoCommand) Run(c *console) error {
	// A reader that goes away, or a terminal, ends the demo in order too.
	ctx, stop := signal.NotifyContext(c.ctx, syscall.SIGPIPE, syscall.SIGHUP)
	defer stop()
	to := screen.New(c.out, screen.For(c.out, os.Getenv))
	introduce(to)
	st := &story{journal: newJournal(), to: to, broken: d.Break, pause: readFor}
	step := stepTime
	if d.Fast {
		st.pause, step = 0, stepTime/10
	}
	err := d.play(ctx, st, step)
	return errors.Join(err, to.Close())
}

func introduce(to *screen.Screen) {
	where := "You see what people see in #releases and, behind |, the log the bot acts by."
	if to.Sides() {
		where = "Left: what people see in #releases. Right: the log that the bot acts by."
	}
	for _, l := range []string{
		"A bot in Slack releases a service three times. The third version is unhealthy.",
		where,
		"Only Slack is a stand-in; the rest is real. 15 seconds; nothing stays behind.",
	} {
		to.Wide(screen.Text(0, screen.Normal, l))
	}
}

// play builds the stage, plays the story on it and takes it down again.
func (d *demoCommand) play(ctx context.Context, st *story, step time.Duration) (err error) {
	st.stage, err = openStage(ctx, st.faults(), step)
	st.keep = d.Keep
	defer func() {
		if ctx.Err() != nil {
			err = errors.New("stopped before the end")
		}
		err = explain(errors.Join(err, st.close()), st.notes.String())
	}()
	if err != nil {
		return err
	}
	v := newViewer(st.slack, st.to)
	st.viewer = v
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	changes := st.slack.Subscribe()
	var showing sync.WaitGroup
	showing.Go(func() { v.show(watching, changes) })
	st.undo = append(st.undo, func() error { stop(); showing.Wait(); return nil })
	err = st.openProduct(ctx, func(id agent.ThreadID, _ *agent.State, e *agent.Event) {
		st.journal.add(id, e)
		v.event(e)
	})
	if err != nil {
		return err
	}
	told := st.tell(ctx)
	var asked asAsked
	if told != nil && !errors.As(told, &asked) {
		return told
	}
	if err := st.prove(ctx); err != nil {
		return err
	}
	if told == nil {
		st.goOn()
	}
	if st.keep {
		st.howToRead()
	}
	return told
}

// explain adds what the product logged to a step that went otherwise.
func explain(err error, notes string) error {
	var o *otherwise
	if !errors.As(err, &o) || notes == "" {
		return err
	}
	lines := strings.Split(strings.TrimSpace(notes), "\n")
	if len(lines) > 5 {
		lines = lines[len(lines)-5:]
	}
	return fmt.Errorf("%w\nwarnings of the bot meanwhile:\n%s", err, strings.Join(lines, "\n"))
}
