package page

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/releasebot/releasebot/tools"
)

// Recipient is one place that a message goes to: a person, who is told directly,
// or a thread. One of the two is set.
type Recipient struct {
	Person string `json:"person,omitempty"` // as the log names them: slack:T…/U…
	Thread string `json:"thread,omitempty"` // the id of a thread
}

// String names the recipient as the log does.
func (r Recipient) String() string {
	if r.Person != "" {
		return r.Person
	}
	return "thread " + r.Thread
}

// Sender delivers one message. It honours ctx, and must be safe for concurrent
// use. An error means that the message may not have been seen.
type Sender interface {
	Send(ctx context.Context, to Recipient, msg Message) error
}

// Pager pages people over a Sender.
type Pager struct {
	// Sender delivers the messages.
	Sender Sender
	// Timeout bounds each send. Defaults to 10 s.
	Timeout time.Duration
	// Masker takes secrets out of the reasons in a Result. nil knows the shapes of
	// well-known tokens only.
	Masker *tools.Masker
}

// atOnce is how many messages are on their way at a time.
const atOnce = 4

// maxReason is how much of an error is kept, in characters.
const maxReason = 120

// Result says who was told.
type Result struct {
	// Reached are those whose message was delivered, the thread among them.
	Reached []Recipient `json:"reached,omitempty"`
	Missed  []Missed    `json:"missed,omitempty"`
}

// Missed is one recipient who was not reached.
type Missed struct {
	To     Recipient `json:"to"`
	Reason string    `json:"reason"` // one short line, secrets masked
}

// People returns how many people were told directly.
func (r Result) People() int {
	n := 0
	for _, to := range r.Reached {
		if to.Person != "" {
			n++
		}
	}
	return n
}

// Spec says that a page tells people something.
func (*Pager) Spec() tools.Spec { return tools.Spec{Name: "page", Effect: tools.Tells} }

// Page sends the message to its thread, if it has one, and to each of the
// people, and returns once every send has ended. Those whom ctx did not leave
// the time for are missed, as are all where there is no Sender. Both lists of
// the Result are in the order of the recipients, the thread first.
func (p *Pager) Page(ctx context.Context, people []string, msg Message) Result {
	to := recipients(people, msg.Thread)
	errs := make([]error, len(to))
	slots := make(chan struct{}, atOnce)
	var sends sync.WaitGroup
	for i := range to {
		slots <- struct{}{} // every send has a deadline, so one is free soon
		sends.Go(func() {
			defer func() { <-slots }()
			errs[i] = p.send(ctx, to[i], msg)
		})
	}
	sends.Wait()
	var result Result
	for i, err := range errs {
		if err == nil {
			result.Reached = append(result.Reached, to[i])
		} else {
			result.Missed = append(result.Missed, Missed{To: to[i], Reason: tools.Cut(p.Masker.Line(err.Error()), maxReason)})
		}
	}
	return result
}

// recipients lists the thread and everybody once.
func recipients(people []string, thread string) []Recipient {
	var to []Recipient
	if thread != "" {
		to = append(to, Recipient{Thread: thread})
	}
	seen := map[string]bool{"": true}
	for _, person := range people {
		if !seen[person] {
			seen[person] = true
			to = append(to, Recipient{Person: person})
		}
	}
	return to
}

// send delivers to one recipient, within the time that each has.
func (p *Pager) send(ctx context.Context, to Recipient, msg Message) error {
	if p.Sender == nil {
		return errors.New("there is no way to send messages")
	}
	if ctx.Err() != nil {
		return errors.New("stopped before it was sent")
	}
	timeout := p.Timeout
	if timeout <= 0 {
		timeout = 10 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := p.Sender.Send(ctx, to, msg)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %s", timeout)
	}
	return err
}
