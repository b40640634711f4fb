package agent

import "time"

// Meter is told how a process fares, for operators. What it is told decides
// nothing, and it must neither block nor keep what it is given.
type Meter interface {
	// Stepped: a step of a thread took so long, from looking at the thread to the end of its append.
	Stepped(kind StepKind, took time.Duration)
	// TakenUp: a thread had something to do for so long before its first step was taken here.
	TakenUp(after time.Duration)
	// Returned: this process's append gave an environment back with how a release ended there. before and after are the
	// environment's states around it.
	Returned(before, after *Environment)
}

// unmetered is the Meter of those who ask for none.
type unmetered struct{}

func (unmetered) Stepped(StepKind, time.Duration)     {}
func (unmetered) TakenUp(time.Duration)               {}
func (unmetered) Returned(before, after *Environment) {}
