package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/releasebot/releasebot/bot"
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
		Shortcuts []struct {
			Callback string `yaml:"callback_id"`
		} `yaml:"shortcuts"`
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

// TestManifest: the app asks for what the bot uses, which bot.Needs lists and
// package bot's tests compare with its code, and for nothing else. The local
// workspace grants a bot these scopes by default, and refuses what needs
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
	needs := bot.Needs()
	same(t, "scopes", m.OAuth.Scopes["bot"], scopeNames(needs))
	same(t, "the local workspace's scopes", slacklocal.ManifestScopes(), scopeNames(needs))
	if len(m.OAuth.Scopes) != 1 {
		t.Errorf("scopes for %v, want the bot's alone: no person's token is used", m.OAuth.Scopes)
	}
	same(t, "events", m.Settings.Events.Bot, needs.Events)
	if len(m.Settings.Events.User) > 0 || m.Settings.Events.URL != "" {
		t.Error("events of people, or sent to a URL: Socket Mode brings the bot's own")
	}
	var commands, shortcuts []string
	for _, c := range m.Features.Commands {
		commands = append(commands, c.Command)
		if !c.Escape {
			t.Errorf("%s is without should_escape: people and channels would arrive as names", c.Command)
		}
	}
	same(t, "commands", commands, needs.Commands)
	for _, c := range m.Features.Shortcuts {
		shortcuts = append(shortcuts, c.Callback)
	}
	same(t, "shortcuts", shortcuts, needs.Shortcuts)
	if s := m.Settings; !s.SocketMode || !s.Interactivity.Enabled || s.Rotation {
		t.Errorf("settings are %+v, want Socket Mode and interactivity, and no token rotation", s)
	}
	if h := m.Features.AppHome; !h.Home || !h.Messages || h.ReadOnly {
		t.Errorf("app_home is %+v, want both tabs, and messages that people can write", h)
	}
	if m.Features.Agent == nil || m.Features.Assistant != nil {
		t.Error("agent_view is wanted, and not assistant_view, which is its legacy form")
	}
}

// TestScopesAreExplained: the page that an administrator reads explains each scope, and no other.
func TestScopesAreExplained(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "docs", "slack.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(b), "| scope | why |")
	if !found {
		t.Fatal("docs/slack.md has no table of scopes")
	}
	var explained []string
	name := regexp.MustCompile("`([a-z_]+(?::[a-z.]+)?)`")
	for line := range strings.SplitSeq(strings.TrimPrefix(table, "\n"), "\n") {
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(line, "|")
		for _, m := range name.FindAllStringSubmatch(cells[1], -1) {
			explained = append(explained, m[1])
			if len(strings.Fields(cells[2])) < 1 {
				t.Errorf("nothing is said of %s", m[1])
			}
		}
	}
	same(t, "the scopes that docs/slack.md explains", explained, scopeNames(bot.Needs()))
	for _, s := range bot.Needs().AppScopes {
		if !strings.Contains(string(b), "`"+s.Name+"`") {
			t.Errorf("docs/slack.md does not say that the app token needs %s", s.Name)
		}
	}
}

func scopeNames(n bot.AppNeeds) []string {
	var names []string
	for _, s := range n.Scopes {
		names = append(names, s.Name)
	}
	return names
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s are\n%v, want\n%v", what, got, want)
	}
}
