package dump

import (
	"encoding/json"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares with a file of testdata. The files were compared with those of a keepalived that ran
// the same configuration.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		var g, w string
		if i < len(gotLines) {
			g = gotLines[i]
		}
		if i < len(wantLines) {
			w = wantLines[i]
		}
		if g != w {
			t.Fatalf("%s:%d: got\n%s\nwant\n%s", name, i+1, g, w)
		}
	}
	if string(got) != string(want) {
		t.Fatalf("%s: the lines are the same, the files are not", name)
	}
}

var (
	seconds     = func(n int) time.Duration { return time.Duration(n) * time.Second }
	defaultGARP = GARP{Delay: seconds(5), Repeat: 5, RefreshRepeat: 1, LowerPrioDelay: seconds(5), LowerPrioRepeat: 5}
	transition  = time.UnixMicro(1795343961439590)
	v4Group     = netip.MustParseAddr("224.0.0.18")
	v6Group     = netip.MustParseAddr("ff02::12")
)

func address(prefix string, change func(*Address)) Address {
	a := Address{Prefix: netip.MustParsePrefix(prefix), Interface: "eth0", Set: true}
	if change != nil {
		change(&a)
	}
	return a
}

// master is a VRRPv2 Master with one of everything.
func master() Instance {
	return Instance{
		Name: "S1", SyncGroup: "G", VRID: 61, Version: 2, State: Master, Want: Master,
		LastTransition: transition, ReadTimeout: transition.Add(seconds(3)), LastAdvertSent: transition.Add(seconds(2)),
		MasterDownTimer: 3355468 * time.Microsecond,
		Interface:       "eth0", Source: netip.MustParseAddr("10.9.0.1"), Multicast: v4Group, IfIndex: 3, ReceiveFD: 14, SendFD: 15,
		BasePriority: 150, EffectivePriority: 165, TotalPriority: 165, AdvertInterval: seconds(1),
		Accept: true, Preempt: true, GARP: defaultGARP, DownTimerAdverts: 3, Auth: AuthPass,
		VIPSet: true,
		VIPs: []Address{
			address("10.9.0.61/24", func(a *Address) { a.Label = "eth0:1" }),
			address("10.9.0.62/24", func(a *Address) { a.Broadcast = netip.MustParseAddr("10.9.0.255") }),
		},
		ExcludedVIPs:    []Address{address("10.9.0.63/32", nil)},
		Routes:          []string{"prepend 10.77.0.0/24 via inet 10.9.0.254 proto 18 [dev eth0]"},
		Rules:           []string{"from 10.9.0.61 priority 16384 tos 0x0 protocol 18 lookup 100"},
		TrackInterfaces: []Track{{Name: "lo", Weight: 5}},
		TrackScripts:    []Track{{Name: "ck", Weight: 10, Command: []string{"/usr/bin/true"}}},
		Notify: Notify{
			Master: &Command{Args: []string{"/usr/bin/true", "m"}},
			Any:    &Command{Args: []string{"/usr/bin/true", "a"}},
		},
		Counters: Counters{AdvertsSent: 2, BecameMaster: 1},
	}
}

// backup is a VRRPv3 unicast Backup.
func backup() Instance {
	return Instance{
		Name: "S2", VRID: 62, Version: 3, State: Backup, Want: Backup, LastTransition: transition,
		MasterAddr: netip.MustParseAddr("10.9.0.2"), MasterPriority: 200, MasterAdvertInterval: 500 * time.Millisecond,
		MasterDownTimer: 1804687 * time.Microsecond, ReadTimeout: transition.Add(seconds(2)),
		Interface: "eth0", Source: netip.MustParseAddr("10.9.0.1"), SourceConfigured: true,
		Unicast: true, UnicastTTL: 255, UnicastChecksum: "no", ReceiveFD: 16, SendFD: 17,
		Peers:        []Peer{{Addr: netip.MustParseAddr("10.9.0.2"), MaxTTL: 255}, {Addr: netip.MustParseAddr("10.9.0.3"), MinTTL: 250, MaxTTL: 255}},
		BasePriority: 100, EffectivePriority: 97, TotalPriority: 97, AdvertInterval: 250 * time.Millisecond,
		Strict: true, SkipCheckAdvAddr: true, DontTrackPrimary: true, LowerPrioNoAdvert: true, PreemptDelay: seconds(5), Preempt: true,
		GARP: GARP{Refresh: seconds(60)}, DownTimerAdverts: 3, DebugLevel: 2, KernelBuffer: 40000,
		VIPs:           []Address{{Prefix: netip.MustParsePrefix("10.9.0.70/32"), Interface: "eth0"}},
		TrackFiles:     []Track{{Name: "tf", Weight: -3}},
		TrackProcesses: []Track{{Name: "pp", Weight: 3, Reverse: true}},
		TrackBFDs:      []Track{{Name: "peer"}, {Name: "core", Weight: -10, Reverse: true}},
		HMAC:           &HMAC{Keys: 2, Active: 7, Mode: "permissive", AntiReplay: "monotonic"},
		SMTPAlert:      true, NotifyDeleted: true, NotifyPriorityChanges: true,
		Notify: Notify{
			Backup: &Command{Args: []string{"/b"}, UID: 1000, GID: 100}, Fault: &Command{Args: []string{"/f"}},
			Stop: &Command{Args: []string{"/s"}}, Deleted: &Command{Args: []string{"/d"}}, MasterRxLowerPri: &Command{Args: []string{"/r", "it's"}},
		},
		Counters: Counters{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20},
	}
}

// vmacOwner is an IPv6 instance in FAULT that owns its addresses and has a VMAC.
func vmacOwner() Instance {
	onVMAC := func(a *Address) { a.Interface, a.BaseInterface, a.Set = "vrrp.63", "eth0", false }
	return Instance{
		Name: "S6", VRID: 63, Version: 3, IPv6: true, State: Fault, Want: Master, LastTransition: transition,
		TrackerFaults: 1, InterfaceFaults: []string{"interface down"},
		MasterDownTimer: time.Microsecond, Interface: "vrrp.63", BaseInterface: "eth0", VMACUp: true, Multicast: v6Group, IfIndex: 4,
		ReceiveFD: -1, SendFD: -1, BasePriority: 255, EffectivePriority: 255, TotalPriority: 255, AdvertInterval: seconds(1),
		Accept: true, Preempt: true, GARP: defaultGARP, DownTimerAdverts: 3, HigherPrioSendAdvert: true, OwnerIgnoreAdverts: true,
		VIPs: []Address{address("fe80::99/64", onVMAC), address("2001:db8::2/128", onVMAC)},
	}
}

func everything() *State {
	return &State{
		Global: Global{
			RouterID: "R1", SMTPServer: "10.9.0.2", SMTPPort: 25, SMTPHelo: "vm", SMTPTimeout: seconds(30), EmailFrom: "root@vm", Emails: []string{"a@b.c"},
			DefaultInterface: "eth0", Multicast4: v4Group, Multicast6: v6Group, GARP: defaultGARP, DownTimerAdverts: 3, Version: 2, Umask: 0o177,
			AutoPriorityDelay: time.Second, BufferFactor: 3,
		},
		StaticAddresses: []Address{address("10.99.0.1/24", nil)},
		StaticRoutes:    []string{"prepend 10.98.0.0/24 via inet 10.9.0.2 dev eth0 proto 18"},
		StaticRules:     []string{"from 10.98.0.0/24 priority 16384 tos 0x0 protocol 18 lookup 5"},
		TrackGroups:     []TrackGroup{{"TG", []string{"S1", "S2"}}},
		Instances:       []Instance{master(), backup(), vmacOwner()},
		Sockets: []Socket{
			{ReceiveFD: 14, SendFD: 15, Interface: "eth0", Instances: []SocketUser{{"S1", 61}}},
			{ReceiveFD: 16, SendFD: 17, Interface: "eth0", Unicast: true, Addr: netip.MustParseAddr("10.9.0.1"), Instances: []SocketUser{{"S2", 62}}},
			{ReceiveFD: -1, SendFD: -1, Interface: "vrrp.63", IPv6: true, Instances: []SocketUser{{"S6", 63}}},
		},
		SyncGroups: []SyncGroup{{
			Name: "G", State: Master, TrackingWeight: true, Members: []string{"S1", "S2"}, TrackInterfaces: []Track{{Name: "eth1"}}, TrackScripts: []Track{{Name: "ck", Weight: 10}},
			TrackBFDs: []Track{{Name: "peer"}},
			Notify:    Notify{Any: &Command{Args: []string{"/usr/bin/true", "all"}}},
		}},
		Scripts: []Script{
			{Name: "ck", Command: Command{Args: []string{"/usr/bin/true", "x"}}, Interval: seconds(2), Weight: 10, Rise: 1, Fall: 1, Result: 1, Good: true,
				Instances: []Track{{Name: "S1", Weight: 10}, {Name: "S3", Weight: 10}}},
			{Name: "bad", Command: Command{Args: []string{"/usr/bin/false"}, UID: 5, GID: 6}, Interval: 1500 * time.Millisecond, Timeout: seconds(3), Weight: -5, Reverse: true,
				Rise: 3, Fall: 2, InitFailed: true, Running: true, Instances: []Track{{Name: "F", Weight: -5, Reverse: true}}},
		},
		TrackFiles: []TrackFile{{Name: "tf", File: "/var/tf", Status: 7, Weight: 1, Instances: []Track{{Name: "S2", Weight: -3}}}},
		TrackProcesses: []TrackProcess{
			{Name: "pp", Process: "bash", Min: 1, Max: -1, Weight: 3, Instances: []Track{{Name: "S2", Weight: 3, Reverse: true}}},
			{Name: "qq", Process: "sh", Parameters: []string{"-c", "x"}, ParamMatch: "initial", Min: 2, Max: 4, Current: 3, Quorum: true, TerminateDelay: 1500 * time.Millisecond,
				ForkDelay: seconds(2), ForkRunning: true, FullCommand: true},
		},
		BFDs: []BFD{
			{
				Name: "peer", Neighbor: netip.MustParseAddr("10.9.0.2"), Source: netip.MustParseAddr("10.9.0.1"), MinRX: 10 * time.Millisecond,
				MinTX: 20 * time.Millisecond, IdleTX: seconds(1), Multiplier: 3, TTL: 255, ToVRRP: true, ToChecker: true, SendFD: 11,
				State: "Up", RemoteState: "Up", Discr: 0x16d9d256, RemoteDiscr: 0x2a2449b1, Diag: "No Diagnostic", RemoteDiag: "No Diagnostic",
				RemoteMinTX: 40 * time.Millisecond, RemoteMinRX: 50 * time.Millisecond, RemoteMultiplier: 5, Polling: true, LastSeen: transition,
				Interval: 50 * time.Millisecond, RemoteInterval: 40 * time.Millisecond, DetectionTime: 200 * time.Millisecond,
				RemoteDetection: 150 * time.Millisecond, Instances: []Track{{Name: "S2"}, {Name: "S1", Weight: 5}},
			},
			{
				Name: "core", Neighbor: netip.MustParseAddr("fd09::2"), MinRX: 10 * time.Millisecond, MinTX: 10 * time.Millisecond, IdleTX: seconds(1),
				Multiplier: 5, TTL: 64, MaxHops: 3, Passive: true, ToVRRP: true, Weight: 7, Reverse: true, SendFD: 12, SendError: true, State: "Down",
				RemoteState: "Down", Discr: 9, Diag: "Control Detection Time Expired", RemoteDiag: "No Diagnostic", RemoteDemand: true, Interval: seconds(1),
			},
			{Name: "servers", Neighbor: netip.MustParseAddr("10.9.0.3"), ToChecker: true, State: "Down", RemoteState: "Down", Diag: "No Diagnostic", RemoteDiag: "No Diagnostic"},
		},
		Interfaces: []Interface{
			{Name: "lo", Index: 1, IPv4: netip.MustParseAddr("127.0.0.1"), Up: true, Running: true, Loopback: true, NoBroadcast: true, NoMulticast: true, MTU: 65536},
			{Name: "eth0", Index: 3, IPv4: netip.MustParseAddr("10.9.0.1"), MAC: "1e:bd:6a:f8:17:db", Up: true, Running: true, MTU: 1500, Instances: []Track{{Name: "S1"}, {Name: "S6", Weight: 255}}},
			{Name: "vrrp.63", Index: 4, MAC: "00:00:5e:00:02:3f", Base: "eth0", Created: true, MTU: 1500},
		},
		Own: []Line{{Name: "Late timers", Value: "2"}, {Name: "Longest lateness", Value: "0.250000"}},
	}
}

func TestDataFile(t *testing.T) {
	time.Local = time.UTC // the dates are local time
	golden(t, "keepalived.data", Data(everything()))
	golden(t, "keepalived_parent.data", ParentData(&everything().Global))
	golden(t, "keepalived_bfd.data", BFDData(everything()))
}

func TestDataWithoutInstancesHasTwoSections(t *testing.T) {
	got := string(Data(&State{}))
	if strings.Count(got, "------<") != 2 || !strings.HasSuffix(got, "------< Interfaces >------\n") {
		t.Errorf("got\n%s", got)
	}
}

func TestEmptySectionHidesNoOther(t *testing.T) {
	got := string(Data(&State{StaticRules: []string{"from all"}}))
	if !strings.Contains(got, "\n------< Static Rules >------\n     from all\n") || strings.Contains(got, "Static Routes") {
		t.Errorf("got\n%s", got)
	}
}

func TestStatsFile(t *testing.T) {
	golden(t, "keepalived.stats", Stats(everything()))
}

func TestJSONFile(t *testing.T) {
	golden(t, "keepalived.json", JSON(everything(), 1))
	golden(t, "keepalived_v2.json", JSON(everything(), 2))
}

// TestJSONOfAMaster is a line that keepalived 2.4 printed, with the six counters that were 0 behind it.
func TestJSONOfAMaster(t *testing.T) {
	want := `[{"data":{"iname":"S1","dont_track_primary":0,"skip_check_adv_addr":0,"strict_mode":0,"vmac_ifname":"","ifp_ifname":"eth0","master_priority":0,"last_transition":1795343961.439590,"garp_delay":5,"garp_refresh":0,"garp_rep":5,"garp_refresh_rep":1,"garp_lower_prio_delay":5,"garp_lower_prio_rep":5,"lower_prio_no_advert":0,"higher_prio_send_advert":0,"vrid":61,"base_priority":150,"effective_priority":165,"vipset":true,"promote_secondaries":false,"adver_int":1,"master_adver_int":1,"accept":1,"nopreempt":false,"preempt_delay":0,"state":2,"wantstate":2,"version":2,"smtp_alert":false,"notify_deleted":false,"script_master":"'\/usr\/bin\/true' 'm'","script":"'\/usr\/bin\/true' 'a'","vips":["10.9.0.61\/24 dev eth0 scope global label eth0:1 set","10.9.0.62\/24 brd 10.9.0.255 dev eth0 scope global set"],"evips":["10.9.0.63 dev eth0 scope global set"],"vroutes":["prepend 10.77.0.0\/24 via inet 10.9.0.254 proto 18 [dev eth0]"],"vrules":["from 10.9.0.61 priority 16384 tos 0x0 protocol 18 lookup 100"],"track_ifp":["lo"],"track_script":["'\/usr\/bin\/true'"],"auth_type":1,"auth_data":"********"},"stats":{"advert_rcvd":0,"advert_sent":2,"become_master":1,"release_master":0,"packet_len_err":0,"advert_interval_err":0,"ip_ttl_err":0,"invalid_type_rcvd":0,"addr_list_err":0,"invalid_authtype":0,"authtype_mismatch":0,"auth_failure":0,"auth_ext_missing":0,"auth_ext_malformed":0,"auth_ext_unknown_key":0,"auth_ext_invalid_hmac":0,"auth_ext_stale":0,"auth_ext_replay":0,"pri_zero_rcvd":0,"pri_zero_sent":0}}]` + "\n"
	if got := string(JSON(&State{Instances: []Instance{master()}}, 1)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestJSONIsJSON(t *testing.T) {
	state := everything()
	state.Instances[0].Name = "a\"b\\c/d\n\t\r\x01é\xff"
	for version := 1; version <= 2; version++ {
		var any any
		if err := json.Unmarshal(JSON(state, version), &any); err != nil {
			t.Errorf("version %d: %v", version, err)
		}
	}
	var read []struct{ Data struct{ Iname string } }
	if err := json.Unmarshal(JSON(state, 1), &read); err != nil {
		t.Fatal(err)
	}
	if got, want := read[0].Data.Iname, "a\"b\\c/d\n\t\r\x01é\ufffd"; got != want {
		t.Errorf("the name is read back as %q, want %q", got, want)
	}
}

func TestJSONOfNoInstanceIsNothing(t *testing.T) {
	for version := 1; version <= 2; version++ {
		if got := JSON(&State{}, version); got != nil {
			t.Errorf("version %d: %q", version, got)
		}
	}
}

func TestNumbersArePrintedAsCDoes(t *testing.T) {
	for d, want := range map[time.Duration]string{ // what printf("%g") prints
		0: "0", seconds(5): "5", 500 * time.Millisecond: "0.5", 10 * time.Millisecond: "0.01", 1234567 * time.Microsecond: "1.23457",
		seconds(100000): "100000", seconds(1000000): "1e+06", 10 * time.Microsecond: "1e-05", 40950 * time.Millisecond: "40.95",
	} {
		o := &object{}
		o.seconds("k", d)
		if got := string(o.b); got != `"k":`+want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
