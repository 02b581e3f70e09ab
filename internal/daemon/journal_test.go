package daemon

import (
	"bytes"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/logging"
	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

func testJournal() *journal {
	p := &plan{
		cfg: &config.Config{
			Instances:  []*config.Instance{{Name: "VI_1", VRID: 51, Version: vrrp.Version3, ConfigFault: "no peers"}},
			SyncGroups: []*config.SyncGroup{{Name: "G"}},
		},
		router: &router.Config{Trackers: []router.TrackerConfig{
			{Kind: router.TrackInterface, Name: "eth0"}, {Kind: router.TrackScript, Name: "ck"},
			{Kind: router.TrackFile, Name: "load"}, {Kind: router.TrackProcess, Name: "bird"}, {Kind: router.TrackBFD, Name: "peer"},
		}},
	}
	return &journal{detail: true, plan: func() *plan { return p }, duel: func(*router.Effect) *duel { return &duel{vi: p.cfg.Instances[0]} }}
}

// The lines that log watchers match, word for word.
func TestLinesAreKeepaliveds(t *testing.T) {
	peer, other := netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("10.0.0.3")
	sec := int64(time.Second)
	for _, test := range []struct {
		effect router.Effect
		detail bool
		want   string
	}{
		{router.Effect{Reason: router.LogStalled, VR: -1, Value: 10*sec + 2000, Count: 2}, false,
			"Stood still for 10.000002 seconds: nobody has taken over for good, announcing the addresses anew (2 instances)"},
		{router.Effect{Reason: router.LogStalled, VR: -1, Value: sec / 2, Count: 2}, true,
			"Stood still for 0.500000 seconds: nobody has taken over for good, announcing the addresses anew (2 instances)"},
		{router.Effect{Reason: router.LogStalled, VR: -1, Value: sec / 2, Count: 2, Want: 1}, false,
			"Stood still for 0.500000 seconds: another Master has spoken, stepping back (1 instance); nobody has taken over for good, announcing the addresses anew (2 instances)"},
		{router.Effect{Reason: router.LogStalled, VR: -1, Value: 10 * sec, Want: 1}, false,
			"Stood still for 10.000000 seconds: another Master has spoken, stepping back (1 instance)"},
		{router.Effect{Reason: router.LogStalled, VR: -1, Value: 10 * sec, Want: 1, Count: 2}, false,
			"Stood still for 10.000000 seconds: another Master has spoken, stepping back (1 instance); nobody has taken over for good, announcing the addresses anew (2 instances)"},
		{router.Effect{Reason: router.LogStalled, VR: -1, Value: 3600 * sec, Want: 3, Priority: 1}, false,
			"The machine slept for 3600.000000 seconds: listening for another Master before speaking again (3 instances)"},
		{router.Effect{Reason: router.LogEnteringState, State: router.Master}, false, "(VI_1) Entering MASTER STATE"},
		{router.Effect{Reason: router.LogEnteringState, State: router.Backup}, false, "(VI_1) Entering BACKUP STATE"},
		{router.Effect{Reason: router.LogEnteringState, State: router.Fault}, false, "(VI_1) Entering FAULT STATE"},
		{router.Effect{Reason: router.LogEnteringInit}, false, "(VI_1) Entering BACKUP STATE (init)"},
		{router.Effect{Reason: router.LogEnteringFault}, false, "(VI_1) entering FAULT state"},
		{router.Effect{VR: -1, Reason: router.LogGroupSync, State: router.Master}, false, "VRRP_Group(G) Syncing instances to MASTER state"},
		{router.Effect{VR: -1, Reason: router.LogStartupDelay, Value: 5 * sec}, false, "Delaying startup for 5 seconds"},
		{router.Effect{VR: -1, Reason: router.LogStartupComplete}, false, "Delayed start completed"},
		{router.Effect{Reason: router.LogFaultTracker, Tracker: 0}, false, "(VI_1): entering FAULT state (interface eth0 down)"},
		{router.Effect{Reason: router.LogFaultTracker, Tracker: 1}, false, "(VI_1): entering FAULT state due to script ck"},
		{router.Effect{Reason: router.LogFaultTracker, Tracker: 2, Value: 7}, false, "(VI_1): entering FAULT state (tracked file load has status 7)"},
		{router.Effect{Reason: router.LogFaultTracker, Tracker: 3}, false, "(VI_1) entering FAULT state (tracked process bird quorum not achieved)"},
		{router.Effect{Reason: router.LogFaultNoAddress}, false, "(VI_1) entering FAULT state (no IPv4 address for interface)"},
		{router.Effect{Reason: router.LogFaultSource}, false, "(VI_1) entering FAULT state (src address not configured)"},
		{router.Effect{Reason: router.LogFaultConfig}, false, "(VI_1) entering FAULT state (no peers)"},
		{router.Effect{Reason: router.LogTrackerFault, Tracker: 2}, true, "(VI_1): tracked file load now FAULT state"},
		{router.Effect{Reason: router.LogTrackerRecovered, Tracker: 2}, true, "(VI_1): tracked file load leaving FAULT state"},
		{router.Effect{Reason: router.LogTrackedBFD, Tracker: 4}, false, "VRRP_Instance(VI_1) Tracked BFD instance peer is DOWN"},
		{router.Effect{Reason: router.LogTrackedBFD, Tracker: 4, Value: 1}, false, "VRRP_Instance(VI_1) Tracked BFD instance peer is UP"},
		{router.Effect{Reason: router.LogPriority, Value: 150, Priority: 155}, false, "(VI_1) Changing effective priority from 150 to 155"},
		{router.Effect{Reason: router.LogIntervalLearnt, Value: sec, Want: sec / 5}, false, "(VI_1) advertisement interval updated from 1000ms to 200ms by master"},
		{router.Effect{Reason: router.LogIntervalReset, Value: sec / 5, Want: sec}, true, "(VI_1) changing advert interval from 200ms to locally configured 1000ms"},
		{router.Effect{Reason: router.LogIntervalMismatch, Value: sec / 5, Want: sec}, false, "(VI_1) advertisement interval mismatch ours = 100 centi-sec rcv'd=20 centi-sec"},
		{router.Effect{Reason: router.LogAdvertTimeout}, true, "(VI_1) Receive advertisement timeout"},
		{router.Effect{Reason: router.LogBackupRelease}, true, "(VI_1) Backup received priority 0 advertisement"},
		{router.Effect{Reason: router.LogLowerPriority, Priority: 90, Addr: peer}, false, "(VI_1) received lower priority (90) advert from 10.0.0.2 - discarding"},
		{router.Effect{Reason: router.LogMasterSet, Addr: peer}, true, "(VI_1) master set to 10.0.0.2"},
		{router.Effect{Reason: router.LogMasterChanged, Addr: other, From: peer}, true, "(VI_1) master changed from 10.0.0.2 to 10.0.0.3"},
		{router.Effect{Reason: router.LogPreemptDelayStart, Value: 5 * sec}, true, "(VI_1) start preempt delay (5.000000)"},
		{router.Effect{Reason: router.LogPreemptDelayStop}, true, "(VI_1) stop preempt delay"},
		{router.Effect{Reason: router.LogMasterRelease}, true, "(VI_1) Master received priority 0 message"},
		{router.Effect{Reason: router.LogHigherPriority, Addr: peer, Priority: 200, Value: 150}, false, "(VI_1) Master received advert from 10.0.0.2 with higher priority 200, ours 150"},
		{router.Effect{Reason: router.LogHigherAddress, Addr: peer, Priority: 150}, false, "(VI_1) Master received advert from 10.0.0.2 with same priority 150 but higher IP address than ours"},
		{router.Effect{Reason: router.LogSameAddress}, false, "(VI_1) WARNING - equal priority advert received from remote host with our IP address."},
		{router.Effect{Reason: router.LogNewElection, Addr: peer, Priority: 90, Value: 150}, false, "(VI_1) Received advert from 10.0.0.2 with lower priority 90, ours 150, forcing new election"},
		{router.Effect{Reason: router.LogLowerNoElection, Addr: peer, Priority: 90, Value: 150}, false, "(VI_1) Received advert from 10.0.0.2 with lower priority 90, ours 150"},
		{router.Effect{Reason: router.LogSentPriorityZero}, true, "(VI_1) sent 0 priority"},
		{router.Effect{Reason: router.LogTwoOwners, Addr: peer}, false, "(VI_1) CONFIGURATION ERROR: local instance and 10.0.0.2 are both configured as address owner, please resolve"},
		{router.Effect{Reason: router.LogTooShort, Value: 25}, false, "IPv4 VRRP packet too short - 25 bytes"},
		{router.Effect{Reason: router.LogWrongCast, Value: 0}, true, "(VI_1) discarding unicast packet on multicast instance"},
		{router.Effect{Reason: router.LogLengthShort, Addr: peer, Value: 30, Want: 40}, false, "(VI_1) vrrp packet from 10.0.0.2 too short, length 30 and expect 40"},
		{router.Effect{Reason: router.LogLengthLong, Addr: peer, Value: 50, Want: 40}, false, "(VI_1) vrrp packet from 10.0.0.2 too long, length 50 and expect 40"},
		{router.Effect{Reason: router.LogTTL, Addr: peer, Value: 64}, false, "(VI_1) invalid TTL/HL from 10.0.0.2. Received 64 and expect 255"},
		{router.Effect{Reason: router.LogVersion, Addr: peer, Value: 2, Want: 3}, false, "(VI_1) wrong VRRP version from 10.0.0.2. Received 2 and expect 3"},
		{router.Effect{Reason: router.LogAuthMismatch, Addr: peer, Value: 0, Want: 1}, false, "(VI_1) received a 0 auth from 10.0.0.2, expecting 1!"},
		{router.Effect{Reason: router.LogAuthFailure, Addr: peer}, false, "(VI_1) received an invalid passwd from 10.0.0.2!"},
		{router.Effect{Reason: router.LogIntervalV2, Addr: peer, Value: 2 * sec, Want: sec}, false, "(VI_1) advertisement interval mismatch with 10.0.0.2 mine=1 sec rcv'd=2 sec"},
		{router.Effect{Reason: router.LogChecksum, Addr: peer}, false, "(VI_1) Invalid VRRPv3 checksum from 10.0.0.2"},
		{router.Effect{Reason: router.LogExpectMulticast, Addr: peer, Value: 1}, false, "(VI_1) Expected multicast packet but received unicast packet from 10.0.0.2"},
		{router.Effect{Reason: router.LogAddressCount, Value: 1, Want: 2}, false, "(VI_1) expected 2 VIPs but received 1"},
		{router.Effect{Reason: router.LogAddressMissing, Addr: other, From: peer}, false, "(VI_1) ip address associated with VRID 51 not present in advert from 10.0.0.2: 10.0.0.3"},
		{router.Effect{Reason: router.LogNotPeer, Addr: peer}, false, "(VI_1) unicast source address 10.0.0.2 not a unicast peer"},
		{router.Effect{Reason: router.LogPeerTTL, Addr: peer, Priority: 60, Value: 250, Want: 255}, false, "(VI_1) TTL/HL 60 from 10.0.0.2 not in range [250, 255]"},
		{router.Effect{Reason: router.LogAHSync, Value: 302}, false, "(VI_1) IPSEC-AH : Syncing seq_num - Increment seq"},
		{router.Effect{Reason: router.LogAHWrongValue, Addr: peer}, false, "(VI_1) IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation or bad password !"},
		{router.Effect{Reason: router.LogAHWrongSPI, Addr: netip.MustParseAddr("10.9.0.3"), Value: 150997258}, false, "IPSEC AH : invalid IPSEC SPI value. 50333962 and expect 150997258"},
		{router.Effect{Reason: router.LogAHRepeated, Addr: peer, Value: 9, Want: 10}, false, "(VI_1) IPSEC-AH : sequence number 9 already processed. Packet dropped. Local(10)"},
		{router.Effect{Reason: router.LogExtStale, Addr: peer, Value: 9 * sec, Want: 5 * sec}, false, "(VI_1) stale authenticated advert from 10.0.0.2: clock skew 9 sec exceeds window 5 sec"},
		{router.Effect{Reason: router.LogExtSkew, Addr: peer, Value: 4 * sec, Want: 5 * sec}, false, "(VI_1) authentication clock skew 4 sec from 10.0.0.2 approaching window 5 sec"},
	} {
		level, text := testJournal().line(&test.effect)
		want := slog.LevelInfo
		if test.detail {
			want = logging.LevelDetail
		}
		if text != test.want || level != want {
			t.Errorf("reason %d: %v %q, want %v %q", test.effect.Reason, level, text, want, test.want)
		}
	}
}

// A reason that the state machine learns must not reach the log as a number.
func TestEveryReasonHasALine(t *testing.T) {
	for reason := router.LogNone + 1; reason <= router.LogExtSkew; reason++ {
		vr := router.ID(0)
		switch reason {
		case router.LogGroupSync, router.LogStartupDelay, router.LogStartupComplete, router.LogStalled:
			vr = -1
		}
		if _, text := testJournal().line(&router.Effect{Reason: reason, VR: vr, Addr: netip.MustParseAddr("10.0.0.2")}); strings.Contains(text, "unexpected report") {
			t.Errorf("reason %d has no line: %q", reason, text)
		}
	}
}

func TestEstateLinesFollowTheOrderOfDeeds(t *testing.T) {
	var out bytes.Buffer
	j := testJournal()
	j.log = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: logging.LevelDetail}))
	vi := &config.Instance{Name: "V", VIPs: []*config.Address{{}}, ExcludedVIPs: []*config.Address{{}}, Rules: []*config.Rule{{}}}
	j.estate(setting, vi)
	j.estate(removing, vi)
	j.estate(setting, &config.Instance{Name: "A", VIPs: []*config.Address{{}}, Accept: true})
	var got []string
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		_, message, _ := strings.Cut(line, `msg="`)
		got = append(got, strings.TrimSuffix(message, `"`))
	}
	want := []string{
		"(V) setting firewall drop rule", "(V) setting VIPs.", "(V) setting E-VIPs.", "(V) setting Virtual Rules",
		"(V) removing Virtual Rules", "(V) removing VIPs.", "(V) removing E-VIPs.", "(V) removing firewall drop rule",
		"(A) setting VIPs.",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("lines\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
