package changelog

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/releasebot/releasebot/tools"
)

// UnknownVersionError says that a name is no version of a repository, and what
// it could have been. errors.Is(err, ErrUnknownVersion) holds for it.
type UnknownVersionError struct {
	Name       string
	Repository string   // without a password
	Branch     bool     // it is the name of a branch
	Impossible bool     // no tag can have such a name
	Near       []string // tags with similar names, the nearest first; at most 3
}

// Error says what is wrong and what would be right.
func (e *UnknownVersionError) Error() string {
	name := `"` + tools.Cut(tools.Plain(e.Name), 80) + `"`
	switch {
	case e.Impossible:
		return name + " can't be the name of a tag or commit"
	case e.Branch:
		return name + " is a branch of " + e.Repository + ", and a branch is no version: name a tag or a commit" + e.near()
	}
	return name + " is neither a tag nor a commit of " + e.Repository + e.near()
}

func (e *UnknownVersionError) near() string {
	if len(e.Near) == 0 {
		return ""
	}
	return "; near it: " + strings.Join(e.Near, ", ")
}

// Is makes it an ErrUnknownVersion.
func (e *UnknownVersionError) Is(target error) bool { return target == ErrUnknownVersion }

func isUnknown(err error) bool { return errors.Is(err, ErrUnknownVersion) }

// unknown finds out what a name that is no version could have been.
func (g *Git) unknown(ctx context.Context, name string) error {
	e := &UnknownVersionError{Name: name, Repository: g.at.show}
	for _, ref := range []string{"refs/heads/" + name, "refs/remotes/" + name, "refs/remotes/origin/" + name} {
		object, err := g.ref(ctx, ref)
		if err != nil {
			return err
		}
		e.Branch = e.Branch || object != ""
	}
	out, err := g.read(ctx, nil, "for-each-ref", "--format=%(refname:lstrip=2)", "--sort=-creatordate", "--count=1000", "refs/tags/")
	if err != nil {
		return err
	}
	e.Near = near(name, strings.Fields(string(out)))
	return e
}

// near returns the tags, newest first, whose names are most like the one given.
func near(name string, tags []string) []string {
	type candidate struct {
		tag      string
		distance int
	}
	bare := strings.TrimPrefix(name, "v")
	var all []candidate
	for _, tag := range tags {
		d := distance(bare, strings.TrimPrefix(tag, "v"))
		if d <= max(1, len(bare)/3) && tools.Plain(tag) == tag && len(tag) <= maxName {
			all = append(all, candidate{tag, d})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return a.distance - b.distance })
	var out []string
	for _, c := range all[:min(len(all), 3)] {
		out = append(out, c.tag)
	}
	return out
}

// distance counts the bytes to insert, delete or replace between two names. Long
// ones count as far apart.
func distance(a, b string) int {
	const most = 64
	if len(a) > most || len(b) > most {
		return most
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			before, row[j+1] = row[j+1], min(before+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
