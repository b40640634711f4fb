package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/releasebot/releasebot/cmd/releasebot/internal/sample"
)

// sampleCommands are the service that demo releases: what its policy file names,
// so that nothing but this program is needed. The current folder is its world.
func sampleCommands(c *console) *cobra.Command {
	cmd := group("sample", "The service that demo releases.",
		new(sampleDeployCommand).command(c), new(sampleServeCommand).command(c), new(sampleCurrentCommand).command(c))
	cmd.Hidden = true
	return cmd
}

type sampleDeployCommand struct {
	Environment, Version string
}

func (s *sampleDeployCommand) command(c *console) *cobra.Command {
	return leaf(c, s, "deploy", "Bring a version to an environment.",
		argument{name: "environment", to: &s.Environment}, argument{name: "version", to: &s.Version})
}

// Run deploys, as the command driver asks it to.
func (s *sampleDeployCommand) Run(c *console) error {
	r := sample.Release{
		Key: os.Getenv("RELEASE_KEY"), Action: os.Getenv("RELEASE_ACTION"),
		Version: s.Version, Environment: s.Environment,
	}
	self, err := sampleServer()
	if err != nil {
		return err
	}
	return sample.At(".").Deploy(c.ctx, r, self, c.out)
}

// sampleServer is the command line of a server, but for environment and version.
func sampleServer() ([]string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("looking for this program: %w", err)
	}
	return []string{self, "sample", "serve"}, nil
}

type sampleServeCommand struct {
	Environment, Version string
}

func (s *sampleServeCommand) command(c *console) *cobra.Command {
	return leaf(c, s, "serve", "Be an environment's server.",
		argument{name: "environment", to: &s.Environment}, argument{name: "version", to: &s.Version})
}

// Run serves until it is told to stop.
func (s *sampleServeCommand) Run(c *console) error {
	return sample.At(".").Serve(c.ctx, s.Environment, s.Version)
}

type sampleCurrentCommand struct {
	Environment string
}

func (s *sampleCurrentCommand) command(c *console) *cobra.Command {
	return leaf(c, s, "current", "Print the version that runs.", argument{name: "environment", to: &s.Environment})
}

// Run prints the version, or nothing.
func (s *sampleCurrentCommand) Run(c *console) error {
	version, err := sample.At(".").Current(s.Environment)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.out, version)
	return err
}
