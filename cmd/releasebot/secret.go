package main

import "log/slog"

// Secret is a text that must not be seen. It prints as "[secret]" with every
// verb, in JSON and in logs; Reveal gives what it hides.
type Secret struct{ value string }

const hidden = "[secret]"

// Decode takes the value of an environment variable. It never fails, because
// envconfig's errors quote what they are about.
func (s *Secret) Decode(value string) error {
	s.value = value
	return nil
}

// Reveal returns the secret itself, for whoever has to send it.
func (s Secret) Reveal() string { return s.value }

// IsSet tells whether there is one.
func (s Secret) IsSet() bool { return s.value != "" }

// String hides the secret.
func (s Secret) String() string {
	if s.value == "" {
		return ""
	}
	return hidden
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the secret from JSON and the like.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue hides the secret from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
