package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Position is a place in a policy file. Line and Column begin at 1, and a
// column counts characters.
type Position struct {
	File   string
	Line   int
	Column int
}

// String writes the position as file:line:column.
func (p Position) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// Error is one thing that is wrong in a policy file, and where.
type Error struct {
	Position Position
	Message  string
}

// Error writes file:line:column: message.
func (e *Error) Error() string { return e.Position.String() + ": " + e.Message }

// Errors is everything that is wrong in a policy file, in the order of the
// file. It is never empty when it is returned as an error.
type Errors []*Error

// Error writes one line for each problem.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// maxErrors bounds what is reported of a file that is wrong from end to end.
const maxErrors = 50

// tidy sorts by position, drops what is said twice and cuts a very long list.
func (e Errors) tidy() Errors {
	slices.SortStableFunc(e, func(a, b *Error) int {
		if a.Position.Line != b.Position.Line {
			return a.Position.Line - b.Position.Line
		}
		return a.Position.Column - b.Position.Column
	})
	e = slices.CompactFunc(e, func(a, b *Error) bool { return *a == *b })
	if len(e) > maxErrors {
		left := len(e) - maxErrors
		last := e[maxErrors].Position
		e = append(e[:maxErrors:maxErrors], &Error{Position: last, Message: fmt.Sprintf("and %d more problems from here on", left)})
	}
	return e
}
