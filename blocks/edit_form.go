package blocks

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

const (
	versionBlock      = "version"
	versionAction     = "version"
	environmentBlock  = "environment"
	environmentAction = "environment"
)

// Editable is what an edit starts from: what is proposed, and where else it could go.
type Editable struct {
	What         string   // see Headline
	Version      string   // as proposed
	Environment  string   // as proposed
	Environments []string // of the service, as the policy file names them; the proposed one may be among them
}

// EditForm asks for another version or another environment than the proposed
// one, of the approval with that id. Fields that are left empty change nothing,
// and one at least has to be filled in. Whether there is such a version or
// environment is for the agent to find out.
func EditForm(approvalID string, where agent.Place, e Editable) (slack.ModalViewRequest, error) {
	f := form{callback: EditCallback, title: "Change this release", submit: "Propose"}
	fields := []slack.Block{&slack.InputBlock{
		Type: slack.MBTInput, BlockID: versionBlock, Optional: true, Label: plainText("Another version", maxLabel),
		Element: &slack.PlainTextInputBlockElement{
			Type: slack.METPlainTextInput, ActionID: versionAction, MaxLength: maxVersion, FocusOnLoad: true,
			Placeholder: plainText(instead(e.Version, "A tag or a commit"), maxPlaceholder),
		},
	}}
	if options := elsewhere(e); len(options) > 0 {
		fields = append(fields, &slack.InputBlock{
			Type: slack.MBTInput, BlockID: environmentBlock, Optional: true, Label: plainText("Another environment", maxLabel),
			Element: &slack.SelectBlockElement{
				Type: slack.OptTypeStatic, ActionID: environmentAction, Options: options,
				Placeholder: plainText(instead(e.Environment, "Choose one"), maxPlaceholder),
			},
		})
	}
	return f.view(approvalID, where, e.What,
		"What you change becomes a *new plan with an approval of its own*; the card you came from is superseded. Leave empty what stays as it is.", fields...)
}

// instead is what stands in an empty field.
func instead(proposed, otherwise string) string {
	if p := content(proposed, showVersion, plain); p != "" {
		return "Instead of " + p
	}
	return otherwise
}

// elsewhere lists the other environments, at most as many as Slack shows. One
// whose name Slack would cut could not come back as it went, and is left out.
func elsewhere(e Editable) []*slack.OptionBlockObject {
	var list []*slack.OptionBlockObject
	for _, name := range e.Environments {
		if name == e.Environment || len(list) == maxOptions || !opaque(name) || len(name) > maxOption {
			continue
		}
		list = append(list, &slack.OptionBlockObject{Text: plainText(content(name, maxOption, plain), maxOption), Value: name})
	}
	return list
}

func parseEdit(state *slack.ViewState) (*agent.Edit, map[string]string) {
	e := &agent.Edit{}
	if state != nil {
		e.Version = strings.TrimSpace(state.Values[versionBlock][versionAction].Value)
		e.Environment = state.Values[environmentBlock][environmentAction].SelectedOption.Value
	}
	switch {
	case e.Version == "" && e.Environment == "":
		return e, map[string]string{versionBlock: "Say another version, or choose another environment."}
	case utf8.RuneCountInString(e.Version) > maxVersion:
		return e, map[string]string{versionBlock: fmt.Sprintf("At most %d characters, please.", maxVersion)}
	case e.Version != "" && !oneWord(e.Version):
		return e, map[string]string{versionBlock: "Name one version: a tag or a commit, without spaces."}
	case e.Environment != "" && (!opaque(e.Environment) || len(e.Environment) > maxOption):
		return e, map[string]string{environmentBlock: "That is no environment of this service. Choose one of the list."}
	}
	return e, nil
}

// oneWord reports whether there is something to read in s, and no white space.
func oneWord(s string) bool {
	return len(strings.Fields(s)) == 1 && content(s, maxVersion, plain) != ""
}
