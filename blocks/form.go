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

// The callback ids of the forms: the verbs of the buttons that open them.
const (
	RejectCallback   = string(agent.VerbReject)
	EditCallback     = string(agent.VerbEdit)
	GlassCallback    = string(agent.VerbGlass)
	TakeoverCallback = string(agent.VerbTakeover)
)

const (
	reasonBlock  = "reason"
	reasonAction = "reason"
)

// Submission is what comes back from a form: ids as the client sent them, and words.
type Submission struct {
	Verb   agent.Verb
	ID     string      // what the button carried: the approval's id, or the release's
	Where  agent.Place // of the card that was clicked, for telling the clicker; none on the home tab
	Reason string      // empty for an edit
	Edit   *agent.Edit // of an edit only
}

// Rejection is what comes back from RejectForm.
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
	f := form{callback: RejectCallback, title: "Reject this release", submit: "Reject"}
	return f.view(approvalID, where, what, "", reasonInput("Why not?", "It stands in the thread, and goes to those who asked.", maxReason))
}

// GlassForm asks why a release must go on in spite of a freeze, of the release
// with that id. The reason is required.
func GlassForm(releaseID string, where agent.Place, what string) (slack.ModalViewRequest, error) {
	f := form{callback: GlassCallback, title: "Break the glass", submit: "Break glass"}
	return f.view(releaseID, where, what,
		"It is asked for again, for this one plan, in spite of the freeze. *Somebody else has to approve it* before anything runs.",
		reasonInput("Why can't it wait?", "It stands on the card, in the thread and in the log, with your name.", maxCause))
}

// TakeoverForm asks why the release with that id must have its environment
// now. The reason is required.
func TakeoverForm(releaseID string, where agent.Place, what string) (slack.ModalViewRequest, error) {
	f := form{callback: TakeoverCallback, title: "Take the environment", submit: "Take over"}
	return f.view(releaseID, where, what,
		"The release that holds the environment loses it and is *canceled*. One that is under way can't be taken over: abort it first.",
		reasonInput("Why can't it wait?", "It stands in the log, with your name.", maxCause))
}

// A form is what all of them share.
type form struct{ callback, title, submit string }

func (f form) view(id string, where agent.Place, what, means string, fields ...slack.Block) (slack.ModalViewRequest, error) {
	meta, err := json.Marshal(metadata{ID: id, Channel: where.Channel, TS: where.TS})
	if err != nil {
		return slack.ModalViewRequest{}, fmt.Errorf("writing the form's ids: %w", err)
	}
	if len(meta) > maxMetadata {
		return slack.ModalViewRequest{}, errors.New("the id is too long for a form")
	}
	var list []slack.Block
	if what = say(what, showReason); what != "" {
		list = append(list, section("*"+what+"*"))
	}
	if means != "" {
		list = append(list, section(means))
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: f.callback, PrivateMetadata: string(meta),
		Title: plainText(f.title, maxViewTitle), Submit: plainText(f.submit, maxViewTitle), Close: plainText("Go back", maxViewTitle),
		Blocks: slack.Blocks{BlockSet: append(list, fields...)},
	}, nil
}

func reasonInput(label, hint string, most int) slack.Block {
	return &slack.InputBlock{
		Type: slack.MBTInput, BlockID: reasonBlock, Label: plainText(label, maxLabel), Hint: plainText(hint, maxLabel),
		Element: &slack.PlainTextInputBlockElement{
			Type: slack.METPlainTextInput, ActionID: reasonAction, Multiline: true, MinLength: 1, MaxLength: most, FocusOnLoad: true,
		},
	}
}

// ParseForm reads a form back, of whichever of ours the view's callback id
// names; ok is false for any other. Where errs is not empty the form is to stay
// open with these texts, keyed by block id as Slack wants them.
func ParseForm(view slack.View) (s Submission, errs map[string]string, ok bool) {
	first := reasonBlock // where an error stands that belongs to no field
	switch view.CallbackID {
	case RejectCallback, GlassCallback, TakeoverCallback:
	case EditCallback:
		first = versionBlock
	default:
		return Submission{}, nil, false
	}
	s.Verb = agent.Verb(view.CallbackID)
	var meta metadata
	if err := json.Unmarshal([]byte(view.PrivateMetadata), &meta); err != nil || !opaque(meta.ID) {
		return s, map[string]string{first: "This form has lost what it was about. Close it and press the button again."}, true
	}
	s.ID, s.Where = meta.ID, agent.Place{Team: view.TeamID, Channel: meta.Channel, TS: meta.TS}
	if s.Verb == agent.VerbEdit {
		s.Edit, errs = parseEdit(view.State)
		return s, errs, true
	}
	s.Reason, errs = parseReason(s.Verb, view.State)
	return s, errs, true
}

func parseReason(verb agent.Verb, state *slack.ViewState) (reason string, errs map[string]string) {
	if state != nil {
		reason = strings.TrimSpace(state.Values[reasonBlock][reasonAction].Value)
	}
	most, missing := maxCause, "Say why it can't wait: it stands in the log."
	if verb == agent.VerbReject {
		most, missing = maxReason, "Say why: those who asked need to know what to change."
	}
	switch {
	case say(reason, most) == "":
		return reason, map[string]string{reasonBlock: missing}
	case utf8.RuneCountInString(reason) > most:
		return reason, map[string]string{reasonBlock: fmt.Sprintf("At most %d characters, please.", most)}
	}
	return reason, nil
}

// ParseRejectForm reads RejectForm back, as ParseForm does.
func ParseRejectForm(view slack.View) (r Rejection, errs map[string]string) {
	view.CallbackID = RejectCallback
	s, errs, _ := ParseForm(view)
	return Rejection{ID: s.ID, Where: s.Where, Reason: s.Reason}, errs
}

// Headline says what a release does, for the forms: "Deploy shop v1.4.2 to production".
func Headline(r *agent.ReleaseState) string {
	if r.Action == "rollback" {
		return "Roll back " + r.Service + " in " + r.Env + " to " + r.Version
	}
	return "Deploy " + r.Service + " " + r.Version + " to " + r.Env
}
