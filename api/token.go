package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/releasebot/releasebot/policy"
)

// maxSecret is how long a token may be; longer ones don't fit a header with others beside it.
const maxSecret = 4 << 10

// A Token lets somebody in. It keeps a hash of its secret, never the secret.
type Token struct {
	Name string // the environment variable that holds the secret
	Role policy.Role
	sum  [sha256.Size]byte
}

// NewToken returns the token of that name. Its errors say what is wrong with
// the secret, and never what it is.
func NewToken(name string, role policy.Role, secret string) (Token, error) {
	switch {
	case name == "":
		return Token{}, errors.New("a token needs a name")
	case !slices.Contains(policy.Roles(), role):
		return Token{}, fmt.Errorf("the role of the token %s is %q; roles are %v", name, role, policy.Roles())
	case secret == "":
		return Token{}, fmt.Errorf("%s is not set or empty, and api.tokens of the policy file names it: set it to the token, or take it off the list", name)
	case len(secret) > maxSecret:
		return Token{}, fmt.Errorf("%s is longer than %d bytes, and can't be sent as a header", name, maxSecret)
	case strings.ContainsFunc(secret, func(c rune) bool { return c <= ' ' || c >= 0x7f }):
		return Token{}, fmt.Errorf("%s has spaces, line ends or letters outside ASCII in it, and can't be sent as a header", name)
	}
	return Token{Name: name, Role: role, sum: sha256.Sum256([]byte(secret))}, nil
}

// TokensOf returns the tokens that a policy file names. lookup reads an
// environment variable. The error names every one that is wrong.
func TokensOf(f *policy.File, lookup func(name string) (value string, ok bool)) ([]Token, error) {
	var tokens []Token
	var errs []error
	for _, t := range f.API.Tokens {
		secret, _ := lookup(t.Env)
		token, err := NewToken(t.Env, t.Role, secret)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		tokens = append(tokens, token)
	}
	if err := checkTokens(tokens); err != nil {
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return tokens, nil
}

// checkTokens refuses tokens that were not made by NewToken, and two with one secret: whose call would it be?
func checkTokens(tokens []Token) error {
	for i, t := range tokens {
		if t.sum == [sha256.Size]byte{} {
			return fmt.Errorf("the token %q was not made by NewToken", t.Name)
		}
		for _, o := range tokens[:i] {
			if subtle.ConstantTimeCompare(t.sum[:], o.sum[:]) == 1 {
				return fmt.Errorf("%s and %s hold the same secret: give each token its own", o.Name, t.Name)
			}
		}
	}
	return nil
}

// find returns the token with this secret. It takes the same time whichever it is, and if it is none.
func find(tokens []Token, secret string) (Token, bool) {
	sum := sha256.Sum256([]byte(secret))
	at := -1
	for i := range tokens {
		at = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(sum[:], tokens[i].sum[:]), i, at)
	}
	if at < 0 {
		return Token{}, false
	}
	return tokens[at], true
}
