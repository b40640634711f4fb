package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// MaxSize is how long a policy file may be, in bytes.
const MaxSize = 1 << 20

// File is a policy file that was read and found to be right.
type File struct {
	Path     string // as it was given
	Dir      string // where commands run: the file's folder, absolute after Load
	Revision string // "p-" and 12 hex digits of the SHA-256 of the canonical form
	Services map[string]*Service
	Order    []string // names of the services, as written
	People   map[string]Subject
	API      API

	positions map[place]Position
	authors   map[string]Subject // by what git calls them, in lower case
}

// Service is one service of the file.
type Service struct {
	Name         string
	Aliases      []string // what people call it beside its name
	Channel      string
	Source       *Source
	Environments map[string]*Environment
	Order        []string // names of the environments, as written
}

// API is what the file says about the HTTP API.
type API struct {
	Tokens []Token `json:"tokens,omitempty"`
}

// Token is one token of the HTTP API. Its secret stands in the environment
// variable Env, never in the file.
type Token struct {
	Env    string  `json:"env"`
	Role   Role    `json:"role"`
	Person Subject `json:"person,omitzero"` // a user; the human that acts by it
}

// Role says what a token may do.
type Role string

// The roles, each of which may do what the one before it may.
const (
	RoleViewer    Role = "viewer"
	RoleRequester Role = "requester"
	RoleApprover  Role = "approver"
	RoleAdmin     Role = "admin"
)

// Roles returns the roles, the weakest first.
func Roles() []Role { return []Role{RoleViewer, RoleRequester, RoleApprover, RoleAdmin} }

// Covers tells whether r may do what need may. A role that isn't known covers
// nothing and is covered by nothing.
func (r Role) Covers(need Role) bool {
	have, want := slices.Index(Roles(), r), slices.Index(Roles(), need)
	return have >= 0 && want >= 0 && have >= want
}

// Load reads the policy file at path. Where the file can't be read the error is
// the reason; where it is wrong, the error is Errors: every problem, with its
// position.
func Load(path string, reg Registry) (*File, error) {
	src, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("reading the policy file: %w", err)
	}
	f, err := Parse(path, src, reg)
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("finding the policy file's folder: %w", err)
	}
	f.Dir = dir
	return f, nil
}

// read reads one byte more than is allowed, so that Parse can say it is too long.
func read(path string) (src []byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return io.ReadAll(io.LimitReader(file, MaxSize+1))
}

// Parse reads a policy file from memory; name is what errors call it. The error
// is always Errors.
func Parse(name string, src []byte, reg Registry) (*File, error) {
	p := &parser{name: name, reg: reg, positions: map[place]Position{}, authors: map[string]Subject{}}
	f := p.file(src)
	if len(p.errs) > 0 {
		return nil, p.errs.tidy()
	}
	revision, err := revision(f)
	if err != nil {
		return nil, Errors{{Position: Position{File: name, Line: 1, Column: 1}, Message: err.Error()}}
	}
	f.Revision = revision
	f.positions = p.positions
	return f, nil
}

// revision hashes what the file means. Paths, positions and the order of
// services are no part of that.
func revision(f *File) (string, error) {
	type service struct {
		Aliases      []string                `json:"aliases,omitempty"`
		Channel      string                  `json:"channel,omitempty"`
		Source       *Source                 `json:"source,omitempty"`
		Environments map[string]*Environment `json:"environments"`
	}
	form := struct {
		Version  int                `json:"version"`
		People   map[string]Subject `json:"people,omitempty"`
		Git      map[string]Subject `json:"git,omitempty"`
		Services map[string]service `json:"services"`
		API      API                `json:"api"`
	}{Version: 1, People: f.People, Git: f.authors, Services: map[string]service{}, API: f.API}
	for name, s := range f.Services {
		form.Services[name] = service{Aliases: slices.Sorted(slices.Values(s.Aliases)), Channel: s.Channel, Source: s.Source, Environments: s.Environments}
	}
	b, err := json.Marshal(form)
	if err != nil {
		return "", fmt.Errorf("writing the canonical form: %w", err)
	}
	sum := sha256.Sum256(b)
	return "p-" + hex.EncodeToString(sum[:6]), nil
}

// Environment returns the resolved policy of a service in an environment. It is
// shared: do not change it.
func (f *File) Environment(service, env string) (*Environment, bool) {
	s, ok := f.Services[service]
	if !ok {
		return nil, false
	}
	e, ok := s.Environments[env]
	return e, ok
}

// Position says where a rule of an environment stands: its key, such as
// "requesters", "approval.from", "after" or "verify". A rule that the file
// doesn't write down (a default, or a rule of ours, such as that guests may do
// nothing) stands where the nearest thing around it does: the section, else the
// environment, else the service, else the file.
func (f *File) Position(service, env, rule string) Position {
	for {
		if at, ok := f.positions[place{service, env, rule}]; ok {
			return at
		}
		switch {
		case strings.Contains(rule, "."):
			rule = rule[:strings.LastIndexByte(rule, '.')]
		case rule != "":
			rule = ""
		case env != "":
			env = ""
		default:
			return Position{File: f.Path, Line: 1, Column: 1}
		}
	}
}

// Line says where a rule stands as people quote it: "releasebot.yml:31".
func (f *File) Line(service, env, rule string) string {
	at := f.Position(service, env, rule)
	return fmt.Sprintf("%s:%d", filepath.Base(at.File), at.Line)
}

// place names a key of the file: a service, an environment of it, and a rule of
// that, such as "approval.from". The last two may be empty.
type place struct{ service, env, rule string }
