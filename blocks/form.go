package blocks

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

// RejectCallback is the callback id of the form that Reject opens.
const RejectCallback = "reject"

const (
	reasonBlock  = "reason"
	reasonAction = "reason"
)

// Rejection is what comes back from the form: ids as the client sent them, and words.
type Rejection struct {
	ID     string      // the approval's
	Where  agent.Place // of the card that was clicked, for telling the clicker
	Reason string
}

// metadata is what the form carries: ids only, and nothing that is trusted.
type metadata struct {
	ID      string `json:"id"`
	Channel string `json:"channel,omitempty"`
	TS      string `json:"ts,omitempty"`
}

// RejectForm asks for the reason of a rejection, which is required. What is
// shown above the field, "" for nothing, is content; see Headline.
func RejectForm(approvalID string, where agent.Place, what string) (slack.ModalViewRequest, error) {
	meta, err := json.Marshal(metadata{ID: approvalID, Channel: where.Channel, TS: where.TS})
	if err != nil {
		return slack.ModalViewRequest{}, fmt.Errorf("writing the form's ids: %w", err)
	}
	if len(meta) > maxMetadata {
		return slack.ModalViewRequest{}, errors.New("the approval's id is too long for a form")
	}
	var list []slack.Block
	if what = say(what, showReason); what != "" {
		list = append(list, section(what))
	}
	list = append(list, &slack.InputBlock{
		Type: slack.MBTInput, BlockID: reasonBlock, Label: plainText("Why not?", maxLabel),
		Hint: plainText("It stands in the thread, and goes to those who asked.", maxLabel),
		Element: &slack.PlainTextInputBlockElement{
			Type: slack.METPlainTextInput, ActionID: reasonAction, Multiline: true, MinLength: 1, MaxLength: maxReason, FocusOnLoad: true,
		},
	})
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: RejectCallback, PrivateMetadata: string(meta),
		Title: plainText("Reject this release", maxViewTitle), Submit: plainText("Reject", maxViewTitle), Close: plainText("Go back", maxViewTitle),
		Blocks: slack.Blocks{BlockSet: list},
	}, nil
}

// ParseRejectForm reads the form back. Where errs is not empty the form is to
// stay open with these texts, keyed by block id as Slack wants them.
func ParseRejectForm(view slack.View) (r Rejection, errs map[string]string) {
	var meta metadata
	if err := json.Unmarshal([]byte(view.PrivateMetadata), &meta); err != nil || !opaque(meta.ID) {
		return r, map[string]string{reasonBlock: "This form has lost what it was about. Close it and press Reject again."}
	}
	r.ID, r.Where = meta.ID, agent.Place{Team: view.TeamID, Channel: meta.Channel, TS: meta.TS}
	if view.State != nil {
		r.Reason = strings.TrimSpace(view.State.Values[reasonBlock][reasonAction].Value)
	}
	switch {
	case say(r.Reason, maxReason) == "":
		return r, map[string]string{reasonBlock: "Say why: those who asked need to know what to change."}
	case utf8.RuneCountInString(r.Reason) > maxReason:
		return r, map[string]string{reasonBlock: fmt.Sprintf("At most %d characters, please.", maxReason)}
	}
	return r, nil
}

// Headline says what a release does, for RejectForm: "Deploy shop v1.4.2 to production".
func Headline(r *agent.ReleaseState) string {
	if r.Action == "rollback" {
		return "Roll back " + r.Service + " in " + r.Env + " to " + r.Version
	}
	return "Deploy " + r.Service + " " + r.Version + " to " + r.Env
}
