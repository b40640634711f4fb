package changelog

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/releasebot/releasebot/tools"
)

// maxName is how long a version's name may be, in bytes.
const maxName = 200

var (
	hexID  = regexp.MustCompile(`^[0-9a-fA-F]{7,64}$`)
	fullID = regexp.MustCompile(`^(?:[0-9a-f]{40}|[0-9a-f]{64})$`)
)

// Resolve finds the commit of a version: see the package's comment for the
// order. An unknown name is an *UnknownVersionError, which is ErrUnknownVersion;
// the beginning of several commits' ids is ErrAmbiguous. Any other error means
// that the repository could not be asked.
func (g *Git) Resolve(ctx context.Context, name string) (Version, error) {
	asked := time.Now()
	if !isRefName(name) {
		return Version{}, &UnknownVersionError{Name: name, Repository: g.at.show, Impossible: true}
	}
	if err := g.fresh(ctx, g.recent()); err != nil {
		return Version{}, err
	}
	v, found, err := g.find(ctx, name)
	if err != nil || found {
		return v, err
	}
	if g.mirror != nil { // it may have been pushed since the last fetch
		if err := g.fresh(ctx, asked); err != nil {
			return Version{}, err
		}
		if v, found, err = g.find(ctx, name); err != nil || found {
			return v, err
		}
	}
	return Version{}, g.unknown(ctx, name)
}

// find looks for a tag, then for a commit.
func (g *Git) find(ctx context.Context, name string) (v Version, found bool, err error) {
	for _, tag := range []string{name, otherForm(name)} {
		object, err := g.ref(ctx, "refs/tags/"+tag)
		if err != nil {
			return Version{}, false, err
		}
		if object == "" {
			continue
		}
		sha, err := g.commit(ctx, object)
		if err != nil {
			return Version{}, false, err
		}
		if sha == "" {
			return Version{}, false, fmt.Errorf("the tag %s of %s names no commit", tag, g.at.show)
		}
		return Version{Name: tag, SHA: sha, Tag: true}, true, nil
	}
	if !hexID.MatchString(name) {
		return Version{}, false, nil
	}
	sha, err := g.commitByID(ctx, strings.ToLower(name))
	return Version{Name: name, SHA: sha}, sha != "", err
}

// otherForm puts a v before a name, or takes it off.
func otherForm(name string) string {
	if rest, ok := strings.CutPrefix(name, "v"); ok && rest != "" {
		return rest
	}
	return "v" + name
}

// ref returns what a ref with exactly this name points to; "" if there is none.
// The names that git itself would try instead are not tried: a branch can be
// called refs/tags/v1.
func (g *Git) ref(ctx context.Context, ref string) (string, error) {
	out, err := g.read(ctx, nil, "for-each-ref", "--format=%(objectname) %(refname)", "--count=1", ref)
	if err != nil {
		return "", err
	}
	object, full, _ := strings.Cut(strings.TrimSuffix(string(out), "\n"), " ")
	if full != ref {
		return "", nil // a pattern also finds what stands below it, as a folder
	}
	return object, nil
}

// commit returns the commit that an object is or, being a tag, leads to; "" if
// it leads to none.
func (g *Git) commit(ctx context.Context, id string) (string, error) {
	found, err := g.commits(ctx, id)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0], nil
}

// commits returns the commits among objects, in their order.
func (g *Git) commits(ctx context.Context, ids ...string) ([]string, error) {
	var in bytes.Buffer
	for _, id := range ids {
		in.WriteString(id + "^{commit}\n")
	}
	out, err := g.read(ctx, in.Bytes(), "cat-file", "--batch-check=%(objectname) %(objecttype)")
	if err != nil {
		return nil, err
	}
	var found []string
	for line := range strings.Lines(string(out)) {
		if sha, ok := strings.CutSuffix(strings.TrimSuffix(line, "\n"), " commit"); ok && fullID.MatchString(sha) {
			found = append(found, sha)
		}
	}
	return found, nil
}

// commitByID returns the one commit whose id begins so; "" if there is none.
func (g *Git) commitByID(ctx context.Context, prefix string) (string, error) {
	if fullID.MatchString(prefix) {
		sha, err := g.commit(ctx, prefix)
		if err != nil || sha != prefix {
			return "", err // the id of a tag is not the id of a commit
		}
		return sha, nil
	}
	// Unlike a lookup by name, this never finds a branch that is called like an id.
	out, err := g.read(ctx, nil, "rev-parse", "--disambiguate="+prefix)
	if err != nil {
		return "", err
	}
	ids := strings.Fields(string(out))
	if len(ids) == 0 {
		return "", nil
	}
	found, err := g.commits(ctx, ids...)
	if err != nil {
		return "", err
	}
	found = slices.DeleteFunc(found, func(sha string) bool { return !strings.HasPrefix(sha, prefix) }) // led to by a tag
	switch len(found) {
	case 0:
		return "", nil
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("%w: %d commits of %s begin with %s; give more of its digits", ErrAmbiguous, len(found), g.at.show, prefix)
}

// isRefName holds for what can be the name of a tag, by the rules of
// git-check-ref-format, and for the ids of commits.
func isRefName(name string) bool {
	if name == "" || len(name) > maxName || name == "@" || tools.Plain(name) != name {
		return false
	}
	if strings.ContainsAny(name, " ~^:?*[\\") || strings.Contains(name, "..") || strings.Contains(name, "@{") || strings.HasSuffix(name, ".") {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return name[0] != '-'
}

// Moved says whether a version's name still means the commit that it meant. now
// is the commit that it means, "" if the name is not there any more. Any error
// means that it could not be told.
func (g *Git) Moved(ctx context.Context, name, sha string) (now string, moved bool, err error) {
	v, err := g.Resolve(ctx, name)
	if isUnknown(err) {
		return "", true, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("looking whether %s was moved: %w", name, err)
	}
	return v.SHA, v.SHA != sha, nil
}
