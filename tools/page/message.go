package page

import (
	"fmt"
	"strings"
	"time"
)

// Message is what people are told. Its texts may quote what people and programs
// wrote: whoever shows them escapes them.
type Message struct {
	// ID is the plan's or approval's id and an ordinal: the same for the same page,
	// however often it is sent.
	ID string `json:"id"`
	// What broke, in one sentence: "production is unhealthy after v1.4.2".
	What string `json:"what"`
	// Service and Environment are where it broke.
	Service     string `json:"service"`
	Environment string `json:"environment"`
	// Since is when it was first seen; zero where that is not known.
	Since time.Time `json:"since,omitzero"`
	// Tried is what was done about it, in order, one sentence each.
	Tried []string `json:"tried,omitempty"`
	// Press names the buttons that help now, and what each does: "Roll back: to
	// v1.4.1". They stand on the release's card.
	Press []string `json:"press,omitempty"`
	// Thread is the release's thread, where the card stands.
	Thread string `json:"thread,omitempty"`
}

// Text is the message in plain words, for where nothing better can be shown. It
// says everything, each thing on a line of its own.
func (m Message) Text() string {
	var b strings.Builder
	b.WriteString(m.What)
	if m.Service != "" && m.Environment != "" {
		fmt.Fprintf(&b, "\nWhere: %s in %s", m.Service, m.Environment)
	}
	if !m.Since.IsZero() {
		fmt.Fprintf(&b, "\nSince: %s", m.Since.UTC().Format("2006-01-02 15:04:05 MST"))
	}
	list(&b, "Tried", m.Tried)
	list(&b, "You can press", m.Press)
	return b.String()
}

func list(b *strings.Builder, title string, items []string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:", title)
	for _, item := range items {
		fmt.Fprintf(b, "\n• %s", item)
	}
}
