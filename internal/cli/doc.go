// Package cli is govrrpd's command line: keepalived's options with keepalived's spelling, read the way
// GNU getopt reads them, and turned into Settings.
//
// It promises that a command line which starts keepalived starts govrrpd: unique prefixes of long
// options, clustered short ones, arguments attached or apart, optional arguments only attached,
// surplus words reported and ignored. An option that has no effect here is accepted and named once.
//
// What the settings mean is left to others: Program.Run starts the daemon, Program.Check tests a
// configuration, and package main hands both in.
package cli
