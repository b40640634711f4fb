package changelog

import (
	"context"
	"errors"
	"time"
)

// Errors a caller decides on.
var (
	// ErrUnknownVersion: neither a tag nor a commit of this name is in the repository.
	ErrUnknownVersion = errors.New("no tag or commit of this name")
	// ErrAmbiguous: more than one thing is meant by the name.
	ErrAmbiguous = errors.New("the name means more than one thing")
)

// A Commit of a repository. Text is as the repository has it: untrusted.
type Commit struct {
	SHA    string    `json:"sha"`
	Author string    `json:"author"`
	Email  string    `json:"email,omitempty"`
	Title  string    `json:"title"`
	At     time.Time `json:"at"`
}

// Version is a resolved name.
type Version struct {
	Name string `json:"name"`          // the tag's name, or the name as given
	SHA  string `json:"sha,omitempty"` // "" where there is no source
	Tag  bool   `json:"tag,omitempty"`
}

// Changes is what lies between what runs and what ships.
type Changes struct {
	Commits  []Commit `json:"commits,omitempty"` // newest first, at most Limit
	Total    int      `json:"total"`
	Authors  []string `json:"authors,omitempty"`  // by number of commits, then name
	Backward bool     `json:"backward,omitempty"` // the shipped commit is an ancestor of the running one; Commits are those taken back
	Diverged bool     `json:"diverged,omitempty"` // neither is an ancestor of the other
}

// A Source resolves versions and lists changes. Nothing is ever checked out.
type Source interface {
	// Resolve: the tag of that name, with or without a leading v if only one of them exists, else a commit.
	Resolve(ctx context.Context, name string) (Version, error)
	// Between lists what to has that from has not; at most limit commits.
	Between(ctx context.Context, from, to string, limit int) (Changes, error)
}
