package agent

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/releasebot/releasebot/policy"
)

// object writes a JSON object, field by field, exactly as encoding/json does from
// a struct's tags. Writing by reflection was a sixth of what a release run cost.
// A field's method says when it is left out: those that end in "If" are omitempty or omitzero.
type object struct {
	b    []byte
	html bool // escape < > & in strings, as json.Marshal does and the log does not
	err  error
}

// open begins an object after b.
func open(b []byte) object { return object{b: append(b, '{')} }

// openIn begins an object within another one, as its field name. close it with [object.done].
func (o *object) openIn(name string) object {
	o.key(name)
	return o.inner()
}

func (o *object) inner() object { return object{b: append(o.b, '{'), html: o.html, err: o.err} }

// list writes a list of n things, each as write does. A list that is nil is null, and has no things.
func (o *object) list(name string, isNil bool, n int, write func(i int)) {
	o.key(name)
	if isNil {
		o.b = append(o.b, "null"...)
		return
	}
	o.b = append(o.b, '[')
	for i := range n {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		write(i)
	}
	o.b = append(o.b, ']')
}

// done takes back what openIn or inner began.
func (o *object) done(in object) { o.b, o.err = append(in.b, '}'), in.err }

// close ends the object.
func (o *object) close() ([]byte, error) { return append(o.b, '}'), o.err }

func (o *object) key(name string) {
	if o.b[len(o.b)-1] != '{' {
		o.b = append(o.b, ',')
	}
	o.b = append(append(append(o.b, '"'), name...), '"', ':')
}

func (o *object) str(name, v string) {
	o.key(name)
	o.quote(v)
}

func (o *object) strIf(name, v string) {
	if v != "" {
		o.str(name, v)
	}
}

// quote writes a string. What is not plain takes the long way.
func (o *object) quote(v string) {
	for i := 0; i < len(v); i++ {
		c := v[i]
		if c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf || o.html && (c == '<' || c == '>' || c == '&') {
			o.b, o.err = appendAny(o.b, v, o.html, o.err)
			return
		}
	}
	o.b = append(append(append(o.b, '"'), v...), '"')
}

// appendAny writes v as encoding/json does.
func appendAny(b []byte, v any, html bool, before error) ([]byte, error) {
	w := bytes.NewBuffer(b)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(html)
	if err := enc.Encode(v); err != nil {
		return b, err
	}
	return bytes.TrimSuffix(w.Bytes(), []byte("\n")), before
}

// any is a field that is seldom there, written as encoding/json does.
func (o *object) any(name string, v any) {
	o.key(name)
	o.b, o.err = appendAny(o.b, v, o.html, o.err)
}

func (o *object) num(name string, v int64) {
	o.key(name)
	o.b = strconv.AppendInt(o.b, v, 10)
}

func (o *object) numIf(name string, v int64) {
	if v != 0 {
		o.num(name, v)
	}
}

func (o *object) yesIf(name string, v bool) {
	if v {
		o.key(name)
		o.b = append(o.b, "true"...)
	}
}

func (o *object) time(name string, t time.Time) {
	o.key(name)
	b, err := t.AppendText(append(o.b, '"'))
	if err != nil {
		o.err = err
		return
	}
	o.b = append(b, '"')
}

func (o *object) timeIf(name string, t time.Time) {
	if !t.IsZero() {
		o.time(name, t)
	}
}

// strs is a field of strings that is there also where it is nil.
func (o *object) strs(name string, vs []string) {
	o.list(name, vs == nil, len(vs), func(i int) { o.quote(vs[i]) })
}

func (o *object) strsIf(name string, vs []string) {
	if len(vs) > 0 {
		o.strs(name, vs)
	}
}

// raw is a field that is JSON already, of canonical form. encoding/json would look at each byte of it.
func (o *object) raw(name string, v json.RawMessage) {
	if v == nil || o.html && slices.ContainsFunc(v, func(c byte) bool { return c == '<' || c == '>' || c == '&' || c >= utf8.RuneSelf }) {
		o.any(name, v)
		return
	}
	o.key(name)
	o.b = append(o.b, v...)
}

func (o *object) rawIf(name string, v json.RawMessage) {
	if len(v) > 0 {
		o.raw(name, v)
	}
}

// subjects is a field that is there also where it is nil.
func (o *object) subjects(name string, vs []policy.Subject) {
	o.list(name, vs == nil, len(vs), func(i int) {
		in := o.inner()
		in.strIf("name", vs[i].Name)
		in.strIf("user", vs[i].User)
		in.strIf("group", vs[i].Group)
		o.done(in)
	})
}

func (o *object) subjectsIf(name string, vs []policy.Subject) {
	if len(vs) > 0 {
		o.subjects(name, vs)
	}
}
