package main

import (
	"errors"
	"log/slog"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/planner/rules"
)

// newPlanner returns the planner that RELEASEBOT_PLANNER asks for.
func newPlanner(s settings, log *slog.Logger) (agent.Planner, error) {
	if s.planner == plannerOpenAI {
		return nil, errors.New("RELEASEBOT_PLANNER is openai, but this version has only the offline planner: set it to rules, or unset it")
	}
	if s.planner == plannerAuto && (s.openaiKey.IsSet() || s.openaiURL.IsSet()) {
		log.Info("OPENAI_API_KEY or OPENAI_BASE_URL is set, but this version has only the offline planner: words are read by rules, and nothing is sent to a model")
	}
	return rules.New(), nil
}

// parseCommand reads what stands behind /release. What is no command becomes the question that says how it is written.
func parseCommand(text string, cat agent.Catalog) agent.Intent {
	c, err := rules.New().ParseCommand(text, cat)
	if err != nil {
		return agent.Intent{Kind: agent.IntentClarify, Question: &agent.Question{Text: err.Error()}}
	}
	return c.Intent
}
