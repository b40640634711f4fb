package policy

import (
	"slices"

	"go.yaml.in/yaml/v4"
)

// mapping is a YAML mapping whose keys were looked at: texts, each once, merge
// keys (<<) taken in.
type mapping struct {
	of      Value
	entries []entry
}

type entry struct {
	name  string
	value Value
}

// mapping reads v as a mapping. ok is false, and the reason reported, when it
// is none.
func (v Value) mapping() (m mapping, ok bool) {
	m.of = v
	if v.node.Kind != yaml.MappingNode {
		if v.null() {
			v.failKey("`%s` is empty: give it a value or leave the key out", v.label)
		} else {
			v.fail("`%s` must be a mapping, not %s", v.label, v.describe())
		}
		return m, false
	}
	seen := map[string]*yaml.Node{}
	var merges []*yaml.Node
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		key, node := v.node.Content[i], v.node.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.ShortTag() == "!!merge" {
			merges = append(merges, node)
			continue
		}
		if key.Kind != yaml.ScalarNode || key.ShortTag() == "!!null" {
			v.failAt(key, "a key must be a text")
			continue
		}
		if first, twice := seen[key.Value]; twice {
			v.failAt(v.node.Content[i], "key `%s` stands twice, first in line %d", key.Value, first.Line)
			continue
		}
		seen[key.Value] = key
		if slices.Contains(v.taken, key.Value) {
			continue
		}
		m.entries = append(m.entries, entry{key.Value, v.child(key.Value, key, node)})
	}
	for _, node := range merges {
		m.merge(v, node, seen)
	}
	return m, true
}

// merge takes in what `<<` names: keys that stand here themselves win.
func (m *mapping) merge(v Value, node *yaml.Node, seen map[string]*yaml.Node) {
	source := v.child("<<", nil, node)
	if source.node.Kind == yaml.SequenceNode {
		for _, item := range source.node.Content {
			m.merge(v, item, seen)
		}
		return
	}
	merged, ok := source.mapping()
	if !ok {
		return
	}
	for _, e := range merged.entries {
		if _, here := seen[e.name]; here || slices.Contains(v.taken, e.name) {
			continue
		}
		seen[e.name] = e.value.key
		m.entries = append(m.entries, e)
	}
}

// get returns the value of a key.
func (m mapping) get(name string) (Value, bool) {
	for _, e := range m.entries {
		if e.name == name {
			return e.value, true
		}
	}
	return Value{}, false
}

// only reports every key that is not among the known ones, and tells whether
// there was none.
func (m mapping) only(known ...string) bool {
	good := true
	for _, e := range m.entries {
		if !slices.Contains(known, e.name) {
			e.value.failKey("unknown key `%s`%s", e.name, m.of.p.didYouMean(e.name, known))
			good = false
		}
	}
	return good
}

// list returns the items of a list.
func (v Value) list() ([]Value, bool) {
	if v.node.Kind != yaml.SequenceNode {
		if v.null() {
			v.failKey("`%s` is empty: give it a value or leave the key out", v.label)
		} else {
			v.fail("`%s` must be a list, not %s", v.label, v.describe())
		}
		return nil, false
	}
	items := make([]Value, len(v.node.Content))
	for i, n := range v.node.Content {
		items[i] = v.child(v.label, nil, n)
	}
	return items, true
}
