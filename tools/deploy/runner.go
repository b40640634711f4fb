package deploy

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// runnerFile holds the runner's id, in the data folder.
const runnerFile = "runner-id"

var runnerIDs = regexp.MustCompile(`^[A-Za-z0-9.-]{1,64}-[A-Z2-7]{26}$`)

// runnerID returns the id of the data folder, and makes one the first time.
// The host's name in it is for people; the random part is what counts, so that
// a folder that was lost and made anew is another runner.
func runnerID(data, host string) (string, error) {
	path := filepath.Join(data, runnerFile)
	id, err := readRunnerID(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return id, err
	}
	fresh := filepath.Join(data, "."+runnerFile+"-"+rand.Text())
	if err := replaceFile(fresh, []byte(plainHost(host)+"-"+rand.Text()+"\n"), true); err != nil {
		return "", err
	}
	// Link refuses where the file exists: of several processes one wins.
	err = os.Link(fresh, path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", errors.Join(err, os.Remove(fresh))
	}
	if err := os.Remove(fresh); err != nil {
		return "", err
	}
	if err := syncDir(data); err != nil {
		return "", err
	}
	return readRunnerID(path)
}

func readRunnerID(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	id := strings.TrimSpace(string(data))
	if !runnerIDs.MatchString(id) {
		return "", fmt.Errorf("%s holds no runner id: restore it, or remove it if no release was started from this folder", path)
	}
	return id, nil
}

// plainHost returns host with only characters that an id may have.
func plainHost(host string) string {
	host = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-':
			return r
		}
		return '-'
	}, host)
	if host == "" {
		return "host"
	}
	return host[:min(len(host), 64)]
}
