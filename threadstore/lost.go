package threadstore

import "fmt"

// How a loss was noticed. Who uses a Store may know further ways.
const (
	NoticedVersion = "version" // the log is shorter than it was
	NoticedHead    = "head"    // it is as long as it was, and ends in another event
	NoticedChain   = "chain"   // an event does not fit the one before
)

// A LostError is what ErrLost comes as: where the log stood by the word of
// somebody who saw it, and where it stands now.
type LostError struct {
	Log        string
	By         string // how it was noticed, such as NoticedVersion
	Version    int64  // where it stood; 0 where that is not known
	Head       string
	NowVersion int64 // where it stands
	NowHead    string
}

func (e *LostError) Error() string {
	if e.By == NoticedChain {
		return fmt.Sprintf("%s: event %d does not follow the one before it, whose hash is %q: %v", e.Log, e.NowVersion, e.Head, ErrLost)
	}
	return fmt.Sprintf("%s stands at %d (head %q), but stood at %d (head %q): %v", e.Log, e.NowVersion, e.NowHead, e.Version, e.Head, ErrLost)
}

func (e *LostError) Unwrap() error { return ErrLost }
