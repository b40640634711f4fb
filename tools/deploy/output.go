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
	maxOutput  = 4 << 20  // on disk; then all but the end is freed
	keepOutput = 64 << 10 // of its beginning, and of its end
	maxBehind  = 16 << 20 // what follows faster is skipped, not read
	maxPending = 4 << 10  // of a line that hasn't ended
)

// follower reads a command's output file while the command writes it, finds
// progress lines and keeps the file small. The command writes to the file
// itself, in append mode: it never waits for us, and goes on if we are killed.
type follower struct {
	r       run
	file    *os.File
	offset  int64  // read so far
	freed   int64  // what stands before is a hole
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
		f.freed = 0
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

// shrink keeps small what the file takes on disk: it frees all but the end,
// so that the file has a hole at its beginning but nothing in it moves. Where
// the file system has no holes, the end moves to another file instead.
func (f *follower) shrink() error {
	if f.offset-f.freed <= maxOutput {
		return nil
	}
	if err := f.keepHead(); err != nil {
		return err
	}
	upTo := (f.offset - keepOutput) / keepOutput * keepOutput // whole blocks
	err := freeBefore(f.file, upTo)
	if err == nil {
		f.freed = upTo
		return nil
	}
	if !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	prev, err := os.CreateTemp(f.r.dir, ".tmp-*")
	if err != nil {
		return err
	}
	if err := errors.Join(f.moveEnd(prev), prev.Close()); err != nil {
		return errors.Join(err, removeIfThere(prev.Name()))
	}
	return os.Rename(prev.Name(), f.r.path(prevFile))
}

// moveEnd copies the end of the output to prev and empties the output file.
// The command appends, and goes on at the new end. What it writes between the
// last read and the cut is lost: that is why this is only the second choice.
func (f *follower) moveEnd(prev *os.File) error {
	if _, err := io.Copy(prev, io.NewSectionReader(f.file, f.offset-keepOutput, keepOutput)); err != nil {
		return err
	}
	buf := make([]byte, keepOutput)
	for range maxOutput / keepOutput {
		n, err := f.file.ReadAt(buf, f.offset)
		if n == 0 {
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			break
		}
		f.feed(buf[:n])
		f.offset += int64(n)
		if _, err := prev.Write(buf[:n]); err != nil {
			return err
		}
	}
	if err := f.file.Truncate(0); err != nil {
		return err
	}
	f.offset = 0
	return nil
}

func (f *follower) skipTo(offset int64) {
	f.offset, f.pending, f.long = offset, f.pending[:0], offset > 0
}

// keepHead copies the beginning of the output, the first time.
func (f *follower) keepHead() error {
	there, err := f.r.has(headFile)
	if there || err != nil {
		return err
	}
	return f.copyPart(0, headFile)
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
