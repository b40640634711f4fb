package agent

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strconv"
	"strings"
)

// ThreadID names a thread and its log: "t" and twelve characters derived from
// where the thread comes from, so that two replicas can't make two of one.
type ThreadID string

var lowerBase32 = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)

// derive hashes parts, kept apart by their lengths, to n characters.
func derive(n int, parts ...string) string {
	var room [160]byte
	b := room[:0]
	for _, p := range parts {
		b = append(strconv.AppendInt(b, int64(len(p)), 10), ':')
		b = append(b, p...)
	}
	h := sha256.Sum256(b)
	return lowerBase32.EncodeToString(h[:])[:n]
}

// SlackThreadID derives a thread's id from the root message of a Slack thread.
func SlackThreadID(team, channel, rootTS string) ThreadID {
	return ThreadID("t" + derive(12, "slack", team, channel, rootTS))
}

// DedupeThreadID derives a thread's id from a caller and the caller's own key.
func DedupeThreadID(caller Actor, key string) ThreadID {
	return ThreadID("t" + derive(12, "key", string(caller), key))
}

// ReleaseID is the short id that cards show: the thread's id without its "t",
// a dash, and the number of the release. An approval has the id of its release,
// with ".2", ".3" … where it was asked for again.
func ReleaseID(thread ThreadID, n int) string {
	return strings.TrimPrefix(string(thread), "t") + "-" + strconv.Itoa(n)
}

// ApprovalID is the id of the ordinal-th approval (from 1) of a release.
func ApprovalID(thread ThreadID, n, ordinal int) string {
	if ordinal <= 1 {
		return ReleaseID(thread, n)
	}
	return ReleaseID(thread, n) + "." + strconv.Itoa(ordinal)
}

// ParseShortID takes an id as cards show it apart. The ordinal is 0 where none was given.
func ParseShortID(s string) (thread ThreadID, n, ordinal int, err error) {
	bad := fmt.Errorf("%q is not an id as cards show it, such as k3m9x2q7p4ab-1", s)
	head, tail, ok := strings.Cut(strings.ToLower(strings.Trim(strings.TrimSpace(s), "`#")), "-")
	if !ok || len(head) != 12 || strings.Trim(head, "abcdefghijkmnpqrstuvwxyz23456789") != "" {
		return "", 0, 0, bad
	}
	num, ord, hasOrd := strings.Cut(tail, ".")
	if n, err = strconv.Atoi(num); err != nil || n < 1 {
		return "", 0, 0, bad
	}
	if hasOrd {
		if ordinal, err = strconv.Atoi(ord); err != nil || ordinal < 1 {
			return "", 0, 0, bad
		}
	}
	return ThreadID("t" + head), n, ordinal, nil
}

// EnvironmentLog is the log of one service in one environment.
func EnvironmentLog(service, environment string) string {
	return "env:" + service + "/" + environment
}

// ParseEnvironmentLog takes the name of an environment's log apart.
func ParseEnvironmentLog(log string) (service, environment string, ok bool) {
	rest, ok := strings.CutPrefix(log, "env:")
	if !ok {
		return "", "", false
	}
	return strings.Cut(rest, "/")
}

// mintID makes the id of an event that a step writes: the same step, taken
// twice, makes the same id, and the second is a duplicate.
func mintID(parts ...any) string {
	var room [96]byte
	b := room[:0]
	for i, p := range parts {
		if i > 0 {
			b = append(b, '/')
		}
		switch v := p.(type) {
		case string:
			b = append(b, v...)
		case int:
			b = strconv.AppendInt(b, int64(v), 10)
		case int64:
			b = strconv.AppendInt(b, v, 10)
		default:
			b = fmt.Append(b, v)
		}
	}
	return string(b)
}
