// Package screen shows two stories side by side in a terminal as they happen:
// on the left what people see, on the right the log that is written meanwhile.
//
// Nothing is drawn over: lines are only ever added, so that the output reads the
// same in a terminal, in a pipe and in a CI log. What comes within a moment of
// each other stands on the same lines. Below TwoColumns columns both share one
// column, the log set in.
//
// Words carry the meaning; colours only help, and are of the sixteen that every
// terminal theme chooses for its own background. Nothing wider than a character
// is printed: see Plain.
package screen
