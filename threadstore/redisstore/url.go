package redisstore

import (
	"errors"
	"net/url"
)

// withoutURL takes off what net/url puts before its reason: the URL, with the password that may stand in it.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
