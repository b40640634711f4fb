package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/releasebot/releasebot/slacklocal"
)

// manifest is the part of a Slack manifest that the program depends on.
type manifest struct {
	Features struct {
		AppHome struct {
			Home     bool `yaml:"home_tab_enabled"`
			Messages bool `yaml:"messages_tab_enabled"`
			ReadOnly bool `yaml:"messages_tab_read_only_enabled"`
		} `yaml:"app_home"`
		Commands []struct {
			Command string `yaml:"command"`
			Escape  bool   `yaml:"should_escape"`
		} `yaml:"slash_commands"`
		Agent     map[string]any `yaml:"agent_view"`
		Assistant map[string]any `yaml:"assistant_view"`
		Shortcuts []any          `yaml:"shortcuts"`
	} `yaml:"features"`
	OAuth struct {
		Scopes map[string][]string `yaml:"scopes"`
	} `yaml:"oauth_config"`
	Settings struct {
		Events struct {
			Bot  []string `yaml:"bot_events"`
			User []string `yaml:"user_events"`
			URL  string   `yaml:"request_url"`
		} `yaml:"event_subscriptions"`
		Interactivity struct {
			Enabled bool `yaml:"is_enabled"`
		} `yaml:"interactivity"`
		SocketMode bool `yaml:"socket_mode_enabled"`
		Rotation   bool `yaml:"token_rotation_enabled"`
	} `yaml:"settings"`
}

// TestManifest: the app asks for what the bot uses and for nothing else. The
// local workspace grants a bot these scopes by default, and refuses what needs
// another one, so that every test over it is a test of this list too.
func TestManifest(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "manifest.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := yaml.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	same(t, "scopes", m.OAuth.Scopes["bot"], slacklocal.ManifestScopes())
	if len(m.OAuth.Scopes) != 1 {
		t.Errorf("scopes for %v, want the bot's alone: no person's token is used", m.OAuth.Scopes)
	}
	same(t, "events", m.Settings.Events.Bot, []string{
		"agent_session_stopped", "app_home_opened", "app_mention", "message.channels", "message.groups", "message.im",
	})
	if len(m.Settings.Events.User) > 0 || m.Settings.Events.URL != "" {
		t.Error("events of people, or sent to a URL: Socket Mode brings the bot's own")
	}
	if c := m.Features.Commands; len(c) != 1 || c[0].Command != "/release" || !c[0].Escape {
		t.Errorf("commands are %+v, want /release with should_escape", c)
	}
	if s := m.Settings; !s.SocketMode || !s.Interactivity.Enabled || s.Rotation {
		t.Errorf("settings are %+v, want Socket Mode and interactivity, and no token rotation", s)
	}
	if h := m.Features.AppHome; !h.Home || !h.Messages || h.ReadOnly {
		t.Errorf("app_home is %+v, want both tabs, and messages that people can write", h)
	}
	if m.Features.Agent == nil || m.Features.Assistant != nil {
		t.Error("agent_view is wanted, and not assistant_view, which is its legacy form")
	}
	if len(m.Features.Shortcuts) > 0 {
		t.Error("the bot answers no shortcuts")
	}
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s are\n%v, want\n%v", what, got, want)
	}
}
