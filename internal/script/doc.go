// Package script runs the programs that a configuration names, the way keepalived runs them, and
// tells whether they may be run at all.
//
// It is for track (programs whose exit status is a health check) and for notify (programs that are
// told of transitions); both need the same process group, user, environment and signals.
//
// A [Spawner] promises: starting a program never waits for its end, a child has a process group of
// its own, gets /dev/null as its three standard files, no real-time scheduling, none of the
// environment variables that change how a program is loaded, and SIGTERM when this process dies
// without having stopped it. [Checker] holds the rules that a path must obey to be run by root.
//
// What to run and when, what an exit status means, and the words for the log are left to the callers.
package script
