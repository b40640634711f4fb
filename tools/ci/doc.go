// Package ci asks what a project's CI says of a commit. The answer is a fact
// for people who decide about a release: it allows and forbids nothing.
//
// The policy file names a command that knows (source.ci). It is run like a
// deployer's status command: no shell, the policy file's folder, a time limit,
// and what it prints is read strictly. Ask never fails: whatever keeps it from
// an answer is an answer too, "not known", with the reason.
package ci
