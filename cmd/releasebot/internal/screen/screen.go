package screen

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// TwoColumns is the width from which the log gets a column of its own.
const TwoColumns = 90

const (
	defaultWidth = 100
	widest       = 180 // longer lines are hard to read
	narrowest    = 40
	logRows      = 2
	oneRule      = "        | "
	gather       = 90 * time.Millisecond // what comes within this stands side by side
)

// Screen prints. All methods may be called from any goroutine.
type Screen struct {
	out    io.Writer
	colour bool
	width  int
	left   int // columns of the left side; 0: one column

	mu        sync.Mutex
	waiting   []side // not printed yet, as it came
	err       error  // of the first write that failed
	wake      chan struct{}
	closing   chan struct{}
	closeOnce sync.Once
	done      sync.WaitGroup
}

// side is a line with the side that it stands on.
type side struct {
	Line
	log bool
}

// Config configures a Screen.
type Config struct {
	Width   int // columns
	Colour  bool
	OneSide bool // never two columns
}

// For looks at where the output goes: the width of a terminal, and colours where
// NO_COLOR and TERM don't forbid them; 100 columns without colours for anything else.
func For(out io.Writer, getenv func(string) string) Config {
	cfg := Config{Width: defaultWidth}
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) { //nolint:gosec // a descriptor is a small number
		return cfg
	}
	cfg.Colour = getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
	if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 { //nolint:gosec // as above
		cfg.Width = w
	}
	return cfg
}

// New returns a Screen that prints to out. Close it when done.
func New(out io.Writer, cfg Config) *Screen {
	s := &Screen{out: out, colour: cfg.Colour, width: min(max(cfg.Width, narrowest), widest), wake: make(chan struct{}, 1), closing: make(chan struct{})}
	if s.width >= TwoColumns && !cfg.OneSide {
		s.left = min(s.width*11/20, 84)
	}
	s.done.Go(s.run)
	return s
}

// Sides tells whether the log has a column of its own.
func (s *Screen) Sides() bool { return s.left > 0 }

// Say adds to the left side.
func (s *Screen) Say(lines ...Line) { s.add(false, lines) }

// Log adds to the right side. A log line takes a few rows at most.
func (s *Screen) Log(lines ...Line) { s.add(true, lines) }

func (s *Screen) add(log bool, lines []Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range lines {
		s.waiting = append(s.waiting, side{l, log})
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Wide prints lines over the whole width, after all that came before.
func (s *Screen) Wide(lines ...Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.print()
	var b strings.Builder
	for _, l := range lines {
		for _, r := range l.wrap(s.width) {
			r.write(&b, s.colour)
			b.WriteByte('\n')
		}
	}
	s.write(b.String())
}

// Verbatim prints a line as it is, however long, for people to copy.
func (s *Screen) Verbatim(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.print()
	s.write(line + "\n")
}

// Close prints what is left, and returns the error of the first write that failed.
func (s *Screen) Close() error {
	s.closeOnce.Do(func() { close(s.closing) })
	s.done.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.print()
	return s.err
}

// run prints what has gathered a moment after the first of it came.
func (s *Screen) run() {
	for {
		select {
		case <-s.closing:
			return
		case <-s.wake:
		}
		select {
		case <-s.closing:
			return
		case <-time.After(gather):
		}
		s.mu.Lock()
		s.print()
		s.mu.Unlock()
	}
}

// print prints both sides. s.mu is held.
func (s *Screen) print() {
	lines := s.waiting
	s.waiting = nil
	if len(lines) == 0 {
		return
	}
	var b strings.Builder
	if s.left == 0 {
		s.oneColumn(&b, lines)
	} else {
		s.twoColumns(&b, lines)
	}
	s.write(b.String())
}

func (s *Screen) oneColumn(b *strings.Builder, lines []side) {
	for _, l := range lines {
		rows, before := l.wrap(s.width), ""
		if l.log {
			rows, before = l.cut(s.width-len(oneRule), logRows), oneRule
		}
		for _, r := range rows {
			s.rule(b, before)
			r.write(b, s.colour)
			b.WriteByte('\n')
		}
	}
}

func (s *Screen) twoColumns(b *strings.Builder, lines []side) {
	var left, right []row
	for _, l := range lines {
		if l.log {
			right = append(right, l.cut(s.width-s.left-3, logRows)...)
		} else {
			left = append(left, l.wrap(s.left)...)
		}
	}
	if len(left) > 0 && left[0].width == 0 && len(right) > 0 {
		right = append([]row{{}}, right...) // the space between two messages is none of the log's
	}
	for i := range max(len(left), len(right)) {
		var l, r row
		if i < len(left) {
			l = left[i]
		}
		if i < len(right) {
			r = right[i]
		}
		l.write(b, s.colour)
		used := l.width
		if len(l.pieces) > 0 {
			used += l.indent
		}
		b.WriteString(strings.Repeat(" ", s.left-used+1))
		s.rule(b, "│ ")
		r.write(b, s.colour)
		b.WriteByte('\n')
	}
}

func (s *Screen) rule(b *strings.Builder, text string) {
	if text == "" {
		return
	}
	row{pieces: []Piece{{text, Dim}}}.write(b, s.colour)
}

func (s *Screen) write(text string) {
	if s.err != nil {
		return
	}
	if _, err := io.WriteString(s.out, text); err != nil {
		s.err = fmt.Errorf("writing to the terminal: %w", err)
	}
}
