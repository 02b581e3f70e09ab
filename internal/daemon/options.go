package daemon

import (
	"log/slog"
)

// Options are what the command line says.
type Options struct {
	ConfigFile string
	ConfigID   string // of @ID lines
	AllConfig  bool   // every include must find its files
	DontFork   bool   // stay in the foreground

	Detail int // -D: how many times

	PIDFile     string // "" means the default, which the configuration may move
	VRRPPIDFile string
	BFDPIDFile  string

	Namespace         string // network namespace; "" means the configuration's, or none
	PrivateRun        bool   // /run/keepalived is that of the namespace
	Umask             *uint32
	DontReleaseVRRP   bool // stop without a release and without removing anything
	ReleaseVIPs       bool // a reload removes addresses of what it adds, whoever has set them
	AddressMonitoring bool
	NoBFD             bool // -B: no bfd_instance is run
	IgnoreInterrupt   bool // SIGINT does not stop it: debuggers use that signal
	DumpConfig        bool
	CoreDump          bool   // lift the limit for core files
	CorePattern       string // for the machine, while the daemon runs; "" leaves it

	Logger *slog.Logger // lines of keepalived's VRRP process
	Parent *slog.Logger // lines of keepalived's parent process

	Version string
	// Ready is called once, when the sockets are open and the first adverts are on their way, or when
	// that will never be: then with the exit code. It may be nil.
	Ready func(exitCode int)
}

// Exit codes, as keepalived has them.
const (
	ExitOK            = 0
	ExitFatal         = 1
	ExitConfig        = 2
	ExitPermission    = 4
	ExitNoConfig      = 6
	ExitInternalError = 70
)
