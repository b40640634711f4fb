package deploy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// The files of a run's folder. A file that is written durably is complete
// whenever it can be seen.
const (
	lockFile     = "lock"            // flock: held by Start, then by the supervisor until it ends
	specFile     = "spec.json"       // what to run; durable, before the supervisor is started
	startedFile  = "started.json"    // durable, before the command is executed
	commandFile  = "command.json"    // the command's process group; durable, right after
	progressFile = "progress.json"   // last progress line; replaced as a whole, not synced
	abortFile    = "abort.json"      // durable: the run is to stop, or must never start
	fenceFile    = "fence.json"      // durable: newest epoch that was told "absent"
	resultFile   = "result.json"     // durable: how it ended; the last word
	outputFile   = "output"          // what the command prints, both streams
	headFile     = "output.head"     // how the output began, once that was freed
	prevFile     = "output.previous" // the end of what was freed, where a file can't have holes
	logFile      = "supervisor.log"  // what the supervisor itself has to say
)

// specFormat is the version of the folder's files: a supervisor refuses a spec
// that another program's version wrote in another format.
const specFormat = 1

// spec is what the supervisor is told. Env holds only the release's own
// variables: the rest is inherited, so that no secret is written to disk.
type spec struct {
	Format  int           `json:"format"`
	Key     string        `json:"key"`
	Argv    []string      `json:"argv"`
	Program string        `json:"program"` // Argv[0], found
	Env     []string      `json:"env"`
	Dir     string        `json:"dir"`
	Timeout time.Duration `json:"timeout_ns"`
	Grace   time.Duration `json:"grace_ns"`
	Host    string        `json:"host"`
	Boot    string        `json:"boot,omitempty"`
	Runner  string        `json:"runner"`
	Epoch   uint64        `json:"epoch,omitempty"`
	At      time.Time     `json:"at"`
}

// process names a process so that a later one with the same id isn't taken for it.
type process struct {
	PID   int    `json:"pid"`
	Start string `json:"start,omitempty"` // when it started, in the system's own terms
	Boot  string `json:"boot,omitempty"`
	Host  string `json:"host,omitempty"`
}

// started says that the command may have been executed.
type started struct {
	Supervisor process   `json:"supervisor"`
	At         time.Time `json:"at"`
}

type progress struct {
	Percent int       `json:"percent"` // -1: none given
	Text    string    `json:"text"`
	At      time.Time `json:"at"`
}

type abort struct {
	At time.Time `json:"at"`
}

type fence struct {
	Epoch uint64 `json:"epoch"`
}

// result is how a run ended.
type result struct {
	Exit     int           `json:"exit"`             // -1: killed, or never ran
	Signal   string        `json:"signal,omitempty"` // that ended it
	NeverRan bool          `json:"never_ran,omitempty"`
	TimedOut bool          `json:"timed_out,omitempty"`
	Aborted  bool          `json:"aborted,omitempty"`
	Timeout  time.Duration `json:"timeout_ns,omitempty"`
	Error    string        `json:"error,omitempty"`
	Started  time.Time     `json:"started,omitzero"`
	Finished time.Time     `json:"finished"`
}

// run is the folder of one key.
type run struct{ dir string }

// runOf returns the folder of key. The key is hashed: it may hold any
// characters, and be longer than a file's name.
func runOf(runs, key string) run {
	sum := sha256.Sum256([]byte(key))
	return run{dir: filepath.Join(runs, hex.EncodeToString(sum[:]))}
}

func (r run) path(name string) string { return filepath.Join(r.dir, name) }

// create makes the folder durably if it isn't there.
func (r run) create() error {
	err := os.Mkdir(r.dir, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(r.dir))
}

func (r run) has(name string) (bool, error) {
	_, err := os.Lstat(r.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// read decodes the file name into v and says whether it was there.
func (r run) read(name string, v any) (bool, error) {
	data, err := os.ReadFile(r.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return false, fmt.Errorf("%s: %w", r.path(name), err)
	}
	return true, nil
}

// write replaces the file name by v as a whole; when it returns nil the file
// is on disk and stays there through a crash of the machine.
func (r run) write(name string, v any) error {
	if err := r.replace(name, v, true); err != nil {
		return err
	}
	return syncDir(r.dir)
}

// writeLoose replaces the file name by v as a whole, but leaves it to the
// system when it comes to disk.
func (r run) writeLoose(name string, v any) error { return r.replace(name, v, false) }

func (r run) replace(name string, v any, sync bool) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return replaceFile(r.path(name), append(data, '\n'), sync)
}

// replaceFile writes data beside path and renames it into place.
func replaceFile(path string, data []byte, sync bool) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil && sync {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, removeIfThere(f.Name()))
	}
	return nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncDir makes the entries of a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}
