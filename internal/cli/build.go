package cli

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"
)

// keepalivedVersion is the release whose behaviour govrrpd follows. Exporters read it from the second
// word of `-v`, so it has to be a number that they know.
const keepalivedVersion = "2.4.3"

// Build says which program this is.
type Build struct {
	Version string    // of govrrpd
	Date    time.Time // of the commit or of the build; the start of 1970 is "unknown"
}

// ReadBuild completes what the linker was told (-ldflags "-X main.version=… -X main.date=YYYY-MM-DD",
// either may be empty) with what the Go tool recorded in the binary.
func ReadBuild(version, date string) Build {
	build := Build{Version: version}
	build.Date, _ = time.Parse(time.DateOnly, date) // a wrong date is no date
	if info, ok := debug.ReadBuildInfo(); ok {
		build.Version = cmp.Or(build.Version, info.Main.Version)
		for _, setting := range info.Settings {
			if setting.Key == "vcs.time" && build.Date.IsZero() {
				build.Date, _ = time.Parse(time.RFC3339, setting.Value)
			}
		}
	}
	build.Version = cmp.Or(build.Version, "(devel)")
	if build.Date.IsZero() {
		build.Date = time.Unix(0, 0).UTC() // unknown, in a form that parsers of the line survive
	}
	return build
}

// Release is the keepalived release and the date, as in `Starting Keepalived v2.4.3 (11/22,2026)`.
func (b Build) Release() string {
	return fmt.Sprintf("%s (%s)", keepalivedVersion, b.Date.Format("01/02,2006"))
}

// Print writes what -v shows. The first line has keepalived's form.
func (b Build) Print(w io.Writer) {
	fmt.Fprintf(w, "Keepalived v%s govrrpd %s\n\n", b.Release(), b.Version)
	fmt.Fprintf(w, "Built with %s for %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		fmt.Fprintf(w, "Running on Linux %s\n", unix.ByteSliceToString(name.Release[:]))
	}
	fmt.Fprintf(w, "\nConfig options:  VRRP VRRP_AUTH VRRP_VMAC JSON SYSTEMD_NOTIFY\n")
}
