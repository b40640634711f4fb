// Package openai is the model planner: it asks any endpoint that speaks the
// OpenAI protocol (Chat Completions with a JSON schema) what somebody's words
// mean, where the rules planner is not sure. It owns its prompt, its context
// window and its schema, and trusts nothing that comes back.
//
// # One call
//
// The rules planner reads the words first. If it is sure, that is the answer
// and nothing is sent ([Config.AlwaysAsk] turns that off). Else there is one
// call; a second one only to repair a reply that does not fit the schema, or
// after a failure that says it is worth another try and leaves the time for it.
// All of it ends within [Config.Timeout]. The model is given no tools, sees no
// approval's words and gives no approval.
//
// # What is sent
//
// [Render] makes it: a pure function of [agent.PlanInput]. The system message
// and the blocks of the user message are templates in prompts/. All that people
// or repositories wrote stands there as JSON strings, without control and
// invisible characters and without a bare angle bracket, so that it can't close
// a block or open one. The context keeps to a budget of tokens: the newest
// words whole or not at all, open releases and the open question next, then what
// was said, newest first; what does not fit is folded into a summary by code.
// Names, versions and ids that a reply may hold are enumerated in the schema,
// from the policy file and from what was said.
//
// # What comes back
//
// A reply is checked against the same table that the schema is made from, then
// judged against the conversation. Deploy, rollback, unlock, cancel and resume
// are taken over only if each part was said (or stands in this thread's release
// or open question, if the words name no other), the words ask for just that,
// and no word is left that code can't account for. If every part was said but
// some word is not understood, the person is asked "Do you mean …?". If a part
// was not said, or the words negate, report or give orders about policy, the
// rules planner's answer stands. So a model that plays false can at most ask a
// question, answer one that only reads, or say that it was not meant.
//
// # Failure
//
// A call that fails is an [*Error]: short, without the key, with a kind. The
// rules planner's answer is returned with it, so nobody waits for a model that
// is down; after three failures in a row, or a 429 with a long Retry-After, the
// model is left alone for a while.
package openai
