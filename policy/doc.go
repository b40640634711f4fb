// Package policy reads the policy file, checks all of it, and answers who may
// do what.
//
// # The model
//
// A policy file (releasebot.yml) names people and services. Each service has
// environments, and each environment says how it is deployed, how its health is
// looked at, who may ask for a release, whose approval it needs, and what
// happens when it fails. Load and Parse read such a file and give back a File;
// File.Environment gives the resolved policy of one service in one environment:
// every default filled in, every name of a person replaced by the Slack id
// behind it.
//
// An Environment is plain data with one canonical JSON form. It is stored in the
// plan that people approve and is part of the digest they approve, so it must
// not depend on how the file was written: comments, the order of keys, anchors
// and the spelling of a duration (60s or 1m) leave it as it is. Where in the
// file a rule stands is kept beside it, in the File, and is asked for with
// File.Position and File.Line.
//
// # Reading
//
// Nothing in a file is ever silently ignored. An unknown key, a wrong type, a
// name that leads nowhere, a key that stands twice, a rule that this version
// can't enforce: each is an error with file, line and column, and all of them
// are reported at once as Errors. A file that has errors has no policy.
//
// The arguments of deploy drivers and health checks belong to the tools. Load
// is handed a Registry of Decoders, one for each driver and each kind of check;
// a Decoder reads its part of the file through a Value, which is as strict as
// the rest and knows where it stands. A tool needs nothing of this package for
// that: see Adapt.
//
// # Freezes
//
// An environment's `freeze` is a list of windows in which nothing is shipped
// there:
//
//	freeze:
//	  - {from: "Fri 16:00", until: "Mon 08:00", zone: Europe/Berlin, reason: weekend} # each week
//	  - {from: "2026-12-23 18:00", until: "2027-01-04 08:00", zone: Europe/Berlin}    # once
//	  - {from: 2026-12-23, until: 2027-01-02, reason: new year}                       # whole days, the last one too
//	  - {days: [2026-12-24, 2026-12-31], zone: Europe/Berlin, reason: holidays}       # whole days
//
// Without a zone it is UTC; a zone is named after a place, because CET and EST
// don't mean what people mean by them. A window exempts rollbacks unless it says
// `rollbacks: true`. `from` belongs to the window and `until` doesn't; a day
// without a time is the whole day, so that `until: 2027-01-02` ends with that
// day. What happens when the clocks change is said at Window. The zones come from
// the machine's own data base, and where it has none, from the program.
//
// # Evaluating
//
// MayRequest, MayApprove, MayDecide, MayLook, After, Frozen and Quorum are pure: what
// they need to know of the world (who somebody is, who is in a group, what was
// healthy) is handed in. They answer with a Verdict, whose zero value is a
// refusal: closed by default. What can't be checked is refused, and says so.
// File.Judge asks all of it of a release that was recorded, to see what another
// file would have said.
package policy
