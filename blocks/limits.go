package blocks

// What Slack allows, from https://docs.slack.dev/reference/block-kit (blocks,
// block elements, composition objects) and, for text, from
// https://docs.slack.dev/reference/methods/chat.postMessage. Slack does not say
// whether it counts characters outside the basic plane once or twice, so they
// are counted twice here (UTF-16 units).
const (
	maxBlocks       = 50   // blocks in a message
	maxHomeBlocks   = 100  // blocks in a view, which the home tab is
	maxSection      = 3000 // text of a section
	maxField        = 2000 // one field of a section
	maxFields       = 10   // fields of a section
	maxHeader       = 150  // text of a header
	maxContext      = 10   // elements of a context block
	maxContextText  = 2000 // one of them; Slack names no limit of its own, so the stricter one of fields is kept
	maxActions      = 25   // elements of an actions block
	maxButton       = 75   // text of a button
	maxID           = 255  // action_id, block_id, callback_id; a button's value could have 2000, and is an id too
	maxConfirmTitle = 100
	maxConfirmText  = 300
	maxConfirmWord  = 30    // confirm and deny of a dialogue
	maxViewTitle    = 24    // title, submit and close of a form
	maxPlaceholder  = 150   // of an input
	maxOptions      = 100   // of a select
	maxOption       = 75    // text of an option; its value could have 150
	maxLabel        = 2000  // label and hint of an input
	maxMetadata     = 3000  // private_metadata of a form
	maxTotal        = 10000 // all text of a message's blocks: Slack answers msg_blocks_too_long somewhere above 11,000 (github.com/slackapi/bolt-js issues 2509, 2867), and documents no number
	maxText         = 4000  // top-level text: longer ones are advised against, and cut at 40,000
)

// How much of one piece of content is shown. These are ours: they keep a card
// readable, and the sum of its parts below Slack's limits.
const (
	showName    = 40  // service, environment, a person's or check's name
	showVersion = 50  // version, in a header or a list
	showLink    = 500 // an address: a longer one is left out
	showTitle   = 120 // title of a commit
	showReason  = 600 // reason, detail, question
	showLine    = 160 // a line of a deployer's output
	showCommits = 10
	showLog     = 20
	showOutput  = 2400 // of a deployer's output in all
	maxReason   = 1000 // what the form of a rejection takes
	maxCause    = 300  // what those of a broken glass and a take-over take: package agent keeps no more
	maxVersion  = 128  // what package agent takes for a version
)
