// Package failpoint marks the places where a crash matters most, so that tests
// can kill the process exactly there.
//
// A program calls Hit with the name of a place. In a normal build Hit is an
// empty function that the compiler removes. In a build with the tag
// "failpoints" the environment variable RELEASEBOT_FAILPOINT chooses places,
// separated by commas:
//
//	name        the process kills itself (SIGKILL) when it first comes there
//	name:3      … when it comes there for the third time
//	pause:name  the process stops itself (SIGSTOP); SIGCONT lets it go on
//
// Counts are kept per process.
package failpoint

// Variable is the environment variable that chooses places.
const Variable = "RELEASEBOT_FAILPOINT"
