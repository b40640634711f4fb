package main

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a text that must not be seen. It prints as "[secret]" whatever
// prints it: any verb of fmt, JSON, logs. Reveal gives what it hides. The text
// stands behind a pointer because fmt calls no methods on unexported fields, and
// would print what it finds there.
type Secret struct{ value *string }

func newSecret(value string) Secret { return Secret{&value} }

const hidden = "[secret]"

// Decode takes the value of an environment variable. It never fails, because
// envconfig's errors quote what they are about.
func (s *Secret) Decode(value string) error { //nolint:unparam // envconfig.Decoder
	s.value = &value
	return nil
}

// Reveal returns the secret itself, for whoever has to send it.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsSet tells whether there is one.
func (s Secret) IsSet() bool { return s.Reveal() != "" }

// String hides the secret.
func (s Secret) String() string {
	if !s.IsSet() {
		return ""
	}
	return hidden
}

// Format hides the secret from every verb, also those that are wrong for a text.
func (s Secret) Format(w fmt.State, _ rune) {
	_, _ = io.WriteString(w, s.String()) //nolint:errcheck // fmt.State keeps no errors
}

// MarshalText hides the secret from JSON and the like.
func (s Secret) MarshalText() ([]byte, error) { //nolint:unparam // encoding.TextMarshaler
	return []byte(s.String()), nil
}

// LogValue hides the secret from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
