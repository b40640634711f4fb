package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/releasebot/releasebot/"

// room is one folder of the house and what it may import beside the standard library.
type room struct {
	under string   // the folder, and all below it that no longer row names
	may   []string // our packages, and all below them
	other []string // other people's modules
	why   string
}

// rooms is the import table. The longest row that fits a package counts.
var rooms = []room{
	{
		"tools",
		[]string{"tools", "internal/failpoint"},
		[]string{"golang.org/x/sys"},
		"a tool knows what it is told in a call, so that it can be used, and tested, without an agent",
	},
	{
		"policy", nil,
		[]string{"go.yaml.in/yaml/v4"},
		"policy is pure: what it judges is handed to it, so that the same file always says the same",
	},
	{
		"threadstore",
		[]string{"threadstore", "internal/planted"},
		nil,
		"a store keeps bytes; what they mean is the agent's",
	},
	{
		"threadstore/redisstore",
		[]string{"threadstore"},
		[]string{"github.com/redis/go-redis/v9"},
		"only this driver knows Redis",
	},
	{
		"threadstore/boltstore",
		[]string{"threadstore"},
		[]string{"go.etcd.io/bbolt"},
		"only this driver knows bbolt",
	},
	{
		"threadstore/storetest/redistest",
		[]string{"threadstore", "internal/freeport"},
		[]string{"github.com/redis/go-redis/v9"},
		"it runs the servers that tests talk to",
	},
	{
		"agent",
		[]string{"policy", "threadstore", "tools", "internal/failpoint", "internal/planted"},
		nil,
		"the agent knows no Slack, no Redis and no HTTP: whoever takes triggers in and shows states comes to it",
	},
	{
		"agent/planner",
		[]string{"agent"},
		nil,
		"a planner turns words into an intent; it can't reach what could act on one",
	},
	{
		"agent/planner/openai",
		[]string{"agent"},
		[]string{"github.com/openai/openai-go/v3", "github.com/google/jsonschema-go"},
		"the model's client is large; it stays in this one leaf",
	},
	{
		"agent/agenttest",
		[]string{"agent", "policy", "threadstore", "tools"},
		nil,
		"the fakes of the agent's tests need what the agent needs",
	},
	{
		"blocks",
		[]string{"agent"},
		[]string{"github.com/slack-go/slack"},
		"blocks renders a state and nothing else, so that a card can't show what is not in the log",
	},
	{
		"bot",
		[]string{"agent", "policy", "blocks", "threadstore", "tools/page", "internal/failpoint", "internal/planted"},
		[]string{"github.com/slack-go/slack", "github.com/gorilla/websocket", "golang.org/x/sync", "golang.org/x/time"},
		"the bot brings Slack to the agent and back; of the store and of paging it knows the errors and the sender's interface",
	},
	{
		"api",
		[]string{"agent", "policy", "threadstore"},
		[]string{"github.com/prometheus/client_golang"},
		"the API shows what the agent answers; of the store it knows the errors",
	},
	{
		"slacklocal", nil,
		[]string{"github.com/gorilla/websocket"},
		"the local Slack knows nothing of the product, or tests over it would prove nothing",
	},
	{
		"internal", nil, nil,
		"what stands below internal is used by all, so it uses none of them",
	},
	{
		"internal/leaktest", nil,
		[]string{"go.uber.org/goleak"},
		"it looks for what any package's tests have left behind",
	},
	{
		"internal/e2etest",
		[]string{"agent"},
		nil,
		"what tests of the built program share knows how logs are written, and no more",
	},
	{
		"sim",
		[]string{"agent", "blocks", "bot", "policy", "slacklocal", "threadstore", "tools", "internal"},
		[]string{"github.com/slack-go/slack"},
		"the simulation drives the parts, not the program",
	},
	{
		"chaos",
		[]string{""},
		nil,
		"real processes under real faults: it starts the program and judges it from outside",
	},
	{
		"bench", nil, nil,
		"what is measured is measured from outside; only its tests drive parts",
	},
	{
		"cmd/releasebot",
		[]string{""},
		[]string{
			"github.com/spf13/cobra", "github.com/kelseyhightower/envconfig", "golang.org/x/sync", "golang.org/x/term",
		},
		"cmd wires; other people's libraries are used where the thing they do is done",
	},
}

// testsMay is what tests may import beside the row of their package.
var testsMay = []string{
	"github.com/alicebob/miniredis/v2", "github.com/cockroachdb/datadriven", "github.com/google/go-cmp", "github.com/prometheus/client_golang",
	"github.com/rogpeppe/go-internal", "github.com/slack-go/slack", "github.com/gorilla/websocket", "go.uber.org/goleak", "go.yaml.in/yaml/v4", "pgregory.net/rapid",
	"github.com/redis/go-redis/v9", "golang.org/x/sys", "golang.org/x/sync", "golang.org/x/time", "github.com/fsnotify/fsnotify",
	"go.etcd.io/bbolt", "github.com/google/jsonschema-go",
}

// source is one Go file.
type source struct {
	pkg  string // folder in the module, with slashes
	path string
	test bool
	file *ast.File
}

func (s source) imports() []string {
	var list []string
	for _, i := range s.file.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err == nil && (strings.HasPrefix(p, module) || strings.Contains(strings.SplitN(p, "/", 2)[0], ".")) {
			list = append(list, p)
		}
	}
	return list
}

// sourcesOf reads every Go file of the module.
func sourcesOf(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	var list []source
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); p != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		rel = filepath.ToSlash(rel)
		list = append(list, source{path.Dir(rel), rel, strings.HasSuffix(rel, "_test.go"), f})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 100 {
		t.Fatalf("only %d files were found below %s", len(list), root)
	}
	return list
}

func below(p, folder string) bool {
	return folder == "" || p == folder || strings.HasPrefix(p, folder+"/")
}

func roomOf(pkg string) (best room, ok bool) {
	for _, r := range rooms {
		if below(pkg, r.under) && (!ok || len(r.under) > len(best.under)) {
			best, ok = r, true
		}
	}
	return best, ok
}

// TestImports holds every package to the table.
func TestImports(t *testing.T) {
	for _, s := range sourcesOf(t) {
		r, ok := roomOf(s.pkg)
		if !ok {
			t.Errorf("%s: the folder is none of the house's; add a room only for a thing that has a name in the field, and a row here", s.path)
			continue
		}
		for _, p := range s.imports() {
			ours, is := strings.CutPrefix(p, module)
			fits := func(list []string, p string) bool {
				return slices.ContainsFunc(list, func(may string) bool { return below(p, may) })
			}
			switch {
			case is && below(ours, "cmd") && !below(s.pkg, "cmd"):
				t.Errorf("%s imports %s: nothing imports cmd, which wires everything", s.path, ours)
			case is && (s.test || below(ours, s.pkg) || fits(r.may, ours)):
			case is:
				t.Errorf("%s imports %s, and %s may not: %s", s.path, ours, r.under, r.why)
			case fits(r.other, p), s.test && fits(testsMay, p), strings.HasPrefix(s.pkg, "threadstore/storetest") && fits(testsMay, p):
			default:
				t.Errorf("%s imports %s, and %s may not: %s", s.path, p, r.under, r.why)
			}
		}
	}
}

// TestSlackIsKnownToFew keeps the table itself from growing where it must not.
func TestSlackIsKnownToFew(t *testing.T) {
	for _, r := range rooms {
		if slices.Contains(r.other, "github.com/slack-go/slack") && !slices.Contains([]string{"blocks", "bot", "sim"}, r.under) {
			t.Errorf("%s may import slack-go: only blocks and bot (and a simulation of them) know Slack's library", r.under)
		}
		if slices.Contains(r.other, "github.com/openai/openai-go/v3") && r.under != "agent/planner/openai" {
			t.Errorf("%s may import openai-go, which alone takes three CPU-minutes to compile", r.under)
		}
	}
}

// pure lists the files in which a fold, a decision or a picture of a state is
// made: the same log has to give the same one, whenever and wherever.
var pure = []string{
	"agent/reduce*.go", "agent/decide*.go", "agent/state.go", "agent/approval.go", "agent/plan.go", "agent/replay.go", "agent/describe.go",
	"agent/view.go", "agent/environment.go", "blocks/*.go", "policy/evaluate.go", "policy/person.go",
}

// TestPureFilesReadNoClock: time comes in as an argument; chance, the network and the environment not at all.
func TestPureFilesReadNoClock(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sourcesOf(t) {
		i := slices.IndexFunc(pure, func(pattern string) bool { ok, err := path.Match(pattern, s.path); return ok && err == nil })
		if s.test || i < 0 {
			continue
		}
		seen[pure[i]] = true
		for _, use := range uses(s.file, map[string]string{"time": "Now Since Until After Sleep Tick NewTimer NewTicker AfterFunc Local", "os": "", "net": "", "net/http": "", "math/rand": "", "math/rand/v2": "", "crypto/rand": "", "context": "Background TODO"}) {
			t.Errorf("%s uses %s: a fold, a decision and a picture depend on the log and on the time that is handed in, and on nothing else", s.path, use)
		}
	}
	for _, p := range pure {
		if !seen[p] {
			t.Errorf("no file matches %s any more: correct the list", p)
		}
	}
}

// TestOnlyCmdReadsTheEnvironment: a package says in its Config what it needs.
func TestOnlyCmdReadsTheEnvironment(t *testing.T) {
	except := map[string]string{
		"tools/deploy/command.go":     "CommandConfig.Environ defaults to it",
		"tools/deploy/supervise.go":   "it is a process of its own",
		"internal/failpoint/on.go":    "of a test build",
		"internal/planted/on.go":      "of a test build",
		"internal/e2etest/ledger.go":  "a deploy command's, which only tests are",
		"internal/e2etest/program.go": "what a test gives on to the processes it starts",
		"bench/report/main.go":        "a program of its own, which nobody runs but make",
	}
	for _, s := range sourcesOf(t) {
		if s.test || below(s.pkg, "cmd") || below(s.pkg, "threadstore/storetest") || except[s.path] != "" {
			continue
		}
		for _, use := range uses(s.file, map[string]string{"os": "Getenv LookupEnv Environ ExpandEnv", "flag": ""}) {
			t.Errorf("%s uses %s: cmd is the only reader of environment and flags; take it in a Config", s.path, use)
		}
	}
}

// uses lists what a file uses of packages: the names given, or, where none are, anything.
func uses(f *ast.File, of map[string]string) []string {
	local := map[string]string{} // the package's name in this file → the names looked for
	for _, i := range f.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if names, ok := of[p]; ok && err == nil {
			name := path.Base(strings.TrimSuffix(p, "/v2"))
			if i.Name != nil {
				name = i.Name.Name
			}
			local[name] = names
		}
	}
	var found []string
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		pkg, ok := sel.X.(*ast.Ident)
		if !ok {
			return true
		}
		if names, ok := local[pkg.Name]; ok && (names == "" || slices.Contains(strings.Fields(names), sel.Sel.Name)) {
			found = append(found, pkg.Name+"."+sel.Sel.Name)
		}
		return true
	})
	return found
}
