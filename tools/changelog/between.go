package changelog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/releasebot/releasebot/tools"
)

// maxCommits is the most that Between lists, whatever its limit.
const maxCommits = 1000

// maxTitle and maxAuthor are how much of a title and of a name is kept, in characters.
const (
	maxTitle  = 200
	maxAuthor = 100
)

// maxAuthors is how many authors are named.
const maxAuthors = 100

// Between lists what the commit to has that from has not; both may be names of
// versions too. Where to is an older commit (a rollback), it lists what is taken
// back. Total and Authors are of all commits, whatever the limit; a limit below
// 1 lists none. An empty from, where nothing ran yet, gives no changes. A commit
// that is not in the repository is ErrUnknownVersion.
func (g *Git) Between(ctx context.Context, from, to string, limit int) (Changes, error) {
	if from == "" || to == "" {
		return Changes{}, nil
	}
	fromSHA, err := g.known(ctx, from)
	if err != nil {
		return Changes{}, fmt.Errorf("finding what runs now: %w", err)
	}
	toSHA, err := g.known(ctx, to)
	if err != nil {
		return Changes{}, fmt.Errorf("finding what ships: %w", err)
	}
	if fromSHA == toSHA {
		return Changes{}, nil
	}
	behind, ahead, err := g.count(ctx, fromSHA, toSHA)
	if err != nil {
		return Changes{}, err
	}
	changes := Changes{Total: ahead, Diverged: behind > 0 && ahead > 0}
	without, with := fromSHA, toSHA
	if ahead == 0 {
		changes.Total, changes.Backward = behind, true
		without, with = toSHA, fromSHA
	}
	if changes.Authors, err = g.authors(ctx, without, with); err != nil {
		return Changes{}, err
	}
	if limit > 0 {
		changes.Commits, err = g.log(ctx, without, with, min(limit, maxCommits))
	}
	return changes, err
}

// known returns the commit of a full id, or of a version's name. A commit that
// is there needs no fetch: it can't change.
func (g *Git) known(ctx context.Context, name string) (string, error) {
	if fullID.MatchString(name) && g.isThere() {
		sha, err := g.commit(ctx, name)
		if err != nil || sha == name {
			return sha, err
		}
	}
	v, err := g.Resolve(ctx, name)
	return v.SHA, err
}

// count counts the commits that only one of the two has.
func (g *Git) count(ctx context.Context, from, to string) (behind, ahead int, err error) {
	out, err := g.read(ctx, nil, "rev-list", "--count", "--left-right", "--end-of-options", from+"..."+to, "--")
	if err != nil {
		return 0, 0, err
	}
	left, right, _ := strings.Cut(strings.TrimSpace(string(out)), "\t")
	behind, errLeft := strconv.Atoi(left)
	ahead, errRight := strconv.Atoi(right)
	if err := errors.Join(errLeft, errRight); err != nil {
		return 0, 0, fmt.Errorf("counting the commits of %s: %w", g.at.show, err)
	}
	return behind, ahead, nil
}

// authors names who wrote the commits, by their number and then by name.
func (g *Git) authors(ctx context.Context, without, with string) ([]string, error) {
	out, err := g.read(ctx, nil, "-c", "mailmap.blob="+with+":.mailmap", "shortlog", "--summary", "--numbered", "--end-of-options", without+".."+with, "--")
	if err != nil {
		return nil, err
	}
	commits := map[string]int{}
	for line := range strings.Lines(string(out)) {
		number, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		n, err := strconv.Atoi(number)
		if err != nil {
			return nil, fmt.Errorf("listing the authors of %s: %w", g.at.show, err)
		}
		commits[clean(name, maxAuthor)] += n // names that only differ in what was cleaned away are one
	}
	names := make([]string, 0, len(commits))
	for name := range commits {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if commits[a] != commits[b] {
			return commits[b] - commits[a]
		}
		return strings.Compare(a, b)
	})
	return names[:min(len(names), maxAuthors)], nil
}

// log lists commits, newest first, none before one that builds on it.
func (g *Git) log(ctx context.Context, without, with string, limit int) ([]Commit, error) {
	out, err := g.read(ctx, nil, "-c", "mailmap.blob="+with+":.mailmap", "log", "-z", "--date-order", "--no-color", "--no-show-signature",
		"--max-count="+strconv.Itoa(limit), "--format=tformat:%H%x00%aN%x00%aE%x00%at%x00%s", "--end-of-options", without+".."+with, "--")
	if err != nil {
		return nil, err
	}
	const fields = 5
	parts := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	if len(parts)%fields != 0 {
		return nil, fmt.Errorf("listing the commits of %s: git printed something else", g.at.show)
	}
	commits := make([]Commit, 0, len(parts)/fields)
	for c := range slices.Chunk(parts, fields) {
		commits = append(commits, Commit{SHA: c[0], Author: clean(c[1], maxAuthor), Email: clean(c[2], maxAuthor), At: when(c[3]), Title: clean(c[4], maxTitle)})
	}
	return commits, nil
}

// when reads a time. A commit can bear any; what JSON can't write is no time.
func when(seconds string) time.Time {
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}
	}
	if t := time.Unix(n, 0).UTC(); t.Year() >= 1 && t.Year() <= 9999 {
		return t
	}
	return time.Time{}
}

// clean makes one line of at most so many characters.
func clean(s string, most int) string {
	return tools.Cut(strings.Join(strings.Fields(tools.Plain(s)), " "), most)
}
