package deploy

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// Bounds of what is kept of a command's output.
const (
	maxOutput  = 4 << 20  // then the file is cut
	keepOutput = 64 << 10 // of its beginning and of the end of what is cut
	maxBehind  = 16 << 20 // what follows faster is skipped, not read
	maxPending = 4 << 10  // of a line that hasn't ended
)

// follower reads a command's output file while the command writes it, finds
// progress lines and keeps the file small. The command writes to the file
// itself, in append mode: it never waits for us, and goes on if we are killed.
type follower struct {
	r       run
	file    *os.File
	offset  int64
	pending []byte // beginning of a line that hasn't ended
	long    bool   // that line is longer than maxPending: its rest is skipped
	last    progress
	fresh   bool // last changed since it was taken
}

// poll reads what is new and says whether there was any.
func (f *follower) poll() (bool, error) {
	info, err := f.file.Stat()
	if err != nil {
		return false, err
	}
	size := info.Size()
	if size < f.offset {
		f.skipTo(0) // the command cut the file itself
	}
	if size-f.offset > maxBehind {
		f.skipTo(size - keepOutput)
	}
	grew := size > f.offset
	buf := make([]byte, keepOutput)
	for f.offset < size {
		n, err := f.file.ReadAt(buf[:min(int64(len(buf)), size-f.offset)], f.offset)
		f.feed(buf[:n])
		f.offset += int64(n)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return grew, err
		}
	}
	return grew, nil
}

// shrink keeps the file small while the command writes.
func (f *follower) shrink() error {
	if f.offset <= maxOutput {
		return nil
	}
	if err := f.keepEnds(f.offset); err != nil {
		return err
	}
	// The command appends: it goes on at the new end. What it wrote in this
	// very moment is lost.
	if err := f.file.Truncate(0); err != nil {
		return err
	}
	f.offset = 0
	return nil
}

// settle keeps the file small once the command has ended: its end stays in place.
func (f *follower) settle() error {
	if f.offset <= maxOutput {
		return nil
	}
	if err := f.keepEnds(f.offset - keepOutput); err != nil {
		return err
	}
	tail := make([]byte, keepOutput)
	n, err := f.file.ReadAt(tail, f.offset-keepOutput)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err := f.file.Truncate(0); err != nil {
		return err
	}
	_, err = f.file.Write(tail[:n]) // the file is open in append mode
	return err
}

func (f *follower) skipTo(offset int64) {
	f.offset, f.pending, f.long = offset, f.pending[:0], offset > 0
}

// keepEnds copies the beginning of the output, once, and what stands before
// the offset at.
func (f *follower) keepEnds(at int64) error {
	if there, err := f.r.has(headFile); err != nil {
		return err
	} else if !there {
		if err := f.copyPart(0, headFile); err != nil {
			return err
		}
	}
	return f.copyPart(at-keepOutput, prevFile)
}

func (f *follower) copyPart(from int64, name string) error {
	buf := make([]byte, keepOutput)
	n, err := f.file.ReadAt(buf, from)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return replaceFile(f.r.path(name), buf[:n], false)
}

// feed takes output in and looks at each line that ends in it.
func (f *follower) feed(p []byte) {
	for len(p) > 0 {
		end := bytes.IndexAny(p, "\n\r")
		if end < 0 {
			f.keep(p)
			return
		}
		f.keep(p[:end])
		f.line()
		p = p[end+1:]
	}
}

func (f *follower) keep(p []byte) {
	if f.long {
		return
	}
	if len(f.pending)+len(p) > maxPending {
		f.long = true
		p = p[:maxPending-len(f.pending)]
	}
	f.pending = append(f.pending, p...)
}

func (f *follower) line() {
	if !f.long {
		if p, ok := parseProgress(string(f.pending)); ok {
			f.last, f.fresh = p, true
		}
	}
	f.pending, f.long = f.pending[:0], false
}

// outputLines returns the last lines of the run's output, at most n, raw.
func (r run) outputLines(n int) []string {
	lines := lastLines(r.path(outputFile), n)
	if len(lines) >= n {
		return lines
	}
	before := lastLines(r.path(prevFile), n)
	if len(before) == 0 {
		return lines
	}
	if !endsLine(r.path(prevFile)) {
		// The file was cut within a line. Half a secret can't be masked: both
		// halves go.
		before = before[:len(before)-1]
		lines = lines[min(1, len(lines)):]
	}
	before = append(before, lines...)
	return before[max(0, len(before)-n):]
}

// lastLines returns the last lines of a file that aren't empty, at most n. A
// line that begins before the part that is read is left out, because a secret
// cut in two can't be masked. What can't be read has no lines: this is for
// people to look at, never a verdict.
func lastLines(path string, n int) []string {
	data, whole, err := readEnd(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return []string{"(the output can't be read: " + err.Error() + ")"}
	}
	all := strings.FieldsFunc(string(data), func(r rune) bool { return r == '\n' || r == '\r' })
	if !whole {
		if len(all) < 2 {
			return []string{"(one line of more than 64 KiB)"}
		}
		all = all[1:]
	}
	lines := make([]string, 0, n)
	for i := len(all) - 1; i >= 0 && len(lines) < n; i-- {
		if strings.Trim(all[i], " \t\x00") != "" {
			lines = append(lines, all[i])
		}
	}
	slices.Reverse(lines)
	return lines
}

// endsLine says whether the file ends with the end of a line.
func endsLine(path string) bool {
	data, _, err := readEnd(path)
	return err == nil && bytes.HasSuffix(data, []byte("\n"))
}

// readEnd returns the last keepOutput bytes of a file, and whether that is all of it.
func readEnd(path string) (data []byte, whole bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, false, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, false, err
	}
	from := max(0, info.Size()-keepOutput)
	data, err = io.ReadAll(io.NewSectionReader(f, from, keepOutput))
	return data, from == 0, err
}
