// Package healthcheck looks at a service after a deploy and says whether it is
// healthy.
//
// # One look
//
// A Checker looks once and remembers nothing. There are three kinds:
//
//	http:    {url: "http://shop.internal/healthz", status: 200, json: {version: "${version}"}}
//	tcp:     {address: "shop.internal:5432"}
//	command: {run: ["./smoke.sh", "${environment}"]}
//
// DecodeHTTP, DecodeTCP and DecodeCommand read and check those arguments when
// the policy file is read. What they return marshals to canonical JSON, defaults
// filled in, and comes back to the Checker as the Args of a tools.Call.
//
// # Verdicts
//
// Unhealthy means that the service was looked at and is not as it should be: it
// refused the connection, gave no answer in time, has no address, answered with
// another status, or with a body that is no JSON or says something else.
// Inconclusive means that the look itself could not be made, which says nothing
// of the service: a URL that is none once it is filled in, a command that is not
// there, a look that was stopped. A Result always says what was seen against
// what was expected, in one sentence that quotes nothing but what was compared.
//
// # Compared with before
//
// An http check may have a baseline, by which numbers are compared with what
// they were before the deploy:
//
//	baseline: {latency: "+20%", json: {errors: "+0", rps: "-30%"}}
//
// A change is a sign, a number and perhaps a unit: "+20%" may rise by so much
// and fall as it likes, "-30%" may fall by so much, "±5" may do either by 5, and
// a latency may also be given "+50ms". A share of nothing is nothing. A latency
// is the median of three looks (`looks: 5` makes it five), and a share of it
// never counts less than 10ms. A Measurer measures; Compare, which is pure, says
// what became of the numbers. Where one was not measured, or isn't there, before
// or after, the verdict is inconclusive: somebody has to say.
//
// # Passes in a row
//
// Window holds "passes in a row, every so often, within a time" as a pure
// function of what was seen so far and of the time, so that a runner can stop
// and be taken over between any two looks. When the time is over without enough
// passes in a row, the last look decides between unhealthy and inconclusive; see
// Window.Judge.
//
// # What a look can reach
//
// A look only reads, and may be made again. Each http look opens a connection of
// its own, so that it sees the process that answers now. A redirect is followed
// on the same scheme, host and port only. A body is read where something in it
// is compared, and up to 1 MiB. A command runs in the policy file's folder, in a
// process group of its own that is killed when its time is over; it is given
// RELEASE_* and what Config.Env holds, less the bot's own settings and secrets.
//
// Arguments are part of the policy that people approve and stand in the log:
// headers are no place for secrets. A check that needs one is a command, which
// reads it from its environment or a file.
package healthcheck
