package main

import "github.com/releasebot/releasebot/tools/deploy"

type superviseCommand struct {
	Dir string `arg:"" help:"The run's folder."`
}

// Run runs one deploy to its end.
func (s *superviseCommand) Run(*console) error {
	if status := deploy.Supervise(s.Dir); status != 0 {
		return &failure{status: status}
	}
	return nil
}
