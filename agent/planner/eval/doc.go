// Package eval measures a planner against a file of utterances.
//
// The file is JSON Lines. Each line is a [Case]: what is said, what was said
// before it in the same thread, and which fields the intent must have. Fields
// that the line doesn't name are not compared.
//
//	{"say": "ship shop 1.4.2 to prod", "expect": {"intent": "deploy", "service": "shop"}}
//	{"say": "make it 1.4.3", "history": ["ship shop 1.4.2 to prod"], "expect": {"version": "1.4.3"}}
//
// [Run] gives a [Report]: accuracy, accuracy by intent, which intents were
// taken for which, and the misses. Among these it counts the dangerous ones by
// themselves: a deploy or rollback where none was expected, or with another
// service, environment or version than expected. A planner that is unsure must
// ask; a question too many is a miss, but not a dangerous one.
package eval
