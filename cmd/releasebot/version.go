package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set when a release is built: -ldflags "-X main.version=v1.2.3".
var version = ""

type versionCommand struct {
	JSON bool
}

func (v *versionCommand) command(c *console) *cobra.Command {
	cmd := leaf(c, v, "version", "Print the version.")
	cmd.Flags().BoolVar(&v.JSON, "json", false, "As JSON.")
	return cmd
}

type buildRecord struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
}

// Run prints version, commit and Go version.
func (v *versionCommand) Run(c *console) error {
	b := thisBuild()
	if v.JSON {
		return printJSON(c.out, b)
	}
	_, err := fmt.Fprintf(c.out, "releasebot %s, commit %s, %s\n", b.Version, b.Commit, b.Go)
	return err
}

// thisBuild is what the linker knows.
func thisBuild() buildRecord {
	b := buildRecord{Version: version, Commit: "unknown", Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if b.Version == "" {
		b.Version = info.Main.Version
	}
	dirty := ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				dirty = " (changed)"
			}
		}
	}
	b.Commit += dirty
	if b.Version == "" || b.Version == "(devel)" {
		b.Version = "devel"
	}
	return b
}
