package cli

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/logging"
)

// outcome is what a command line led to.
type outcome struct {
	code           int
	stdout, stderr string
	ran, checked   *Settings
}

func execute(args ...string) outcome {
	var out outcome
	var stdout, stderr bytes.Buffer
	program := &Program{
		Build:  Build{Version: "1.2.3", Date: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)},
		Stdout: &stdout, Stderr: &stderr,
		Run:   func(s *Settings) int { out.ran = s; return 7 },
		Check: func(s *Settings) int { out.checked = s; return 5 },
	}
	out.code = program.Main(args)
	out.stdout, out.stderr = stdout.String(), stderr.String()
	return out
}

func TestSignalNumbersGoToStdout(t *testing.T) {
	for name, want := range map[string]string{
		"STOP": "15\n", "RELOAD": "1\n", "DATA": "10\n", "STATS": "12\n", "STATS_CLEAR": "63\n", "JSON": "36\n",
	} {
		for _, args := range [][]string{{"--signum", name}, {"--signum=" + name}, {"--sig", name}} {
			if got := execute(args...); got.code != 0 || got.stdout != want || got.stderr != "" {
				t.Errorf("%q: code %d, stdout %q, stderr %q; want %q", args, got.code, got.stdout, got.stderr, want)
			}
		}
	}
	got := execute("--signum=TDATA")
	if got.code != 1 || got.stdout != "" || got.stderr != "Unknown sigfunc TDATA\n" {
		t.Errorf("--signum=TDATA: code %d, stdout %q, stderr %q", got.code, got.stdout, got.stderr)
	}
}

func TestVersionIsTheSecondWordOfStderr(t *testing.T) {
	got := execute("-v")
	first, _, _ := strings.Cut(got.stderr, "\n")
	if want := "Keepalived v2.4.3 (11/22,2026) govrrpd 1.2.3"; got.code != 0 || got.stdout != "" || first != want {
		t.Errorf("-v: code %d, stdout %q, first line %q; want %q", got.code, got.stdout, first, want)
	}
}

func TestHelpShowsEveryOption(t *testing.T) {
	for _, arg := range []string{"--help", "-h", "-nh"} {
		got := execute(arg)
		if got.code != 0 || got.stdout != "" || got.ran != nil {
			t.Fatalf("%s: code %d, stdout %q", arg, got.code, got.stdout)
		}
		for _, o := range options {
			if o.short != "" && shownAs(got.stderr, "  -"+o.short+", --"+o.long) != (o.help != "") {
				t.Errorf("%s: -%s is not shown beside --%s", arg, o.short, o.long)
			}
			shown := regexp.MustCompile(`(?m)^  .*--` + o.long + `\b`).MatchString(got.stderr)
			if shown != (o.help != "") {
				t.Errorf("%s: --%s shown: %v", arg, o.long, shown)
			}
		}
	}
}

func shownAs(help, start string) bool { return strings.Contains(help, "\n"+start) }

func TestWrongOptionEndsWithHint(t *testing.T) {
	got := execute("-n", "--bogus")
	if want := "Unknown option --bogus\nTry 'govrrpd --help' for the options.\n"; got.code != 1 || got.stderr != want || got.ran != nil {
		t.Errorf("code %d, stderr %q; want 1, %q", got.code, got.stderr, want)
	}
}

func TestRunAndCheckReturnTheirCode(t *testing.T) {
	if got := execute("-n"); got.code != 7 || got.ran == nil || got.checked != nil {
		t.Errorf("-n: %+v, want the daemon with its code 7", got)
	}
	if got := execute("-nt"); got.code != 5 || got.ran != nil || got.checked == nil {
		t.Errorf("-nt: %+v, want the check with its code 5", got)
	}
}

func TestSettingsOfEveryOption(t *testing.T) {
	s := execute(strings.Fields("-f /c -P -l -D -S local3 -G -g/l -u 022 -V -n -p /p -r /r -b /b -B -a -s blue -i id -e -d -m -Mpattern -X -R --flush-log-file")...).ran
	if s == nil {
		t.Fatal("the daemon was not started")
	}
	if s.ConfigFile != "/c" || !s.VRRP || !s.LogConsole || s.LogDetail != 1 || s.Facility != logging.FacilityLocal0+3 ||
		!s.NoSyslog || s.LogFile != "/l" || s.Umask == nil || *s.Umask != 0o022 || !s.DontReleaseVRRP ||
		!s.DumpConf || !s.CoreDump || s.CorePattern != "pattern" ||
		!s.DontFork || s.PIDFile != "/p" || s.VRRPPID != "/r" || s.BFDPID != "/b" || !s.NoBFD || !s.AddressMonitoring ||
		s.Namespace != "blue" || s.ConfigID != "id" || !s.AllConfig || len(s.Remarks)+len(s.Problems) != 0 {
		t.Errorf("settings %+v", s)
	}
}

func TestIdleOptionsAreNamedOnce(t *testing.T) {
	s := execute("-x", "-x", "--checkers_pid=/c", "--perf", "--no-mem-check", "word").ran
	want := []string{"Unexpected argument(s): word", "Without effect in govrrpd: --snmp --checkers_pid --perf --no-mem-check"}
	if s == nil || !slices.Equal(s.Remarks, want) {
		t.Errorf("remarks %q, want %q", s.Remarks, want)
	}
}

func TestEveryOptionDoesSomethingOrSaysThatItDoesNot(t *testing.T) {
	acts := []string{"version", "help", "signum", "genhash"} // what Program.act does
	for _, o := range options {
		if (o.set != nil || slices.Contains(acts, o.long)) == o.idle {
			t.Errorf("--%s: acts and is idle, or neither", o.long)
		}
		if o.idle && o.optional {
			args := execute("--"+o.long, "-n").ran
			if args == nil || !strings.Contains(args.Remarks[0], "--"+o.long) {
				t.Errorf("--%s without its argument is not remarked: %+v", o.long, args)
			}
		}
	}
}

func TestUmaskIsACNumber(t *testing.T) {
	for text, want := range map[string]uint32{"022": 0o22, "0x1f": 0x1f, "0x3b": 0x3b, "18": 18, "0": 0} {
		if s := execute("-u", text).ran; s.Umask == nil || *s.Umask != want {
			t.Errorf("-u %s: %v, want %d", text, s.Umask, want)
		}
	}
	for _, text := range []string{"08", "abc", "0b11", "0o22", "1_0", "01000", ""} {
		if s := execute("-u", text).ran; s.Umask != nil || len(s.Remarks) != 1 {
			t.Errorf("-u %s: umask %v, remarks %q; want none and one remark", text, s.Umask, s.Remarks)
		}
	}
}

func TestWrongFacilityIsAProblem(t *testing.T) {
	for _, text := range []string{"8", "local8", "kern", "", "local"} {
		s := execute("-t", "-S", text).checked
		if s.Facility != logging.FacilityDaemon || !slices.Equal(s.Problems, []string{"Invalid log facility '" + text + "'"}) {
			t.Errorf("-S %q: facility %d, problems %q", text, s.Facility, s.Problems)
		}
	}
}

func TestCheckerAloneHasNothingToDo(t *testing.T) {
	if !execute("-C").ran.NothingToDo() || execute("-CP").ran.NothingToDo() || execute().ran.NothingToDo() {
		t.Error("nothing to do is for -C without -P only")
	}
}

func TestGenhashIsRefused(t *testing.T) {
	if got := execute("-T"); got.code != 1 || got.ran != nil {
		t.Errorf("-T: %+v, want code 1", got)
	}
}

func TestLogFileDefaultsToTemporaryDirectory(t *testing.T) {
	t.Setenv("TMPDIR", "/dev")
	if s := execute("-g").ran; s.LogFile != "/dev/keepalived.log" {
		t.Errorf("-g with TMPDIR=/dev: %q", s.LogFile)
	}
	t.Setenv("TMPDIR", ".")
	if s := execute("-g").ran; s.LogFile != "/tmp/keepalived.log" {
		t.Errorf("-g with a relative TMPDIR: %q", s.LogFile)
	}
}
