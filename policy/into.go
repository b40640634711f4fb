package policy

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// Into decodes the value into what target points at, strictly: an unknown key,
// a wrong type, an empty value, a number that doesn't fit and an unknown ${…}
// are errors with their positions, all of them at once. Its error is Errors.
//
// Fields are found by their json tag, else by their name in lower case; a field
// tagged "-" is nobody's. What isn't in the file stays as it was in target, so
// that a decoder sets its defaults first. Texts, numbers, booleans, structs,
// slices, arrays, maps with text keys, pointers, time.Duration, and types that
// implement encoding.TextUnmarshaler or json.Unmarshaler are understood; a field
// of type any takes what JSON could hold, with numbers as json.Number, as
// written.
func (v Value) Into(target any) error {
	pointer := reflect.ValueOf(target)
	if pointer.Kind() != reflect.Pointer || pointer.IsNil() {
		return fmt.Errorf("decoding `%s`: the target must be a pointer, not %T", v.label, target)
	}
	var found Errors
	v.err = func(e *Error) { found = append(found, e) }
	v.into(pointer.Elem())
	if len(found) > 0 {
		return found
	}
	return nil
}

var durationType = reflect.TypeFor[time.Duration]()

func (v Value) into(target reflect.Value) {
	if v.null() && target.Kind() != reflect.Interface && target.Type() != reflect.TypeFor[json.RawMessage]() {
		v.failKey("`%s` is empty: give it a value or leave the key out", v.label)
		return
	}
	if target.Type() == durationType {
		if d, ok := v.duration(); ok {
			target.SetInt(int64(d))
		}
		return
	}
	if v.intoUnmarshaler(target) {
		return
	}
	switch target.Kind() {
	case reflect.Pointer:
		fresh := reflect.New(target.Type().Elem())
		v.into(fresh.Elem())
		target.Set(fresh)
	case reflect.Struct:
		v.intoStruct(target)
	case reflect.Map:
		v.intoMap(target)
	case reflect.Slice, reflect.Array:
		v.intoList(target)
	case reflect.Interface:
		v.intoAny(target)
	default:
		v.intoScalar(target)
	}
}

// intoUnmarshaler lets types that read themselves do so, from text or JSON.
func (v Value) intoUnmarshaler(target reflect.Value) bool {
	if !target.CanAddr() {
		return false
	}
	switch t := target.Addr().Interface().(type) {
	case *Duration:
		if d, ok := v.duration(); ok {
			*t = d
		}
	case json.Unmarshaler:
		value, ok := v.data()
		if !ok {
			return true
		}
		b, err := json.Marshal(value)
		if err == nil {
			err = t.UnmarshalJSON(b)
		}
		if err != nil {
			v.fail("`%s`: %v", v.label, err)
		}
	case encoding.TextUnmarshaler:
		s, ok := v.filled()
		if !ok {
			return true
		}
		if err := t.UnmarshalText([]byte(s)); err != nil {
			v.fail("`%s`: %v", v.label, err)
		}
	default:
		return false
	}
	return true
}

func (v Value) intoStruct(target reflect.Value) {
	m, ok := v.mapping()
	if !ok {
		return
	}
	known := append([]string(nil), v.taken...)
	fields := map[string]int{}
	for i := range target.NumField() {
		if name, ok := fieldName(target.Type().Field(i)); ok {
			fields[name] = i
			known = append(known, name)
		}
	}
	m.only(known...)
	for _, e := range m.entries {
		if i, ok := fields[e.name]; ok {
			e.value.into(target.Field(i))
		}
	}
}

// fieldName returns the key that a struct's field is written under.
func fieldName(f reflect.StructField) (string, bool) {
	if !f.IsExported() {
		return "", false
	}
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch name {
	case "-":
		return "", false
	case "":
		return strings.ToLower(f.Name), true
	}
	return name, true
}

func (v Value) intoMap(target reflect.Value) {
	if target.Type().Key().Kind() != reflect.String {
		v.fail("`%s` can't be decoded into %s", v.label, target.Type())
		return
	}
	m, ok := v.mapping()
	if !ok {
		return
	}
	result := reflect.MakeMapWithSize(target.Type(), len(m.entries))
	for _, e := range m.entries {
		item := reflect.New(target.Type().Elem()).Elem()
		e.value.into(item)
		result.SetMapIndex(reflect.ValueOf(e.name).Convert(target.Type().Key()), item)
	}
	target.Set(result)
}

func (v Value) intoList(target reflect.Value) {
	items, ok := v.list()
	if !ok {
		return
	}
	if target.Kind() == reflect.Slice {
		target.Set(reflect.MakeSlice(target.Type(), len(items), len(items)))
	} else if len(items) != target.Len() {
		v.fail("`%s` must have %d items, not %d", v.label, target.Len(), len(items))
		return
	}
	for i, item := range items {
		item.into(target.Index(i))
	}
}

func (v Value) intoAny(target reflect.Value) {
	value, ok := v.data()
	if !ok {
		return
	}
	if value == nil {
		target.SetZero()
		return
	}
	if target.NumMethod() > 0 {
		v.fail("`%s` can't be decoded into %s", v.label, target.Type())
		return
	}
	target.Set(reflect.ValueOf(value))
}

func (v Value) intoScalar(target reflect.Value) {
	switch target.Kind() {
	case reflect.String:
		if s, ok := v.filled(); ok {
			target.SetString(s)
		}
	case reflect.Bool:
		if b, ok := v.boolean(); ok {
			target.SetBool(b)
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, ok := v.integer(math.MinInt)
		if ok && target.OverflowInt(int64(n)) {
			v.fail("`%s` is out of range: %d", v.label, n)
		} else if ok {
			target.SetInt(int64(n))
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, ok := v.integer(0)
		if ok && target.OverflowUint(uint64(n)) { //nolint:gosec // integer(0) is never below 0
			v.fail("`%s` is out of range: %d", v.label, n)
		} else if ok {
			target.SetUint(uint64(n)) //nolint:gosec // as above
		}
	case reflect.Float32, reflect.Float64:
		v.intoFloat(target)
	default:
		v.fail("`%s` can't be decoded into %s", v.label, target.Type())
	}
}

func (v Value) intoFloat(target reflect.Value) {
	number, ok := v.number()
	if !ok {
		return
	}
	f, err := number.Float64()
	if err != nil || target.OverflowFloat(f) {
		v.fail("`%s` is out of range: %s", v.label, v.describe())
		return
	}
	target.SetFloat(f)
}

// filled reads a text whose placeholders are filled in later.
func (v Value) filled() (string, bool) {
	s, ok := v.text()
	if !ok {
		return "", false
	}
	if err := CheckPlaceholders(s); err != nil {
		v.fail("%v", err)
		return "", false
	}
	return s, true
}

// number reads a number as JSON writes it, as near to the file as JSON allows:
// 1.20 stays 1.20.
func (v Value) number() (json.Number, bool) {
	written := v.node.Value
	switch tag := v.node.ShortTag(); {
	case v.node.Kind != yaml.ScalarNode || tag != "!!int" && tag != "!!float":
		v.fail("`%s` must be a number, not %s", v.label, v.describe())
		return "", false
	case json.Valid([]byte(written)):
		return json.Number(written), true
	case tag == "!!int":
		if n, err := parseInt(written); err == nil {
			return json.Number(strconv.FormatInt(n, 10)), true
		}
	default:
		f, err := strconv.ParseFloat(strings.ReplaceAll(written, "_", ""), 64)
		if err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
			return json.Number(strconv.FormatFloat(f, 'g', -1, 64)), true
		}
	}
	v.fail("`%s` is no number that JSON can hold: %s", v.label, v.describe())
	return "", false
}

// data reads anything that JSON can hold.
func (v Value) data() (any, bool) {
	switch v.node.Kind {
	case yaml.MappingNode:
		m, ok := v.mapping()
		if !ok {
			return nil, false
		}
		object := make(map[string]any, len(m.entries))
		good := true
		for _, e := range m.entries {
			object[e.name], ok = e.value.data()
			good = good && ok
		}
		return object, good
	case yaml.SequenceNode:
		items, _ := v.list()
		array := make([]any, len(items))
		good := true
		for i, item := range items {
			var ok bool
			array[i], ok = item.data()
			good = good && ok
		}
		return array, good
	}
	switch v.node.ShortTag() {
	case "!!null":
		return nil, true
	case "!!bool":
		return v.boolean()
	case "!!int", "!!float":
		return v.number()
	}
	return v.filled()
}

// decodeJSON reads one JSON value, keeping numbers as they are written.
func decodeJSON(raw []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if decoder.More() {
		return nil, fmt.Errorf("more than one JSON value")
	}
	return value, nil
}
