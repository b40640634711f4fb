package deploy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/releasebot/releasebot/tools"
)

// fillAll replaces the placeholders in argv. A NUL can't be passed to a program.
func fillAll(c tools.Call, argv []string) ([]string, error) {
	out := make([]string, len(argv))
	for i, a := range argv {
		out[i] = c.Fill(a)
		if strings.ContainsRune(out[i], 0) {
			return nil, fmt.Errorf("argument %d (%q) would contain a NUL character", i, a)
		}
	}
	return out, nil
}

// findProgram finds the program that name means for a command that runs in dir
// with the given PATH: a name with a slash stands below dir (or is absolute),
// one without is looked for in the absolute folders of PATH.
func findProgram(name, dir, path string) (string, error) {
	if name == "" {
		return "", errors.New("the program's name is empty")
	}
	if strings.Contains(name, "/") {
		file := name
		if !filepath.IsAbs(file) {
			file = filepath.Join(dir, file)
		}
		return file, executable(name, file)
	}
	for _, folder := range filepath.SplitList(path) {
		if !filepath.IsAbs(folder) {
			continue // what runs must not depend on where the bot stands
		}
		file := filepath.Join(folder, name)
		if executable(name, file) == nil {
			return file, nil
		}
	}
	return "", fmt.Errorf("program %q: not found on PATH (a program beside the policy file is written ./%s)", name, name)
}

// executable says what keeps file from being executed; shown as name.
func executable(name, file string) error {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("program %q: there is no file %s", name, file)
	case err != nil:
		return fmt.Errorf("program %q: %w", name, err)
	case info.IsDir():
		return fmt.Errorf("program %q: %s is a folder", name, file)
	}
	const xOK = 1 // access(2): may execute
	if info.Mode()&0o111 == 0 || syscall.Access(file, xOK) != nil {
		return fmt.Errorf("program %q: %s may not be executed (chmod +x)", name, file)
	}
	return nil
}

// hasPlaceholder says whether s has one that Fill replaces.
func hasPlaceholder(s string) bool {
	for _, name := range tools.Placeholders() {
		if strings.Contains(s, "${"+name+"}") {
			return true
		}
	}
	return false
}
