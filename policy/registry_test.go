package policy_test

import (
	"errors"
	"strings"

	"github.com/releasebot/releasebot/policy"
)

// fieldError is an error as a tool returns it that knows nothing of policy.
type fieldError struct{ field, message string }

func (e fieldError) Error() string { return e.message }
func (e fieldError) Field() string { return e.field }

type commandArgs struct {
	Start   []string `json:"start"`
	Status  []string `json:"status,omitempty"`
	Current []string `json:"current,omitempty"`
}

// decodeCommand has the shape of a driver's own decoder.
func decodeCommand(into func(any) error) (any, error) {
	var args commandArgs
	if err := into(&args); err != nil {
		return nil, err
	}
	if len(args.Start) == 0 {
		return nil, fieldError{"start", "`start` is required: the command that deploys"}
	}
	return args, nil
}

type httpArgs struct {
	URL    string         `json:"url"`
	Status int            `json:"status"`
	JSON   map[string]any `json:"json,omitempty"`
}

func decodeHTTP(into func(any) error) (any, error) {
	args := httpArgs{Status: 200}
	if err := into(&args); err != nil {
		return nil, err
	}
	var problems []error
	if !strings.HasPrefix(args.URL, "http://") && !strings.HasPrefix(args.URL, "https://") {
		problems = append(problems, fieldError{"url", "`url` must begin with http:// or https://"})
	}
	if args.Status < 100 || args.Status > 599 {
		problems = append(problems, fieldError{"status", "`status` must be an HTTP status"})
	}
	return args, errors.Join(problems...)
}

type tcpArgs struct {
	Address string `json:"address"`
}

func decodeTCP(into func(any) error) (any, error) {
	var args tcpArgs
	err := into(&args)
	return args, err
}

// testRegistry has the tools that the files in testdata speak of.
func testRegistry() policy.Registry {
	return policy.Registry{
		Drivers: map[string]policy.Decoder{"command": policy.Adapt(decodeCommand)},
		Checks: map[string]policy.Decoder{
			"http":    policy.Adapt(decodeHTTP),
			"tcp":     policy.Adapt(decodeTCP),
			"command": policy.Adapt(decodeCommand),
		},
	}
}
