package healthcheck

import (
	"context"
	"time"

	"github.com/releasebot/releasebot/tools"
)

// Verdict is what one look at a service says.
type Verdict string

// The verdicts. Inconclusive is neither: the check itself could not be made or could not tell.
const (
	Healthy      Verdict = "healthy"
	Unhealthy    Verdict = "unhealthy"
	Inconclusive Verdict = "inconclusive"
)

// Result is one look.
type Result struct {
	Verdict Verdict
	Detail  string        // what was seen against what was expected: one short sentence, secrets masked
	Took    time.Duration // of the look
}

// A Checker looks once. It has no memory: passes in a row, pauses and windows
// are the runner's. An error of the check itself is a Result, not an error.
type Checker interface {
	Spec() tools.Spec
	Check(ctx context.Context, c tools.Call) Result
}
