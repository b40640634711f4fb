package policy

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// parser reads one file and gathers all that is wrong with it.
type parser struct {
	name      string
	reg       Registry
	errs      Errors
	people    map[string]Subject
	names     []string // of people
	authors   map[string]Subject
	called    []alias
	positions map[place]Position
	guesses   int // made so far for unknown words
}

func (p *parser) at(line, column int, format string, args ...any) {
	position := Position{File: p.name, Line: max(line, 1), Column: max(column, 1)}
	p.errs = append(p.errs, &Error{Position: position, Message: fmt.Sprintf(format, args...)})
}

// Value is a part of the policy file: what a Decoder reads its arguments from.
type Value struct {
	p     *parser
	label string       // what messages call it
	key   *yaml.Node   // its key; nil for the items of a list
	node  *yaml.Node   // never an alias
	taken []string     // keys of the mapping that are somebody else's
	err   func(*Error) // where problems go
}

// value makes a Value of a node, following its alias.
func (p *parser) value(label string, key, node *yaml.Node) Value {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return Value{p: p, label: label, key: key, node: node, err: func(e *Error) { p.errs = append(p.errs, e) }}
}

// child makes a Value of a part of v that reports where v does.
func (v Value) child(label string, key, node *yaml.Node) Value {
	c := v.p.value(label, key, node)
	c.err = v.err
	return c
}

// fail reports a problem with the value itself.
func (v Value) fail(format string, args ...any) { v.failAt(v.node, format, args...) }

// failKey reports a problem that is best seen at the value's key.
func (v Value) failKey(format string, args ...any) {
	if v.key == nil {
		v.fail(format, args...)
		return
	}
	v.failAt(v.key, format, args...)
}

func (v Value) failAt(n *yaml.Node, format string, args ...any) {
	v.err(&Error{Position: v.p.position(n), Message: fmt.Sprintf(format, args...)})
}

func (p *parser) position(n *yaml.Node) Position {
	return Position{File: p.name, Line: max(n.Line, 1), Column: max(n.Column, 1)}
}

// Position says where the value stands.
func (v Value) Position() Position { return v.p.position(v.node) }

// Errorf returns an error about a part of the value: field is its key, or a path
// such as "json.version" or "start.1". It stands at that key; where the key is
// missing, at the nearest thing around it.
func (v Value) Errorf(field, format string, args ...any) error {
	return Errors{{Position: v.fieldPosition(field), Message: fmt.Sprintf(format, args...)}}
}

// fieldPosition walks down to a field. A key may hold dots itself, so the
// longest that fits is taken.
func (v Value) fieldPosition(field string) Position {
	node, best := v.node, v.node
	for field != "" {
		if node.Kind == yaml.AliasNode {
			node = node.Alias
		}
		key, value, rest, ok := step(node, field)
		if !ok {
			break
		}
		best, node, field = key, value, rest
	}
	return v.p.position(best)
}

// step finds the part of node that the path begins with, and what is left of
// the path. An item of a list is its own key.
func step(node *yaml.Node, path string) (key, value *yaml.Node, rest string, ok bool) {
	switch node.Kind {
	case yaml.SequenceNode:
		index, rest, _ := strings.Cut(path, ".")
		if i, err := strconv.Atoi(index); err == nil && i >= 0 && i < len(node.Content) {
			return node.Content[i], node.Content[i], rest, true
		}
	case yaml.MappingNode:
		longest := -1
		for i := 0; i+1 < len(node.Content); i += 2 {
			name := node.Content[i].Value
			fits := path == name || strings.HasPrefix(path, name+".")
			if fits && len(name) > longest {
				key, value, longest = node.Content[i], node.Content[i+1], len(name)
			}
		}
		if key != nil {
			return key, value, strings.TrimPrefix(path[longest:], "."), true
		}
	}
	return nil, nil, "", false
}

// describe says what stands there, for "…, not X".
func (v Value) describe() string {
	switch v.node.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	if v.null() {
		return "nothing"
	}
	text := []rune(v.node.Value)
	if len(text) > 40 {
		text = append(text[:40], '…')
	}
	if v.node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		return "the text \"" + string(text) + "\""
	}
	return "`" + string(text) + "`"
}

func (v Value) null() bool { return v.node.Kind == yaml.ScalarNode && v.node.ShortTag() == "!!null" }
