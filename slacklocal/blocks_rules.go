package slacklocal

import "strings"

// Limits of Block Kit; https://docs.slack.dev/reference/block-kit.
const (
	maxMessageBlocks = 50
	maxViewBlocks    = 100
	maxText          = 3000
	maxField         = 2000
	maxFields        = 10
	maxHeader        = 150
	maxActions       = 25
	maxContext       = 10
	maxButtonText    = 75
	maxValue         = 2000
	maxID            = 255
	maxOptions       = 100
	maxOptionText    = 75
	maxOptionValue   = 150
	maxPlaceholder   = 150
	maxLabel         = 2000
	maxURL           = 3000
	maxAlt           = 2000
	maxConfirmTitle  = 100
	maxConfirmText   = 300
	maxConfirmButton = 30
	maxViewWords     = 24
	maxPrivate       = 3000
	maxMarkdown      = 12000
	maxTotalText     = 12000 // of all text in a message's blocks; msg_blocks_too_long above
	maxTableRows     = 100
	maxTableCells    = 20
	maxTables        = 1
)

// kind of surface that blocks stand on.
type surface string

const (
	onMessage surface = "message"
	onModal   surface = "modal"
	onHome    surface = "home"
)

// blockRule says what a block may have and where it may stand. Blocks that Slack
// takes only in streams (alert, card, carousel, plan, task_card) are not here, and so
// are refused like those that don't exist.
type blockRule struct {
	fields string // besides type and block_id
	on     string
	check  func(c *checker, b map[string]any, at string)
}

// elementRule says what an element may have and in which blocks it may stand.
type elementRule struct {
	fields string // besides type and action_id
	in     string // actions, section, input, context
	check  func(c *checker, e map[string]any, at string)
}

var elementRules = map[string]elementRule{
	"button": {"text url value style confirm accessibility_label", "actions section", (*checker).button},
	"image":  {"image_url alt_text slack_file image_width image_height image_bytes fallback", "section context", (*checker).imageElement},

	"static_select":        {selectFields + " options option_groups initial_option", everywhere, (*checker).staticSelect},
	"multi_static_select":  {selectFields + " options option_groups initial_options max_selected_items", everywhere, (*checker).staticSelect},
	"external_select":      {selectFields + " initial_option min_query_length", everywhere, (*checker).selectMenu},
	"users_select":         {selectFields + " initial_user response_url_enabled", everywhere, (*checker).selectMenu},
	"multi_users_select":   {selectFields + " initial_users max_selected_items", everywhere, (*checker).selectMenu},
	"channels_select":      {selectFields + " initial_channel response_url_enabled", everywhere, (*checker).selectMenu},
	"conversations_select": {selectFields + " initial_conversation default_to_current_conversation response_url_enabled filter", everywhere, (*checker).selectMenu},

	"overflow":      {"options confirm", "actions section", (*checker).overflow},
	"checkboxes":    {"options initial_options confirm focus_on_load", everywhere, (*checker).fewOptions},
	"radio_buttons": {"options initial_option confirm focus_on_load", everywhere, (*checker).fewOptions},

	"datepicker":     {"initial_date confirm focus_on_load placeholder", everywhere, (*checker).picker},
	"timepicker":     {"initial_time confirm focus_on_load placeholder timezone", everywhere, (*checker).picker},
	"datetimepicker": {"initial_date_time confirm focus_on_load", "actions input", (*checker).picker},

	"plain_text_input": {inputFields + " multiline min_length max_length", "input", (*checker).textInput},
	"email_text_input": {inputFields, "input", (*checker).textInput},
	"url_text_input":   {inputFields, "input", (*checker).textInput},
	"number_input":     {inputFields + " is_decimal_allowed min_value max_value", "input", (*checker).textInput},
	"rich_text_input":  {inputFields, "input", (*checker).picker},

	"feedback_buttons": {"positive_button negative_button", "context_actions", (*checker).nothing},
	"icon_button":      {"icon text value confirm accessibility_label visible_to_user_ids", "context_actions", (*checker).nothing},
}

const (
	selectFields = "placeholder confirm focus_on_load"
	inputFields  = "placeholder initial_value dispatch_action_config focus_on_load"
	everywhere   = "actions section input"
)

var blockRules = map[string]blockRule{
	"section":         {"text fields accessory expand", "message modal home", (*checker).section},
	"header":          {"text level", "message modal home", (*checker).header},
	"divider":         {"", "message modal home", (*checker).nothing},
	"image":           {"image_url slack_file alt_text title", "message modal home", (*checker).image},
	"actions":         {"elements", "message modal home", (*checker).actions},
	"context":         {"elements", "message modal home", (*checker).context},
	"context_actions": {"elements", "message", (*checker).contextActions},
	"input":           {"label element hint optional dispatch_action", "message modal home", (*checker).input},
	"rich_text":       {"elements", "message modal home", (*checker).richText},
	"markdown":        {"text", "message", (*checker).markdown},
	"table":           {"rows column_settings", "message", (*checker).table},
}

func listed(list, word string) bool {
	for w := range strings.FieldsSeq(list) {
		if w == word {
			return true
		}
	}
	return false
}
