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
	"runtime"
	"runtime/debug"

	"github.com/govrrpd/govrrpd/internal/cli"
)

// Set by the linker, see the Makefile. Without it the Go tool's record of the build is used.
var version, date string

func main() {
	// A panic would end the process with status 2, which means a wrong configuration here, so that
	// systemd would not start it again. With this it ends with SIGABRT, as daemons in C do.
	debug.SetTraceback("crash")
	leaveRoom()
	build := cli.ReadBuild(version, date)
	program := &cli.Program{
		Build:  build,
		Stdout: os.Stdout,
		Stderr: os.Stderr,
		Run:    func(s *cli.Settings) int { return run(s, build) },
		Check:  check,
	}
	os.Exit(program.Main(os.Args[1:]))
}

// leaveRoom lets more goroutines run at a time than a small machine has processors. With two, a reload and
// the garbage collector that it sets going take both, and the runtime looks after sockets and timers
// only every ten milliseconds: adverts were up to 15 ms late then. With four the kernel shares out the
// processors, and the loop, which sleeps most of the time, is served first.
func leaveRoom() {
	const least = 4
	if os.Getenv("GOMAXPROCS") == "" && runtime.NumCPU() < least {
		runtime.GOMAXPROCS(least)
	}
}
