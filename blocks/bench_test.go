package blocks

import (
	"encoding/json"
	"testing"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

func BenchmarkRenderReleaseCard(b *testing.B) {
	s := started().bot(1, &agent.DeployProgress{Key: "k1", Percent: 40, Text: "copying 12 of 30"}).s
	b.ReportAllocs()
	for b.Loop() {
		release(s, s.Release(1))
	}
}

func BenchmarkRenderApprovalCard(b *testing.B) {
	s := proposed().s
	r := s.Release(1)
	b.ReportAllocs()
	for b.Loop() {
		approval(s, r, r.Approval, false)
	}
}

func BenchmarkRenderThread(b *testing.B) {
	s := rollbackProposed(false).s
	b.ReportAllocs()
	for b.Loop() {
		Thread(s, Options{})
	}
}

func BenchmarkRenderAndMarshal(b *testing.B) {
	s := proposed().s
	b.ReportAllocs()
	for b.Loop() {
		for _, v := range Thread(s, Options{}) {
			if _, err := json.Marshal(slack.Blocks{BlockSet: v.Blocks}); err != nil {
				b.Fatal(err)
			}
		}
	}
}
