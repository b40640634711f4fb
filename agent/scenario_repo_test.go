package agent_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"

	"github.com/cockroachdb/datadriven"

	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/tools"
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

// ciServer is what the policy's ci command would print, by version: JSON, or an error after "fails".
type ciServer map[string]string

// set: ci VERSION, and then what it prints, or "fails" and why.
func (c ciServer) set(d *datadriven.TestData) { c[d.CmdArgs[0].Key] = strings.TrimSpace(d.Input) }

// Ask implements ci.Asker. The command of the scenarios is [ci, ${version}].
func (c ciServer) Ask(_ context.Context, call tools.Call, argv []string) (string, error) {
	said := c[call.Fill(argv[1])]
	if why, fails := strings.CutPrefix(said, "fails "); fails {
		return "", errors.New(why)
	}
	return said, nil
}
