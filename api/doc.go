// Package api answers over HTTP: probes, metrics, and what threads, approvals
// and environments look like now. It changes nothing: what it shows is read
// from [agent.Service], and nothing is remembered here but a count of threads,
// for ten seconds.
//
// # Calls
//
//	GET /livez                 200 while the process answers
//	GET /readyz                200 while the store answers and Config.Ready says nil, else 503 with the reasons
//	GET /metrics               Prometheus, names beginning releasebot_ (and go_, process_)
//	GET /v1/threads[?state=]   {"threads": […]}, the one that changed last first; its newest five releases each
//	GET /v1/threads/{id}       one thread with all its releases and events
//	GET /v1/approvals          {"approvals": […]}, those that wait for a decision, the one that expires first first
//	GET /v1/environments       {"environments": […]}, in the order of the policy file
//
// HEAD goes wherever GET does. Answers are JSON, and so are errors:
// {"error": {"code", "message"}}, where code is one of the Code constants. An unknown path is
// 404, another method 405 with Allow, an unknown parameter or state 400, a body
// over 1 MiB 413. The body of a GET is not looked at. While the store is away,
// what has to be read from it is 503.
//
// # Who may ask
//
// /livez and /readyz are open to everybody who reaches the address: a kubelet
// or load balancer has no token, and calls with a Host of its own. They tell no
// more than the words that Config.Ready gives; what the store's error says goes
// to the log. Everything else, /metrics among it (it names services and
// environments), asks for the role viewer:
//
//   - With tokens: Authorization: Bearer, from wherever it comes. Secrets are
//     kept as hashes only and compared in constant time. No or a wrong token is 401,
//     one whose role doesn't reach 403. A Prometheus server is given a token of
//     the role viewer.
//   - Without: only this machine is answered, as a requester. The peer must be a loopback
//     address, and the Host a loopback name or address (a page whose name was bound to
//     127.0.0.1 afterwards still sends its own name); an Origin, where
//     there is one, must be the very address that is called; and nothing may say that a proxy
//     has passed the request on, because then the peer is the proxy. Anything else is 403.
//
// A token that the policy file names and whose variable is not set is an
// error of [TokensOf]: a mistake there must not open the API to this machine.
//
// # Metrics
//
// [Metrics] is made before the agent's engine, which tells [Metrics.Observe]
// of every event that this process has made durable. So counters say what this
// replica did; they are summed over replicas. releasebot_threads is the exception:
// it is read from the store's index, the same on every replica.
package api
