package agent_test

import (
	"context"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"

	"github.com/cockroachdb/datadriven"

	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/tools/changelog"
)

// told is a repository whose versions follow each other as the script tells
// them, each with its commits.
type told struct {
	*agenttest.Repository
	order   []string
	commits map[string][]changelog.Commit // newest first
}

// commits VERSION, and below it AUTHOR: TITLE, oldest first: what the version has that the one before has not.
func (r *told) tell(d *datadriven.TestData) {
	version := d.CmdArgs[0].Key
	if r.commits == nil {
		r.commits = map[string][]changelog.Commit{}
	}
	r.order = append(r.order, version)
	for l := range strings.SplitSeq(strings.TrimSpace(d.Input), "\n") {
		author, title, _ := strings.Cut(l, ": ")
		c := changelog.Commit{SHA: fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(l))), Author: author, Title: title}
		r.commits[version] = slices.Insert(r.commits[version], 0, c)
	}
}

// Between implements changelog.Source.
func (r *told) Between(_ context.Context, from, to string, limit int) (changelog.Changes, error) {
	a, b := slices.Index(r.order, from), slices.Index(r.order, to)
	var ch changelog.Changes
	if a < 0 || b < 0 {
		return ch, nil
	}
	if ch.Backward = a > b; ch.Backward {
		a, b = b, a
	}
	for i := b; i > a; i-- {
		for _, c := range r.commits[r.order[i]] {
			ch.Total++
			if ch.Total <= limit {
				ch.Commits = append(ch.Commits, c)
			}
			if !slices.Contains(ch.Authors, c.Author) {
				ch.Authors = append(ch.Authors, c.Author)
			}
		}
	}
	return ch, nil
}
