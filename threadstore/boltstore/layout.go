package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"

	"github.com/releasebot/releasebot/threadstore"
)

var (
	bucketEvents  = []byte("events")
	bucketIDs     = []byte("ids")
	bucketLogs    = []byte("logs")
	bucketSnaps   = []byte("snaps")
	bucketEpochs  = []byte("epochs")
	bucketDue     = []byte("due")
	bucketLines   = []byte("lines")
	bucketOwns    = []byte("owns")
	bucketAliases = []byte("aliases")
	bucketMeta    = []byte("meta")

	keyFormat = []byte("format")
	keyPolicy = []byte("policy")
)

// format is written into every file. A change of the layout changes it.
const format = "1"

func allBuckets() [][]byte {
	return [][]byte{bucketEvents, bucketIDs, bucketLogs, bucketSnaps, bucketEpochs, bucketDue, bucketLines, bucketOwns, bucketAliases, bucketMeta}
}

// under is the prefix of everything that a bucket holds for name.
func under(name string, room int) []byte {
	k := make([]byte, 0, len(name)+1+room)
	k = append(k, name...)
	return append(k, 0)
}

func eventKey(log string, seq int64) []byte {
	return binary.BigEndian.AppendUint64(under(log, 8), uint64(seq)) //nolint:gosec // places are positive
}

func idKey(log, id string) []byte { return append(under(log, len(id)), id...) }

func lineKey(index, member string) []byte { return append(under(index, len(member)), member...) }

func ownKey(log string, line []byte) []byte { return append(under(log, len(line)), line...) }

func dueKey(ms int64, log string) []byte {
	k := make([]byte, 0, 8+len(log))
	k = binary.BigEndian.AppendUint64(k, uint64(ms)) //nolint:gosec // see millis
	return append(k, log...)
}

// millis is a due time as it is kept: 0 is none, and everything before 1970 is its beginning.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(t.UnixMilli(), 1)
}

var errGarbled = errors.New("a value in the file can't be read")

// logState is what the logs bucket holds.
type logState struct {
	version int64
	due     int64 // ms; 0: none
	head    string
	token   string // of the last append without events; one with events keeps it with its first id
}

func (s logState) encode() []byte {
	b := make([]byte, 0, 2*binary.MaxVarintLen64+len(s.head)+len(s.token)+4)
	b = binary.AppendVarint(b, s.version)
	b = binary.AppendVarint(b, s.due)
	b = appendString(b, s.head)
	return appendString(b, s.token)
}

func decodeLog(b []byte) (s logState, err error) {
	if b == nil {
		return s, nil
	}
	r := reader{b: b}
	s.version, s.due, s.head, s.token = r.varint(), r.varint(), r.text(), r.text()
	return s, r.err
}

// knownID is what the ids bucket holds.
type knownID struct {
	threadstore.Known
	token string
}

func (k knownID) encode() []byte {
	b := make([]byte, 0, binary.MaxVarintLen64+len(k.Sum)+len(k.token)+4)
	b = binary.AppendVarint(b, k.Seq)
	b = appendString(b, k.Sum)
	return appendString(b, k.token)
}

func decodeID(b []byte) (k knownID, err error) {
	r := reader{b: b}
	k.Seq, k.Sum, k.token = r.varint(), r.text(), r.text()
	return k, r.err
}

// epochState is what the epochs bucket holds. It is never deleted.
type epochState struct {
	epoch, pruned int64
}

func (e epochState) encode() []byte {
	return binary.AppendVarint(binary.AppendVarint(nil, e.epoch), e.pruned)
}

func decodeEpoch(b []byte) (e epochState, err error) {
	if b == nil {
		return e, nil
	}
	r := reader{b: b}
	e.epoch, e.pruned = r.varint(), r.varint()
	return e, r.err
}

func encodeSnapshot(s *threadstore.Snapshot) []byte {
	b := make([]byte, 0, 2*binary.MaxVarintLen64+len(s.Data))
	b = binary.AppendVarint(b, int64(s.Fold))
	b = binary.AppendVarint(b, s.Version)
	return append(b, s.Data...)
}

func decodeSnapshot(b []byte) (*threadstore.Snapshot, error) {
	r := reader{b: b}
	s := &threadstore.Snapshot{Fold: int(r.varint()), Version: r.varint()}
	s.Data = bytes.Clone(r.b)
	return s, r.err
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// A reader takes values off the front of b; after an error it returns zero values.
type reader struct {
	b   []byte
	err error
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.b, r.err = nil, errGarbled
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) text() string {
	l, n := binary.Uvarint(r.b)
	if n <= 0 || uint64(len(r.b)-n) < l { //nolint:gosec // Uvarint never reads more than there is
		r.b, r.err = nil, errGarbled
		return ""
	}
	s := string(r.b[n : n+int(l)]) //nolint:gosec // not longer than r.b
	r.b = r.b[n+int(l):]           //nolint:gosec // not longer than r.b
	return s
}
