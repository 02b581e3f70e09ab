package daemon

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestOnlyConstantPagesOfFilesAreForgotten(t *testing.T) {
	const smaps = `00400000-00a00000 r-xp 00000000 fe:00 1001                               /usr/sbin/govrrpd
Rss:                4000 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me
00a00000-00b00000 r--p 00600000 fe:00 1001                               /usr/sbin/govrrpd
Anonymous:             4 kB
00b00000-00c00000 rw-p 00700000 fe:00 1001                               /usr/sbin/govrrpd
Anonymous:             0 kB
00c00000-00d00000 r--s 00000000 fe:00 1002                               /var/lib/shared
Anonymous:             0 kB
c000000000-c000400000 rw-p 00000000 00:00 0
Anonymous:           100 kB
7ffd1000-7ffd2000 r-xp 00000000 00:00 0                                  [vdso]
Anonymous:             0 kB
7ffe1000-7ffe2000 r--p 00001000 fe:00 1003                               /lib/libc.so
Anonymous:             0 kB
`
	got := fileParts(strings.NewReader(smaps))
	if want := []addressRange{{0x400000, 0xa00000}, {0x7ffe1000, 0x7ffe2000}}; !slices.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

// TestForgottenProgramIsSmallerAndRuns: what is forgotten is read again when it is needed.
func TestForgottenProgramIsSmallerAndRuns(t *testing.T) {
	before := fileMemory(t)
	if err := forgetProgram(); err != nil {
		t.Fatal(err)
	}
	if after := fileMemory(t); after > before*3/4 {
		t.Errorf("%d KiB of files in memory before, %d after", before, after)
	}
}

// fileMemory is how much of files the process has in memory, in KiB.
func fileMemory(t *testing.T) (size int) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "RssFile:")
	if _, err := fmt.Sscan(rest, &size); err != nil {
		t.Fatal(err)
	}
	return size
}
