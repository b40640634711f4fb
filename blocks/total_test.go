package blocks

import (
	"strings"
	"testing"

	"github.com/slack-go/slack"
)

func TestAllTextTogetherStaysBelowWhatSlackTakes(t *testing.T) {
	var list []slack.Block
	list = append(list, header("h"))
	for range 6 {
		list = append(list, section(strings.Repeat("ä &amp; `x` <@U0BOB> ", 140)))
	}
	list = append(list, codeBlock("log", []string{strings.Repeat("y", 300)}))
	if before := textOf(list); before <= maxTotal {
		t.Fatalf("only %d to begin with", before)
	}
	v := View{Key: "total", Text: "t", Blocks: within(list)}
	checkView(t, v)
	if after := textOf(v.Blocks); after > maxTotal || after < maxTotal/2 {
		t.Errorf("%d after, of at most %d", after, maxTotal)
	}
}
