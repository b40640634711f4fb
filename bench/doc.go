// Package bench measures what takes a whole process, a real Redis or another
// program beside ours: peers.sh runs the peers of the goals and releasebot in one
// run, report makes the tables of docs/benchmarks.md, and the benchmark here is of a
// thread that grows. Benchmarks of one package stand in that package.
package bench
