// Package sample is a service to release: small, but real. Each of its
// environments is a process of its own on loopback that says which version it is
// and whether it is healthy; a deploy stops that process and starts another one.
//
// # Files
//
// All of it lives in one folder, the world, so that nothing but the program
// itself is needed:
//
//	world.json     what there is: environments, their addresses, what goes wrong with which version
//	ledger         a line for each deploy that was really begun, written before anything is stopped
//	keeper         locked by whoever made the world; once it is free, every process of the world ends by itself
//	ENV/lock       locked by the server of that environment as long as it lives
//	ENV/server     that server's process id and version
//	ENV/output     what it said
//
// Locks end with the process that holds them, however it dies, so nothing here
// trusts a process id that may be somebody else's by now.
//
// # Commands
//
// Deploy and Current are what a policy file names as start and current; Serve is
// the server, which Deploy starts in a session of its own, because what a deploy
// leaves in its process group is killed.
package sample
