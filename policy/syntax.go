package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

const (
	// maxDepth is how deep a file may nest. The format itself needs eight.
	maxDepth = 64
	// maxAliased is how many nodes aliases may add to a file. It ends alias
	// bombs; sharing a check between environments costs a dozen.
	maxAliased = 20_000
)

// document reads src into the node of its only document: a mapping. It returns
// nil when there is none to go on with; the reason is then among p.errs.
func (p *parser) document(src []byte) *yaml.Node {
	if !p.encoding(src) {
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(src))
	if err != nil {
		p.at(1, 1, "the YAML reader can't start: %v", err)
		return nil
	}
	var doc, second yaml.Node
	switch err := loader.Load(&doc); {
	case errors.Is(err, io.EOF):
		return &yaml.Node{Kind: yaml.MappingNode, Line: 1, Column: 1}
	case err != nil:
		p.syntax(src, err)
		return nil
	}
	switch err := loader.Load(&second); {
	case err == nil:
		p.at(second.Line, second.Column, "a second document begins here: a policy file has one")
		return nil
	case !errors.Is(err, io.EOF):
		p.syntax(src, err)
		return nil
	}
	if len(doc.Content) != 1 {
		p.at(1, 1, "the file has no content that can be read")
		return nil
	}
	root := doc.Content[0]
	before := len(p.errs)
	p.limits(root)
	if len(p.errs) > before {
		return nil
	}
	return root
}

// encoding refuses what is no text in UTF-8, with the place of the first byte
// that isn't; the YAML reader doesn't say where.
func (p *parser) encoding(src []byte) bool {
	switch {
	case len(src) > MaxSize:
		p.at(1, 1, "the file is longer than %d bytes: that is no policy file", MaxSize)
		return false
	case bytes.HasPrefix(src, []byte{0xff, 0xfe}), bytes.HasPrefix(src, []byte{0xfe, 0xff}):
		p.at(1, 1, "the file is UTF-16: save it as UTF-8")
		return false
	}
	line, column := 1, 1
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			p.at(line, column, "the byte 0x%02x is not UTF-8: save the file as UTF-8", src[i])
			return false
		case r == '\ufeff' && i == 0: // a byte order mark takes no column
			i += size
			continue
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0x7f, r >= 0x80 && r < 0xa0 && r != 0x85:
			p.at(line, column, "the control character U+%04X can't stand in a policy file", r)
			return false
		}
		column++
		if r == '\n' || r == '\r' && (i+1 == len(src) || src[i+1] != '\n') {
			line, column = line+1, 1
		}
		i += size
	}
	return true
}

// syntax reports an error of the YAML reader in our own words and shape.
func (p *parser) syntax(src []byte, err error) {
	var one *yaml.LoadError
	if !errors.As(err, &one) {
		p.at(1, 1, "this is not YAML: %v", err)
		return
	}
	mark, context := one.Mark, one.ContextMark
	if mark.Line == 0 {
		mark = context
	}
	message := one.Message
	switch {
	case strings.Contains(message, "cannot start any token") && tabbed(src, mark.Line):
		p.at(mark.Line, mark.Column, "a tab can't indent YAML: use spaces")
		return
	case strings.Contains(message, "mapping values are not allowed"):
		message += ": quote a text that holds `: `, and check the indentation"
	}
	if one.ContextMsg != "" {
		message = one.ContextMsg + ", " + message
		if context.Line != 0 && context.Line != mark.Line {
			message += fmt.Sprintf(" (it begins in line %d)", context.Line)
		}
	}
	p.at(mark.Line, mark.Column, "this is not YAML: %s", message)
}

// tabbed tells whether a line begins with spaces and a tab.
func tabbed(src []byte, line int) bool {
	lines := bytes.Split(src, []byte("\n"))
	if line < 1 || line > len(lines) {
		return false
	}
	return bytes.HasPrefix(bytes.TrimLeft(lines[line-1], " "), []byte("\t"))
}

// limits refuses nesting, aliases and tags that a policy file has no use for,
// before anything walks the tree: an alias that holds itself would be endless.
func (p *parser) limits(root *yaml.Node) {
	w := walk{p: p, sizes: map[*yaml.Node]int{}, open: map[*yaml.Node]bool{}}
	w.node(root, 1)
	if w.aliased > maxAliased {
		p.at(root.Line, root.Column, "aliases make the file more than %d values longer: that is no policy file", maxAliased)
	}
}

// walk measures a tree once per node; size counts what aliases stand for.
type walk struct {
	p       *parser
	sizes   map[*yaml.Node]int
	open    map[*yaml.Node]bool
	aliased int
}

func (w *walk) node(n *yaml.Node, depth int) (size int) {
	if size, done := w.sizes[n]; done {
		return size
	}
	if depth > maxDepth {
		w.p.at(n.Line, n.Column, "this is nested more than %d deep", maxDepth)
		w.sizes[n] = 1
		return 1
	}
	if n.Kind == yaml.AliasNode {
		if w.open[n.Alias] {
			w.p.at(n.Line, n.Column, "the alias `*%s` stands inside of what it names", n.Value)
			w.sizes[n] = 1
			return 1
		}
		size = w.node(n.Alias, depth+1)
		w.aliased = min(w.aliased+size, maxAliased+1)
		w.sizes[n] = size
		return size
	}
	if n.Style&yaml.TaggedStyle != 0 && !plainTag(n.Tag) {
		w.p.at(n.Line, n.Column, "the tag `%s` has no meaning in a policy file", n.Tag)
	}
	w.open[n] = true
	size = 1
	for _, child := range n.Content {
		size = min(size+w.node(child, depth+1), maxAliased+1)
	}
	delete(w.open, n)
	w.sizes[n] = size
	return size
}

func plainTag(tag string) bool {
	switch tag {
	case "!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq":
		return true
	}
	return false
}
