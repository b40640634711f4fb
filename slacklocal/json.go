package slacklocal

// str returns a string field of a decoded object, or "".
func str(o map[string]any, k string) string {
	s, _ := o[k].(string)
	return s
}

// object returns a field that is an object, or nil.
func object(o map[string]any, k string) map[string]any {
	m, _ := o[k].(map[string]any)
	return m
}

// objects returns the objects of a field that is a list.
func objects(o map[string]any, k string) []map[string]any {
	l, _ := o[k].([]any)
	var out []map[string]any
	for _, v := range l {
		if m, ok := v.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// elements returns what a person can use or see in a block: the elements of actions
// and context, the accessory of a section, the element of an input.
func elements(b Block) []map[string]any {
	switch b.Type() {
	case "actions", "context", "context_actions":
		return objects(b, "elements")
	case "section":
		if e := object(b, "accessory"); e != nil {
			return []map[string]any{e}
		}
	case "input":
		if e := object(b, "element"); e != nil {
			return []map[string]any{e}
		}
	}
	return nil
}

// interactive tells whether an element of this type can be used by a person, and so
// has an action_id.
func interactive(kind string) bool {
	_, ok := elementRules[kind]
	return ok && kind != "image"
}
