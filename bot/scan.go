package bot

import (
	"encoding/json"
	"strconv"
)

// scanObject calls take with each member of a JSON object: its name, and the
// bytes of its value. It reads no more of the rest than is needed to find the
// members, in one pass and without a copy: of a delivery's kilobytes, a hundred
// bytes are used. It reports whether raw is an object that it can read and take
// took everything; if not, encoding/json is to be asked.
func scanObject(raw []byte, take func(name, value []byte) bool) bool {
	i := skipSpace(raw, 0)
	if i >= len(raw) || raw[i] != '{' {
		return false
	}
	if i = skipSpace(raw, i+1); i < len(raw) && raw[i] == '}' {
		return skipSpace(raw, i+1) == len(raw)
	}
	for {
		name := i
		if i = skipString(raw, i); i < 0 {
			return false
		}
		end := i - 1
		if i = skipSpace(raw, i); i >= len(raw) || raw[i] != ':' {
			return false
		}
		value := skipSpace(raw, i+1)
		if i = skipValue(raw, value); i < 0 {
			return false
		}
		if !plainName(raw[name+1:end]) || !take(raw[name+1:end], raw[value:i]) {
			return false
		}
		if i = skipSpace(raw, i); i >= len(raw) {
			return false
		}
		switch raw[i] {
		case '}':
			return skipSpace(raw, i+1) == len(raw)
		case ',':
			i = skipSpace(raw, i+1)
		default:
			return false
		}
	}
}

// plainName reports whether a name is one that encoding/json, too, takes for no other.
func plainName(name []byte) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

func skipSpace(raw []byte, i int) int {
	for i < len(raw) && (raw[i] == ' ' || raw[i] == '\n' || raw[i] == '\t' || raw[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the place after the string that begins at i; below 0: there is none.
func skipString(raw []byte, i int) int {
	if i >= len(raw) || raw[i] != '"' {
		return -1
	}
	for i++; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return -1
}

// skipValue returns the place after the value that begins at i; below 0: there is none.
func skipValue(raw []byte, i int) int {
	depth := 0
	for i < len(raw) {
		switch raw[i] {
		case '"':
			if i = skipString(raw, i); i < 0 {
				return -1
			}
			i--
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return -1
			}
		case ',', ':', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return -1
			}
		default: // a number, true, false or null
			for i+1 < len(raw) && literal(raw[i+1]) {
				i++
			}
		}
		i++
		if depth == 0 {
			return i
		}
	}
	return -1
}

// literal reports whether c may stand in a number, true, false or null.
func literal(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == '.' || c == '-' || c == '+' || c == 'E'
}

// scanText reads a value that is a string, or null.
func scanText(value []byte, into *string) bool {
	switch {
	case len(value) >= 2 && value[0] == '"':
		inner := value[1 : len(value)-1]
		for _, c := range inner {
			if c == '\\' || c < ' ' || c >= 0x80 { // what encoding/json resolves, refuses or mends
				return json.Unmarshal(value, into) == nil
			}
		}
		*into = string(inner)
		return true
	default:
		return string(value) == "null"
	}
}

// scanNumber reads a value that is a whole number, or null.
func scanNumber(value []byte, into *int) bool {
	if string(value) == "null" {
		return true
	}
	n, err := strconv.Atoi(string(value))
	if err != nil || value[0] == '+' || value[0] == '0' && len(value) > 1 {
		return false
	}
	*into = n
	return true
}

// scanFrame reads what comes over a link. The payload is not copied.
func scanFrame(raw []byte) (f frame, ok bool) {
	ok = scanObject(raw, func(name, value []byte) bool {
		switch string(name) {
		case "type":
			return scanText(value, &f.Type)
		case "envelope_id":
			return scanText(value, &f.EnvelopeID)
		case "payload":
			f.Payload = value
		case "retry_attempt":
			return scanNumber(value, &f.RetryAttempt)
		case "reason":
			return scanText(value, &f.Reason)
		case "num_connections":
			return scanNumber(value, &f.Connections)
		}
		return true
	})
	return f, ok
}

// scanEvent reads the event of a payload of the Events API.
func scanEvent(payload []byte) (m *message, ok bool) {
	ok = scanObject(payload, func(name, value []byte) bool {
		if string(name) != "event" || string(value) == "null" {
			return true
		}
		if m != nil { // twice
			return false
		}
		m = new(message)
		return scanObject(value, m.scan)
	})
	return m, ok
}

func (m *message) scan(name, value []byte) bool {
	switch string(name) {
	case "type":
		return scanText(value, &m.Type)
	case "subtype":
		return scanText(value, &m.Subtype)
	case "channel":
		return scanText(value, &m.Channel)
	case "channel_type":
		return scanText(value, &m.ChannelType)
	case "user":
		return scanText(value, &m.User)
	case "team":
		return scanText(value, &m.Team)
	case "user_team":
		return scanText(value, &m.UserTeam)
	case "bot_id":
		return scanText(value, &m.BotID)
	case "text":
		return scanText(value, &m.Text)
	case "ts":
		return scanText(value, &m.TS)
	case "thread_ts":
		return scanText(value, &m.ThreadTS)
	case "parent_user_id":
		return scanText(value, &m.ParentUser)
	case "tab":
		return scanText(value, &m.Tab)
	}
	return true
}
