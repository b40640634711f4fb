package sample

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Config says what a world is like. It can be rewritten while the world lives;
// servers and deploys look at it again each time.
type Config struct {
	Service      string            `json:"service"`
	Environments map[string]string `json:"environments"` // name → host:port on loopback
	Faults       []Fault           `json:"faults,omitempty"`
	// Step is how long each step of a deploy takes.
	Step time.Duration `json:"step_ns"`
}

// Fault is something that goes wrong. Empty fields mean any.
type Fault struct {
	Version     string `json:"version,omitempty"`
	Environment string `json:"environment,omitempty"`
	Action      string `json:"action,omitempty"` // deploy or rollback, for Deploy
	Part        Part   `json:"part"`
	// After is how long a server is healthy before Health makes it sick.
	After time.Duration `json:"after_ns,omitempty"`
}

// Part is what a fault hits.
type Part string

// The parts.
const (
	Deploying Part = "deploy" // the deploy ends with an error, before it stops what runs
	Health    Part = "health" // the server answers 500
)

func (f Fault) hits(part Part, version, env, action string) bool {
	matches := func(want, have string) bool { return want == "" || want == have }
	return f.Part == part && matches(f.Version, version) && matches(f.Environment, env) && matches(f.Action, action)
}

// World is a folder with a sample service in it.
type World struct{ dir string }

// At returns the world in dir.
func At(dir string) World { return World{dir} }

// New makes a world in dir, and keeps it until the returned function is called.
func New(dir string, cfg Config) (w World, let func() error, err error) {
	w = At(dir)
	if err := w.Configure(cfg); err != nil {
		return w, nil, err
	}
	for env := range cfg.Environments {
		if err := os.MkdirAll(w.path(env), 0o700); err != nil {
			return w, nil, fmt.Errorf("making the sample service: %w", err)
		}
	}
	keeper, err := lock(w.path("keeper"))
	if err == nil && keeper == nil {
		err = errors.New("somebody keeps it already")
	}
	if err != nil {
		return w, nil, fmt.Errorf("making the sample service in %s: %w", dir, err)
	}
	return w, keeper.Close, nil
}

// Configure writes the configuration, whole or not at all.
func (w World) Configure(cfg Config) error {
	b, err := json.MarshalIndent(cfg, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the sample service's configuration: %w", err)
	}
	if err := w.write("world.json", append(b, '\n')); err != nil {
		return fmt.Errorf("writing the sample service's configuration: %w", err)
	}
	return nil
}

// Config reads the configuration.
func (w World) Config() (Config, error) {
	var cfg Config
	b, err := os.ReadFile(w.path("world.json"))
	if err == nil {
		err = json.Unmarshal(b, &cfg)
	}
	if err != nil {
		return cfg, fmt.Errorf("no sample service in %s: %w", w.dir, err)
	}
	return cfg, nil
}

// address of an environment's server.
func (c Config) address(env string) (string, error) {
	a, ok := c.Environments[env]
	if !ok {
		return "", fmt.Errorf("%s has no environment %q", c.Service, env)
	}
	return a, nil
}

// fault returns the first fault that hits.
func (c Config) fault(part Part, version, env, action string) (Fault, bool) {
	for _, f := range c.Faults {
		if f.hits(part, version, env, action) {
			return f, true
		}
	}
	return Fault{}, false
}

func (w World) path(name ...string) string {
	return filepath.Join(append([]string{w.dir}, name...)...)
}

// write replaces a file.
func (w World) write(name string, b []byte) error {
	tmp := w.path(name + ".new." + strconv.Itoa(os.Getpid()))
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, w.path(name))
}
