// Command govrrpd is a VRRP router that reads keepalived.conf and takes keepalived's place.
//
// This package only joins the parts: package cli reads the command line, package config the file,
// package daemon does the work. The exit code is theirs.
//
// The number of processors is not looked up every second (updatemaxprocs): that would wake an idle
// daemon for nothing.
//
//go:debug updatemaxprocs=0
package main

import (
	"os"
	"runtime/debug"

	"github.com/govrrpd/govrrpd/internal/cli"
)

// Set by the linker, see the Makefile. Without it the Go tool's record of the build is used.
var version, date string

func main() {
	// A panic would end the process with status 2, which means a wrong configuration here, so that
	// systemd would not start it again. With this it ends with SIGABRT, as daemons in C do.
	debug.SetTraceback("crash")
	build := cli.ReadBuild(version, date)
	program := &cli.Program{
		Build:  build,
		Stdout: os.Stdout,
		Stderr: os.Stderr,
		Run:    func(s *cli.Settings) int { return run(s, build) },
		Check:  testConfig,

		Commands: commands(),
	}
	os.Exit(program.Main(os.Args[1:]))
}
