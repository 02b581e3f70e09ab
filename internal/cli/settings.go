package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/govrrpd/govrrpd/internal/logging"
)

// Settings is what a command line asks for. The zero value of a field means that the option was not
// given, unless the field says otherwise.
type Settings struct {
	ConfigFile string // DefaultConfigFile without -f
	ConfigID   string // of @ID lines; "" means the host's name
	AllConfig  bool   // a missing include is an error

	CheckOnly bool   // -t: test the configuration and end
	CheckLog  string // the file that receives the findings; "" means stderr

	DontFork   bool
	LogConsole bool
	LogDetail  int // how often -D was given
	Facility   logging.Facility
	NoSyslog   bool
	LogFile    string // "" means no log file

	Umask     *uint32 // nil leaves the choice to the configuration
	PIDFile   string  // "" means the default, which depends on the configuration
	VRRPPID   string  // likewise
	BFDPID    string  // likewise
	Namespace string

	VRRP, Checker     bool // -P, -C
	ReleaseVIPs       bool // -X
	DontReleaseVRRP   bool
	AddressMonitoring bool
	IgnoreInterrupt   bool // --ignore-sigint
	DumpConf          bool
	CoreDump          bool
	CorePattern       string // "" leaves the machine's
	NoBFD             bool   // -B

	// Problems are values that were refused, one line each; the default holds instead. A
	// configuration test counts them as errors.
	Problems []string
	// Remarks are other things to tell the user, one line each.
	Remarks []string

	idle []string // options given that have no effect
}

// DefaultConfigFile is read without -f.
const DefaultConfigFile = "/etc/keepalived/keepalived.conf"

func newSettings() *Settings {
	return &Settings{ConfigFile: DefaultConfigFile, Facility: logging.FacilityDaemon}
}

// NothingToDo tells whether only the health checker was asked for, which govrrpd is not.
func (s *Settings) NothingToDo() bool { return s.Checker && !s.VRRP }

func (s *Settings) problem(format string, args ...any) {
	s.Problems = append(s.Problems, fmt.Sprintf(format, args...))
}

func (s *Settings) setFacility(value string) {
	facility, ok := logging.ParseFacility(value)
	if !ok {
		s.problem("Invalid log facility '%s'", value)
		return
	}
	s.Facility = facility
}

// setUmask reads a number as C does: a leading 0 is octal, 0x hexadecimal, the rest decimal.
func (s *Settings) setUmask(value string) {
	mask, err := strconv.ParseUint(value, 0, 32)
	goes := strings.Contains(value, "_") || len(value) > 1 && strings.ContainsRune("bBoO", rune(value[1])) // Go's own forms
	if err != nil || goes || mask > 0o777 {
		s.Remarks = append(s.Remarks, fmt.Sprintf("Invalid --umask option %s", value))
		return
	}
	s.Umask = new(uint32(mask))
}

// finish adds the remarks that need the whole command line.
func (s *Settings) finish(words []string) {
	if len(words) > 0 {
		s.Remarks = append(s.Remarks, "Unexpected argument(s): "+strings.Join(words, " "))
	}
	if len(s.idle) > 0 {
		s.Remarks = append(s.Remarks, "Without effect in govrrpd: "+strings.Join(s.idle, " "))
	}
}
