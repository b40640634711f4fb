package bot_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/releasebot/releasebot/bot"
	"github.com/releasebot/releasebot/slacklocal"
)

// clientMethods are the methods of slack-go that this package may call, and what they call.
func clientMethods() map[string]string {
	return map[string]string{
		"AuthTestContext": "auth.test", "StartSocketModeContext": "apps.connections.open",
		"PostMessageContext": "chat.postMessage", "PostEphemeralContext": "chat.postEphemeral",
		"UpdateMessageContext": "chat.update", "DeleteMessageContext": "chat.delete",
		"GetUserInfoContext": "users.info", "GetUserGroupMembersContext": "usergroups.users.list",
		"OpenViewContext": "views.open", "PublishViewContext": "views.publish",
	}
}

// source is what the package's own files say: the methods of slack-go that they call, and their texts.
func source(t *testing.T) (calls, texts map[string]bool) {
	t.Helper()
	calls, texts = map[string]bool{}, map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || name == "needs.go" {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
					texts[text] = true
				}
			case *ast.SelectorExpr:
				if on, ok := n.X.(*ast.SelectorExpr); ok && on.Sel.Name == "slack" {
					calls[n.Sel.Name] = true
				}
			}
			return true
		})
	}
	return calls, texts
}

// methodsOf are all methods that a list of scopes stands for.
func methodsOf(n bot.AppNeeds) map[string]bool {
	all := map[string]bool{}
	for _, s := range slices.Concat(n.Scopes, n.AppScopes) {
		for _, m := range s.Methods {
			all[m] = true
		}
	}
	for _, m := range n.Free {
		all[m] = true
	}
	return all
}

// What the code calls and hears is what Needs says, both ways.
func TestNeedsAreWhatTheCodeUses(t *testing.T) {
	n := bot.Needs()
	calls, texts := source(t)
	used := map[string]bool{}
	for c := range calls {
		method := clientMethods()[c]
		if method == "" {
			t.Errorf("%s of slack-go is called: say here, and in Needs, which method that is", c)
		}
		used[method] = true
	}
	method := regexp.MustCompile(`^(api|apps|assistant|auth|bots|chat|conversations|files|reactions|team|usergroups|users|views)\.[a-zA-Z.]+$`)
	for text := range texts {
		if method.MatchString(text) {
			used[text] = true
		}
	}
	if want := methodsOf(n); !maps.Equal(used, want) {
		t.Errorf("the code calls\n%v\nand Needs lists\n%v", slices.Sorted(maps.Keys(used)), slices.Sorted(maps.Keys(want)))
	}
	for _, e := range n.Events {
		if kind, _, _ := strings.Cut(e, "."); !texts[kind] {
			t.Errorf("nothing handles the event %s", e)
		}
	}
	for _, s := range n.Scopes {
		if len(s.Methods)+len(s.Events)+len(s.Commands) == 0 || s.Why == "" {
			t.Errorf("nothing is said to need %s, or not why", s.Name)
		}
		for _, e := range s.Events {
			if !slices.Contains(n.Events, e) {
				t.Errorf("%s is there for %s, which is not among the events", s.Name, e)
			}
		}
	}
	if len(n.Shortcuts) > 0 && !texts["message_action"] {
		t.Error("nothing handles shortcuts")
	}
}

// Slack's own rules, as the local workspace has them: every method works with
// the scopes listed, and not without its own.
func TestEveryMethodHasItsScopeAndEveryScopeIsNeeded(t *testing.T) {
	n := bot.Needs()
	var all []string
	for _, s := range n.Scopes {
		all = append(all, s.Name)
	}
	answers := asked(t, all, slices.Sorted(maps.Keys(methodsOf(n))))
	for method, code := range answers {
		if code == "missing_scope" {
			t.Errorf("%s is refused for a scope that is not listed", method)
		}
	}
	for _, s := range n.Scopes {
		without := slices.DeleteFunc(slices.Clone(all), func(name string) bool {
			return name == s.Name || strings.HasSuffix(s.Name, ":history") && strings.HasSuffix(name, ":history") // any of these will do
		})
		for method, code := range asked(t, without, s.Methods) {
			if code != "missing_scope" {
				t.Errorf("%s does not need %s: without it the answer is %q", method, s.Name, code)
			}
		}
	}
}

// asked calls methods with a token of these scopes, and returns the errors' codes.
func asked(t *testing.T, scopes, methods []string) map[string]string {
	t.Helper()
	ws := slacklocal.New(slacklocal.Config{Scopes: scopes, NoRates: true})
	if _, err := ws.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	codes := map[string]string{}
	for _, m := range methods {
		token := "xoxb-1"
		if m == "apps.connections.open" {
			token = "xapp-1"
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, ws.APIURL()+m, strings.NewReader(url.Values{"token": {token}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var a struct {
			Error string `json:"error"`
		}
		err = json.NewDecoder(resp.Body).Decode(&a)
		_ = resp.Body.Close()
		if err != nil {
			t.Fatalf("%s: %v", m, err)
		}
		codes[m] = a.Error
	}
	return codes
}
