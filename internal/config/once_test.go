package config

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// instanceWith is a configuration of one instance with a few lines more.
func instanceWith(lines string) string {
	return "vrrp_instance V {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress { 192.0.2.1/24 }\n" + lines + "\n}\n"
}

func TestEachMistakeIsToldOnce(t *testing.T) {
	for _, lines := range []string{
		"linkbeat_use_polling",
		"lvs_sync_daemon_interface eth0",
		"nopreempt\nthread_timer_expired 5",
		"vrf",
		"virtual_ipaddress {\n192.0.2\n}",
	} {
		if c := decode(instanceWith(lines)); len(c.Diagnostics) != 1 {
			t.Errorf("%s: %d findings, want one:\n%s", lines, len(c.Diagnostics), printed(c))
		}
	}
}

// TestAddressesThatCannotBeUsedAreNotMissing: where the daemon can run without them nothing is to be added to
// what was said of each; where it cannot, that they were all there is.
func TestAddressesThatCannotBeUsedAreNotMissing(t *testing.T) {
	const text = "vrrp_instance V {\ninterface eth0\nvirtual_router_id 51\n%s\nvirtual_ipaddress {\n192.0.2\n192.0.2.256\n}\n}\n"
	if c := decode(fmt.Sprintf(text, "version 2")); len(c.Diagnostics) != 2 || c.Refused() || c.ExitCode() != 5 {
		t.Errorf("VRRP version 2: exit %d, refused %v\n%s", c.ExitCode(), c.Refused(), printed(c))
	}
	c := decode(fmt.Sprintf(text, "version 3"))
	if said := printed(c); !c.Refused() || strings.Contains(said, "No VIP specified") || !strings.Contains(said, "no VIP is left") {
		t.Errorf("VRRP version 3: refused %v\n%s", c.Refused(), said)
	}
}

func TestDelayOfTheOwnInterfaceDoesNotOutlastTheMaster(t *testing.T) {
	for _, test := range []struct {
		delays, lines string
		down, up      time.Duration
		says          string
	}{
		{"1 1", "", time.Second, time.Second, ""},
		{"3 3", "", 2*time.Second - time.Second/256, 2*time.Second - time.Second/256, "is longer than a Backup waits"},
		{"3 1", "", 2*time.Second - time.Second/256, time.Second, "is longer than a Backup waits"},
		{"3 3", "advert_int 2", 3 * time.Second, 3 * time.Second, ""},
		{"3 3", "down_timer_adverts 4", 3*time.Second - time.Second/256, 3*time.Second - time.Second/256, "is longer than a Backup waits"},
		{"0 3", "down_timer_adverts 1", 0, 0, "there is no time"},
		{"0 0", "down_timer_adverts 1", 0, 0, ""},
	} {
		c := decode("interface_up_down_delays {\neth0 " + test.delays + "\neth1 9 9\n}\n" + instanceWith(test.lines))
		own, other := c.Delays[0], c.Delays[1]
		if own.Down != test.down || own.Up != test.up || other.Down != 9*time.Second {
			t.Errorf("%s, %s: eth0 %v %v, eth1 %v; want %v %v", test.delays, test.lines, own.Down, own.Up, other.Down, test.down, test.up)
		}
		if said := printed(c); !strings.Contains(said, test.says) || test.says == "" && strings.Contains(said, "GV0446") || c.ExitCode() != 0 {
			t.Errorf("%s, %s: exit %d, want %q in\n%s", test.delays, test.lines, c.ExitCode(), test.says, said)
		}
	}
}

func TestNativeIPv6OverridesTheVersionBeforeIt(t *testing.T) {
	c := decode("vrrp_instance V {\ninterface eth0\nvirtual_router_id 51\nversion 2\nnative_ipv6\nvirtual_ipaddress { fe80::1 }\n}\n")
	if v := c.Instances[0]; v.Version != 3 || !v.IPv6 || c.ExitCode() != 0 {
		t.Errorf("version %d, IPv6 %v, exit %d\n%s", v.Version, v.IPv6, c.ExitCode(), printed(c))
	}
}

func TestGroupNeedNotTrackAMembersOwnInterface(t *testing.T) {
	const group = "vrrp_sync_group G {\ngroup { V W }\ntrack_interface { eth0 }\n}\nvrrp_instance W {\ninterface eth1\nvirtual_router_id 52\nvirtual_ipaddress { 192.0.2.2/24 }\n}\n"
	if c := decode(group + instanceWith("")); c.ExitCode() != 5 || !strings.Contains(printed(c), "tracks interface eth0") {
		t.Errorf("exit %d\n%s", c.ExitCode(), printed(c))
	}
	if c := decode(group + instanceWith("dont_track_primary")); c.ExitCode() != 0 {
		t.Errorf("with dont_track_primary: exit %d\n%s", c.ExitCode(), printed(c))
	}
}

func TestInstanceWithNowhereToSendStaysInFault(t *testing.T) {
	c := decode("vrrp_instance V {\nvirtual_router_id 51\nunicast_src_ip 192.0.2.9\nvirtual_ipaddress { 192.0.2.1/24 dev eth0 }\n}\n")
	if c.Instances[0].ConfigFault == "" || c.Refused() {
		t.Errorf("fault %q, refused %v\n%s", c.Instances[0].ConfigFault, c.Refused(), printed(c))
	}
}

// TestScriptThatCannotRunCountsForSecurity: keepalived counts a script that is there but not executable.
func TestScriptThatCannotRunCountsForSecurity(t *testing.T) {
	for script, want := range map[string]int{"/ok": 6, "/noexec": 6, "/missing": 0} {
		if c := decode(instanceWith("notify " + script)); c.ExitCode() != want {
			t.Errorf("notify %s: exit %d, want %d\n%s", script, c.ExitCode(), want, printed(c))
		}
	}
}

// TestAuthenticationTakesRoom: a header or a trailer leaves room for fewer addresses (RFC 9568 bounds the packet by the MTU).
func TestAuthenticationTakesRoom(t *testing.T) {
	const ah = "authentication {\nauth_type AH\nauth_pass x\n}\n"
	const hmac = "auth_hmac {\nkey 1 abcdefghijklmnopqrstuvwxyz0123456789\nactive_key 1\n}\n"
	for _, test := range []struct {
		lines string
		ipv6  bool
		most  int
	}{
		{"", true, 89}, {hmac, true, 88}, {"interface small0\n", false, 4}, {"interface small0\n" + ah, false, 0}, {"interface small0\n" + hmac, false, 0},
	} {
		var vips strings.Builder
		for i := range 200 {
			if test.ipv6 {
				fmt.Fprintf(&vips, "fe80::1:%x/64\n", i)
			} else {
				fmt.Fprintf(&vips, "192.0.2.%d/24\n", i+1)
			}
		}
		iface := "interface eth0\n"
		if strings.HasPrefix(test.lines, "interface") {
			iface = ""
		}
		c := decode("vrrp_instance V {\n" + iface + "virtual_router_id 51\n" + test.lines + "virtual_ipaddress {\n" + vips.String() + "}\n}\n")
		if got := len(c.Instances[0].VIPs); got != test.most {
			t.Errorf("%q: room for %d addresses, want %d\n%.300s", test.lines, got, test.most, printed(c))
		}
	}
}

// TestKeyFilesCountForSecurity: a key that others can read is used, and the check says so.
func TestKeyFilesCountForSecurity(t *testing.T) {
	for file, want := range map[string]int{"/k/plain": 0, "/k/shared": 6, "/k/missing": 5} {
		c := decode(instanceWith("auth_hmac {\nkey 1 file:" + file + "\nactive_key 1\n}"))
		if used := c.Instances[0].HMAC != nil; c.ExitCode() != want || used != (want != 5) {
			t.Errorf("%s: exit %d, want %d; used %v\n%s", file, c.ExitCode(), want, used, printed(c))
		}
	}
}

func TestStrictModeEnforcesAuthHMAC(t *testing.T) {
	const hmac = "strict_mode\nauth_hmac {\nkey 1 abcdefghijklmnopqrstuvwxyz0123456789\nactive_key 1\nmode "
	for mode, want := range map[string]int{"enforce": 0, "permissive": 5, "receive-only": 5} {
		if c := decode(instanceWith(hmac + mode + "\n}")); c.ExitCode() != want {
			t.Errorf("%s: exit %d, want %d\n%s", mode, c.ExitCode(), want, printed(c))
		} else if got := c.Instances[0].HMAC.Mode; got != HMACEnforce {
			t.Errorf("%s: the mode is %s", mode, got)
		}
	}
}
