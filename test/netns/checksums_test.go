package netns

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

const asV2 = "v3_checksum_as_v2"

// checksumCases are the ways in which VRRPv3 over IPv4 can be told to compute its checksum, on the Master and on the
// Backup, and whether that one then hears it.
var checksumCases = []struct {
	name           string
	unicast        bool
	master, backup string // lines of their configurations
	heard          bool
	says           string // of the Backup; "" for nothing
}{
	{"as-v2-both", false, asV2, asV2, true, ""},
	{"as-v2-at-master", false, asV2, "", false, "Invalid VRRPv3 checksum"},
	{"as-v2-at-backup", false, "", asV2, true, ""},
	{"as-v2-unicast", true, asV2, asV2, true, ""},
	{"old-both", true, "old_unicast_checksum", "old_unicast_checksum", true, ""},
	{"old-at-master", true, "old_unicast_checksum", "", true, "(VI) Setting unicast VRRPv3 checksum to old version"},
	{"old-at-master-never-at-backup", true, "old_unicast_checksum", "old_unicast_checksum never", false, "Invalid VRRPv3 checksum"},
	{"old-at-backup", true, "", "old_unicast_checksum", false, "Invalid VRRPv3 checksum"},
	{"never-both", true, "old_unicast_checksum never", "old_unicast_checksum never", true, ""},
}

// TestChecksumsOfVersion3 has the subject and keepalived hear each other in all of these ways, both ways round.
// keepalived 2.2.7 does not know v3_checksum_as_v2, so whoever has that line is the subject.
func TestChecksumsOfVersion3(t *testing.T) {
	for _, test := range checksumCases {
		for _, subjectFirst := range []bool{true, false} {
			if !subjectFirst && strings.Contains(test.master+test.backup, asV2) {
				continue
			}
			t.Run(fmt.Sprintf("%s/subject-is-master-%v", test.name, subjectFirst), func(t *testing.T) {
				t.Parallel()
				d := dialects[2]
				d.unicast = test.unicast
				first, second := subjectProgram(t), peers.Need(t, "keepalived")
				switch {
				case !subjectFirst || test.master == "" && test.backup == asV2:
					first, second = second, first
				case test.master == asV2 && test.backup == asV2:
					second = first
				}
				s := newSite(t, "master", "backup")
				master, backup := s.router(0, first), s.router(1, second)
				with := func(lines string) dialect {
					d := d
					d.lines = lines + "\n"
					return d
				}
				master.start(with(test.master).configuration(highPriority, "10.9.0.1", "10.9.0.2"))
				master.waitLine(0, "(VI) Entering MASTER STATE")
				backup.start(with(test.backup).configuration(lowPriority, "10.9.0.2", "10.9.0.1"))
				if test.heard {
					backup.waitLine(0, "(VI) Entering BACKUP STATE (init)")
					expectHeard(master, d)
				} else {
					backup.waitLine(0, "(VI) Entering MASTER STATE")
				}
				if test.says != "" {
					backup.waitLine(0, test.says)
				} else if n := backup.daemon.Log.Count(0, "VRRPv3 checksum"); n > 0 {
					t.Errorf("the Backup complains of the checksum")
				}
				if taken := backup.daemon.Log.Count(0, "(VI) Entering MASTER STATE") > 0; taken == test.heard {
					t.Errorf("the Backup took over: %v", taken)
				}
				if test.backup == "old_unicast_checksum" && test.master == "" {
					// Two Masters, until the one that may recognises the other's checksum. It sends it from then on, too;
					// keepalived 2.2.7 says so and does not.
					master.waitLine(0, "(VI) Setting unicast VRRPv3 checksum to old version")
					if subjectFirst {
						backup.waitLineAfter("(VI) Entering MASTER STATE", "(VI) Entering BACKUP STATE")
					}
				}
				expectChecksums(t, master, backup, test.master)
			})
		}
	}
}

// waitLineAfter waits for a line that comes after the first one of another kind, which may be long ago.
func (r *router) waitLineAfter(first, then string) {
	r.t.Helper()
	r.waitLine(0, first)
	at := slices.IndexFunc(r.daemon.Log.Lines(), func(l lab.Line) bool { return strings.Contains(l.Text, first) })
	r.waitLine(at, then)
}

// expectChecksums computes what the checksums of a Master's adverts must be, as its configuration says, until it hears
// the other.
func expectChecksums(t *testing.T, r, other *router, lines string) {
	t.Helper()
	adverts, answers := r.adverts(0), other.adverts(0)
	if len(adverts) == 0 {
		t.Fatal("no adverts")
	}
	for _, f := range adverts {
		if len(answers) > 0 && f.At.After(answers[0].At) {
			return
		}
		dialect, to := vrrp.ChecksumStandard, f.Destination
		switch lines {
		case asV2:
			dialect = vrrp.ChecksumAsV2
		case "old_unicast_checksum":
			to = netip.MustParseAddr("224.0.0.18")
		}
		message := f.Message()
		if got, want := binary.BigEndian.Uint16(message[6:]), vrrp.Checksum(message, f.Source, to, dialect); got != want {
			t.Fatalf("checksum %04x of %x, want %04x", got, message, want)
		}
	}
}
