// Package agent holds the release agent.
package agent
