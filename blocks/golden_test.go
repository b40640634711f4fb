package blocks

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
)

var update = flag.Bool("update", false, "write the golden files anew")

// shown is a view as it stands in a golden file.
type shown struct {
	Key    string       `json:"key"`
	Text   string       `json:"text"`
	Root   bool         `json:"root,omitempty"`
	Final  bool         `json:"final,omitempty"`
	Blocks slack.Blocks `json:"blocks"`
}

func slackBlocks(v View) slack.Blocks { return slack.Blocks{BlockSet: v.Blocks} }

func TestGolden(t *testing.T) {
	for name, l := range logs() {
		t.Run(name, func(t *testing.T) {
			checkState(t, l.s)
			var list []shown
			for _, v := range Thread(l.s, Options{BotUser: "U0BOT"}) {
				checkView(t, v)
				list = append(list, shown{v.Key, v.Text, v.Root, v.Final, slackBlocks(v)})
			}
			golden(t, name, list)
		})
	}
}

// golden compares with the file, and checks that slack-go reads the blocks back as they were.
func golden(t *testing.T, name string, list any) {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(list); err != nil {
		t.Fatal(err)
	}
	got := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(b.String())
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test ./blocks -update writes it)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is not what stands in the file (-file +now; -update writes it):\n%s", name, diff)
	}
}
