package policy

import (
	"encoding/json"
	"errors"
)

// Registry holds the Decoders of the tools that this program has: deploy
// drivers and kinds of health checks, by the names that the file uses.
type Registry struct {
	Drivers map[string]Decoder
	Checks  map[string]Decoder
}

// Decoder reads the arguments of one tool from the file and returns them as
// canonical JSON: the same arguments, however written, give the same bytes. It
// must depend on nothing but v.
//
// An error may be what v.Into returned, one or more of v.Errorf joined by
// errors.Join, or an error of the tool's own. Such an error is reported where
// the tool's arguments begin, or, when it has a method Field() string that
// returns a key or a path such as "json.version", at that key.
type Decoder func(v Value) (json.RawMessage, error)

// Adapt makes a Decoder of a function that knows nothing of this package: it is
// given a function that decodes strictly into a pointer (see Value.Into), and
// returns the arguments with defaults filled in, ready for json.Marshal.
func Adapt(decode func(into func(any) error) (any, error)) Decoder {
	return func(v Value) (json.RawMessage, error) {
		args, err := decode(v.Into)
		if err != nil {
			return nil, err
		}
		return json.Marshal(args)
	}
}

// decode runs a Decoder and takes over what it reports.
func (p *parser) decode(d Decoder, v Value) json.RawMessage {
	before := len(p.errs)
	raw, err := d(v)
	if err != nil {
		p.adopt(v, err)
		if len(p.errs) == before {
			v.failKey("`%s` is refused without a reason", v.label)
		}
		return nil
	}
	canonical, err := canonicalJSON(raw)
	if err != nil {
		v.failKey("the arguments of `%s` can't be written as JSON: %v", v.label, err)
		return nil
	}
	return canonical
}

// adopt finds a position for each error in err. An error that is or wraps
// Errors has its positions already.
func (p *parser) adopt(v Value, err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // each part is looked at in its turn
		for _, part := range joined.Unwrap() {
			if part != nil {
				p.adopt(v, part)
			}
		}
		return
	}
	if placed, ok := errors.AsType[Errors](err); ok {
		p.errs = append(p.errs, placed...)
		return
	}
	if field, ok := errors.AsType[interface {
		Field() string
		error
	}](err); ok {
		p.errs = append(p.errs, &Error{Position: v.fieldPosition(field.Field()), Message: err.Error()})
		return
	}
	v.failKey("%v", err)
}

// canonicalJSON sorts the keys of objects and drops blanks. Numbers stay as
// they are written.
func canonicalJSON(raw json.RawMessage) (json.RawMessage, error) {
	value, err := decodeJSON(raw)
	if err != nil {
		return nil, err
	}
	return json.Marshal(value)
}
