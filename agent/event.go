package agent

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Event is one entry of a log. What it means is in Data; the rest says who,
// when and why. The log reads as the story.
type Event struct {
	ID         string
	Seq        int64 // place in its log, from 1
	At         time.Time
	Actor      Actor
	OnBehalfOf Actor  // the person a token or schedule stands for
	Cause      string // seq of the event, or the outside id, that this one comes from
	Release    int    // number of the release in its thread; 0: the thread itself
	Trace      string // W3C trace id, where there is one
	Prev       string // hash of the event before
	Data       Payload
}

// Payload is the closed sum of what an event can say. Its types are those of
// this package, and Foreign for what only a newer program knows.
type Payload interface {
	eventType() string
}

// Foreign is an event whose type or version this program does not know. It is
// kept and shown, never dropped; a thread that has one is not run.
type Foreign struct {
	Type    string
	Version int
	Raw     json.RawMessage
}

func (f *Foreign) eventType() string { return f.Type }

// ErrMalformed: the bytes are not an event.
var ErrMalformed = errors.New("not an event")

// envelope is an event as it stands in the log.
type envelope struct {
	ID         string          `json:"id"`
	Seq        int64           `json:"seq"`
	Type       string          `json:"type"`
	V          int             `json:"v"`
	At         time.Time       `json:"at"`
	Actor      Actor           `json:"actor"`
	OnBehalfOf Actor           `json:"on_behalf_of,omitempty"`
	Cause      string          `json:"cause,omitempty"`
	Release    int             `json:"release,omitempty"`
	Trace      string          `json:"trace,omitempty"`
	Prev       string          `json:"prev"`
	Data       json.RawMessage `json:"data"`
}

// Type returns the event's type as the log names it.
func (e *Event) Type() string { return e.Data.eventType() }

// version of a payload's written form. A change of a written type raises its
// number here and adds an upcaster to the old one.
func version(p Payload) int {
	if f, ok := p.(*Foreign); ok {
		return f.Version
	}
	return 1
}

// Encode returns the event as it is stored.
func Encode(e *Event) ([]byte, error) {
	data, err := appendPayload(make([]byte, 0, 256), e.Data)
	if err != nil {
		return nil, fmt.Errorf("encoding event %s of type %s: %w", e.ID, e.Type(), err)
	}
	return appendEnvelope(make([]byte, 0, envelopeSize(e)+len(data)), e, data), nil
}

// envelopeSize is how long an event is at most, without what it says, if nothing in it has to be escaped.
func envelopeSize(e *Event) int {
	return 240 + len(e.ID) + len(e.Actor) + len(e.OnBehalfOf) + len(e.Cause) + len(e.Trace)
}

func appendEnvelope(b []byte, e *Event, data []byte) []byte {
	b = append(b, `{"id":`...)
	b = appendString(b, e.ID)
	b = append(b, `,"seq":`...)
	b = strconv.AppendInt(b, e.Seq, 10)
	b = append(b, `,"type":`...)
	b = appendString(b, e.Type())
	b = append(b, `,"v":`...)
	b = strconv.AppendInt(b, int64(version(e.Data)), 10)
	b = append(b, `,"at":"`...)
	b = e.At.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","actor":`...)
	b = appendString(b, string(e.Actor))
	for _, f := range []struct{ name, value string }{
		{`,"on_behalf_of":`, string(e.OnBehalfOf)}, {`,"cause":`, e.Cause},
	} {
		if f.value != "" {
			b = appendString(append(b, f.name...), f.value)
		}
	}
	if e.Release != 0 {
		b = strconv.AppendInt(append(b, `,"release":`...), int64(e.Release), 10)
	}
	if e.Trace != "" {
		b = appendString(append(b, `,"trace":`...), e.Trace)
	}
	b = appendString(append(b, `,"prev":`...), e.Prev)
	b = append(append(b, `,"data":`...), data...)
	return append(b, '}')
}

// appendString quotes s as JSON; the ids, types and hashes of an envelope are plain, anything else takes the long way.
func appendString(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			q, err := json.Marshal(s)
			if err != nil { // a string always marshals
				q = []byte(`""`)
			}
			return append(b, q...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// Decode reads an event back. A type or version this program does not know comes as *Foreign.
func Decode(b []byte) (*Event, error) {
	var env envelope
	if err := json.Unmarshal(b, &env); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if env.Type == "" || env.ID == "" || env.Seq < 1 {
		return nil, fmt.Errorf("%w: id, type or seq is missing", ErrMalformed)
	}
	e := &Event{
		ID: env.ID, Seq: env.Seq, At: env.At, Actor: env.Actor, OnBehalfOf: env.OnBehalfOf,
		Cause: env.Cause, Release: env.Release, Trace: env.Trace, Prev: env.Prev,
	}
	p, err := decodePayload(env.Type, env.V, env.Data)
	if err != nil {
		return nil, fmt.Errorf("event %d (%s): %w", env.Seq, env.Type, err)
	}
	e.Data = p
	return e, nil
}

func decodePayload(typ string, v int, data json.RawMessage) (Payload, error) {
	p := newPayload(typ)
	if p == nil || v != version(p) {
		return &Foreign{Type: typ, Version: v, Raw: bytes.Clone(data)}, nil
	}
	if err := json.Unmarshal(data, p); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return p, nil
}

// PrevOf reads only the hash of the event before, for checking the chain.
func PrevOf(b []byte) (string, error) {
	var env struct {
		Prev *string `json:"prev"`
	}
	if err := json.Unmarshal(b, &env); err != nil || env.Prev == nil {
		return "", fmt.Errorf("%w: it has no hash of the one before", ErrMalformed)
	}
	return *env.Prev, nil
}

// usualSize is how long what an event says is, most often, with its type and actor.
func usualSize(p Payload) int {
	switch p.(type) {
	case *Plan:
		return 1536
	case *ReleaseContext:
		return 640
	}
	return 256
}

// told is what an event says, without when and where, and what it is known by:
// the same id with another sum is somebody else's event, not a duplicate.
func told(e *Event) (sum string, data []byte, err error) {
	b := make([]byte, 0, usualSize(e.Data))
	for _, s := range [...]string{e.Type(), string(e.Actor), string(e.OnBehalfOf)} {
		b = append(append(b, s...), 0)
	}
	b = append(strconv.AppendInt(b, int64(e.Release), 10), 0)
	from := len(b)
	if b, err = appendPayload(b, e.Data); err != nil {
		return "", nil, fmt.Errorf("encoding event %s of type %s: %w", e.ID, e.Type(), err)
	}
	h := sha256.Sum256(b)
	var short [12]byte
	base64.RawURLEncoding.Encode(short[:], h[:9])
	return string(short[:]), b[from:], nil
}
