package leaktest

import (
	"testing"
	"time"
)

// What ends late is no leak, and what does not end is one.
func TestOnlyWhatDoesNotEndIsLeft(t *testing.T) {
	late := make(chan struct{})
	time.AfterFunc(2*time.Second, func() { close(late) })
	go func() { <-late }()
	if err := wait(time.Minute); err != nil {
		t.Errorf("a goroutine that ended after two seconds: %v", err)
	}
	leak := make(chan struct{})
	ended := make(chan struct{})
	go func() { defer close(ended); <-leak }()
	if err := wait(0); err == nil {
		t.Error("a goroutine that does not end is not seen")
	}
	close(leak)
	<-ended
}
