// Package changelog says which commit a version is, and what lies between the
// version that runs and the one that ships.
//
// # Versions
//
// Git reads a repository with the git program (2.31 or newer); nothing is ever
// checked out and no code of the repository runs. A name is looked for in this
// order:
//
//  1. the tag of exactly this name;
//  2. the tag of this name with a leading v put before it or taken off. So with
//     only the tag v1.4.2, "1.4.2" is v1.4.2; where both 1.4.2 and v1.4.2 are
//     tags, each name means itself;
//  3. the commit of this id, or the one whose id begins so, from 7 hex digits on.
//
// A branch is never a version: what it means changes with every push. The error
// says so. A tag can be moved too, so whoever showed somebody a commit asks Moved
// before acting on the tag's name.
//
// None stands for a service without a source: there a version means itself.
//
// # Where the repository is
//
// A path is read where it is. A URL (https, http, ssh, git, file, or
// user@host:path) is kept as a bare mirror of its branches and tags below
// Config.Cache, which can be removed at any time. Resolve fetches first, unless
// that was done a moment ago, and once more before it says that a name is
// unknown. A repository that can't be reached is an error, never an old answer.
// One fetch of a mirror runs at a time, also where several processes share the
// folder.
//
// # What is trusted
//
// Nothing that a repository holds: names, addresses and titles are cleaned of
// control and formatting characters and cut, but are otherwise as somebody wrote
// them, and whoever shows them escapes them. A repository's own configuration
// can start no program here: see git.go. Every call has a deadline and bounded
// output. A password in a URL stands in no error, in no command line and in no
// file.
package changelog
