package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/govrrpd/govrrpd/internal/cli"
	"github.com/govrrpd/govrrpd/internal/daemon"
	"github.com/govrrpd/govrrpd/internal/detach"
	"github.com/govrrpd/govrrpd/internal/logging"
	"github.com/govrrpd/govrrpd/internal/netspace"
)

// lastWords is how long the log may take at the end, in case syslog hangs.
const lastWords = time.Second

// run starts the daemon: here with -n or under systemd, which follows this very process, else in the
// background.
func run(s *cli.Settings, build cli.Build) int {
	if s.NothingToDo() {
		fmt.Fprintln(os.Stderr, "govrrpd has no health checker (-C): nothing to do")
		return daemon.ExitOK
	}
	detached := detach.Detached()
	if !detached {
		tell(os.Stderr, s)
	}
	if err := absolute(&s.ConfigFile, &s.PIDFile, &s.VRRPPID, &s.BFDPID, &s.LogFile); err != nil {
		fmt.Fprintf(os.Stderr, "govrrpd: %v\n", err)
		return daemon.ExitFatal
	}
	place, err := enterPlace(s, netspace.ToStay)
	if err != nil {
		fmt.Fprintf(os.Stderr, "govrrpd: %v\n", err)
		return daemon.ExitFatal
	}
	switch {
	case detached:
		return serveDetached(s, place, build)
	case s.DontFork || os.Getenv("NOTIFY_SOCKET") != "":
		return serve(s, place, build, nil)
	}
	return background()
}

// background starts this program again in the background and returns its exit code, should it not come
// up.
func background() int {
	code, err := detach.Start(os.Args[1:], os.Stderr)
	switch {
	case err != nil:
		fmt.Fprintf(os.Stderr, "govrrpd: %v\n", err)
	case code != daemon.ExitOK:
		fmt.Fprintf(os.Stderr, "govrrpd: did not start (exit code %d): see the log, or try -t, or -n -l\n", code)
	}
	return code
}

// serveDetached is the daemon in the background.
func serveDetached(s *cli.Settings, place place, build cli.Build) int {
	if err := detach.Prepare(); err != nil {
		fmt.Fprintf(os.Stderr, "govrrpd: %v\n", err)
		return daemon.ExitFatal
	}
	return serve(s, place, build, func(code int, log *slog.Logger) {
		if code != daemon.ExitOK {
			return // whoever waits for us sees the exit code
		}
		if err := detach.Ready(); err != nil {
			log.Warn(fmt.Sprintf("detach from the terminal: %v", err))
		}
	})
}

// serve opens the log and runs the daemon. ready may be nil.
func serve(s *cli.Settings, place place, build cli.Build, ready func(code int, log *slog.Logger)) int {
	log := openLog(s)
	defer log.Close(lastWords)
	parent := log.Logger("Keepalived" + place.suffix())
	for _, line := range slices.Concat(s.Problems, s.Remarks) {
		parent.Warn(line)
	}
	defer netspace.Leave(place.namespace)
	return daemon.Run(context.Background(), daemon.Options{
		ConfigFile:        s.ConfigFile,
		ConfigID:          s.ConfigID,
		AllConfig:         s.AllConfig,
		DontFork:          s.DontFork,
		Detail:            s.LogDetail,
		PIDFile:           s.PIDFile,
		VRRPPIDFile:       s.VRRPPID,
		BFDPIDFile:        s.BFDPID,
		Namespace:         place.namespace,
		PrivateRun:        netspace.Private(place.namespace),
		Umask:             s.Umask,
		DontReleaseVRRP:   s.DontReleaseVRRP,
		ReleaseVIPs:       s.ReleaseVIPs,
		NoBFD:             s.NoBFD,
		AddressMonitoring: s.AddressMonitoring,
		IgnoreInterrupt:   s.IgnoreInterrupt,
		DumpConfig:        s.DumpConf,
		CoreDump:          s.CoreDump,
		CorePattern:       s.CorePattern,
		Logger:            log.Logger("Keepalived_vrrp" + place.suffix()),
		Parent:            parent,
		Version:           build.Release(),
		Ready: func(code int) {
			if ready != nil {
				ready(code, parent)
			}
		},
	})
}

func openLog(s *cli.Settings) *logging.Log {
	var console io.Writer
	if s.LogConsole && s.DontFork {
		console = os.Stderr
	}
	return logging.Open(logging.Config{
		Syslog:   !s.NoSyslog,
		Facility: s.Facility,
		Console:  console,
		File:     s.LogFile,
		Detail:   s.LogDetail,
	})
}

// absolute makes the paths that are given absolute: a daemon in the background leaves the directory it
// was started in.
func absolute(paths ...*string) error {
	for _, path := range paths {
		if *path == "" {
			continue
		}
		abs, err := filepath.Abs(*path)
		if err != nil {
			return fmt.Errorf("find %s: %w", *path, err)
		}
		*path = abs
	}
	return nil
}
