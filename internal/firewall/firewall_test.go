package firewall

import (
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/nettest"
	"github.com/govrrpd/govrrpd/test/peers"
)

func TestMain(m *testing.M) { nettest.Main(m) }

var update = flag.Bool("update", false, "rewrite the golden files")

// host is a namespace with the link eth0 and a Firewall inside, which nft looks at.
type host struct {
	*nettest.Namespace
	*Firewall
	nft peers.Program
}

func newHost(t testing.TB) host {
	t.Helper()
	h := host{Namespace: nettest.New(t), nft: peers.Need(t, "nft")}
	nettest.Link(t, h.Namespace, nettest.New(t), "eth0", "eth0")
	return h
}

func (h host) open(t testing.TB, cfg Config) host {
	t.Helper()
	h.Do(t, func() {
		t.Helper()
		var err error
		if h.Firewall, err = Open(cfg); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// run runs nft and returns what it prints.
func (h host) run(t testing.TB, args ...string) string {
	t.Helper()
	cmd := exec.Command(h.nft.Path, args...)
	cmd.Env = append(os.Environ(), h.nft.Env...)
	var out []byte
	h.Do(t, func() {
		t.Helper()
		var err error
		if out, err = cmd.CombinedOutput(); err != nil {
			t.Fatalf("nft %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	})
	return string(out)
}

// rules is the rule set, with its counters at 0.
func (h host) rules(t testing.TB) string {
	t.Helper()
	return h.run(t, "--stateless", "list", "ruleset")
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func expectGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		check(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	check(t, err)
	if got != string(want) {
		t.Errorf("%s: rules are\n%s\nwant\n%s", name, got, want)
	}
}

func (h host) drop(owner string, list []Address) error {
	return h.Drop(Want{Owner: owner, Addresses: list})
}

func addresses(texts ...string) (list []Address) {
	for _, text := range texts {
		list = append(list, Address{Addr: netip.MustParseAddr(text), Index: 1})
	}
	return list
}

var plain = Config{Table: "keepalived", Priority: -1}

func TestRulesForAddresses(t *testing.T) {
	h := newHost(t).open(t, plain)
	if got := h.rules(t); got != "" {
		t.Errorf("before the first address there is\n%s", got)
	}
	check(t, h.drop("A", addresses("192.0.2.1", "192.0.2.2")))
	expectGolden(t, "ipv4.nft", h.rules(t))
	check(t, h.drop("B", addresses("2001:db8::1", "fe80::1")))
	expectGolden(t, "both.nft", h.rules(t))
	check(t, h.Accept("A"))
	check(t, h.Accept("B"))
	expectGolden(t, "empty.nft", h.rules(t))
	check(t, h.Remove())
	if got := h.rules(t); got != "" {
		t.Errorf("after the end there is\n%s", got)
	}
}

func TestRulesWithDevicesNamesAndCounters(t *testing.T) {
	h := newHost(t).open(t, Config{Table: "mine", Priority: 7, Counters: true})
	check(t, h.SetDevices([]Device{
		{Name: "vrrp.2", Parent: 2, IPv6: true, LinkLocal: []netip.Addr{netip.MustParseAddr("fe80::2")}},
		{Name: "vrrp.1", Parent: 1, IPv4: true},
	}))
	check(t, h.drop("A", []Address{{Addr: netip.MustParseAddr("fe80::1"), Index: 2, Name: "eth0"}}))
	expectGolden(t, "devices.nft", h.rules(t))
	check(t, h.Configure(Config{Table: "other", Priority: -1}))
	expectGolden(t, "configured.nft", h.rules(t))
}

func TestAddressOfTwoOwnersIsDroppedUntilBothAccept(t *testing.T) {
	h := newHost(t).open(t, plain)
	check(t, h.drop("A", addresses("192.0.2.1")))
	check(t, h.drop("B", addresses("192.0.2.1", "192.0.2.2")))
	check(t, h.Accept("A"))
	h.expectElements(t, "vips", "192.0.2.1", "192.0.2.2")
	check(t, h.drop("B", addresses("192.0.2.2", "192.0.2.3")))
	h.expectElements(t, "vips", "192.0.2.2", "192.0.2.3")
	check(t, h.Accept("B"))
	h.expectElements(t, "vips")
}

func (h host) expectElements(t testing.TB, set string, want ...string) {
	t.Helper()
	text := h.run(t, "list", "set", "ip", "keepalived", set)
	got := 0
	if _, after, found := strings.Cut(text, "elements = {"); found {
		list, _, _ := strings.Cut(after, "}")
		got = strings.Count(list, ",") + 1
	}
	for _, one := range want {
		if !strings.Contains(text, one) {
			t.Errorf("%s is not in\n%s", one, text)
		}
	}
	if got != len(want) {
		t.Errorf("%d elements, want %d in\n%s", got, len(want), text)
	}
}

func TestTablesOfAnEarlierRunAreReplaced(t *testing.T) {
	h := newHost(t)
	for _, family := range []string{"ip", "ip6"} {
		h.run(t, "add", "table", family, "keepalived")
		h.run(t, "add", "chain", family, "keepalived", "stale")
	}
	h.run(t, "add", "table", "ip", "foreign")
	h = h.open(t, plain)
	check(t, h.drop("A", addresses("192.0.2.1")))
	if got := h.rules(t); strings.Contains(got, "stale") || strings.Contains(got, "ip6") ||
		!strings.Contains(got, "192.0.2.1") || !strings.Contains(got, "foreign") {
		t.Errorf("there is\n%s", got)
	}
}

func TestChangeAfterAForeignFlushPutsEverythingBack(t *testing.T) {
	h := newHost(t).open(t, plain)
	check(t, h.drop("A", addresses("192.0.2.1", "2001:db8::1")))
	for _, change := range []func() error{
		func() error { return h.drop("B", addresses("192.0.2.2")) },
		func() error { return h.Accept("B") },
	} {
		h.run(t, "flush", "ruleset")
		check(t, change())
		if got := h.rules(t); !strings.Contains(got, "192.0.2.1") || !strings.Contains(got, "2001:db8::1") {
			t.Errorf("after a flush and a change there is\n%s", got)
		}
	}
}

func TestThousandsOfAddressesInOneChange(t *testing.T) {
	h := newHost(t).open(t, plain)
	const many = 5000
	var list []Address
	for i := range many {
		list = append(list, Address{Addr: netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)})},
			Address{Addr: netip.AddrFrom16([16]byte{0: 0xfe, 1: 0x80, 14: byte(i >> 8), 15: byte(i)}), Index: 1, Name: "eth0"})
	}
	check(t, h.drop("A", list))
	check(t, h.Restore())
	if got := strings.Count(h.rules(t), "10.1."); got != many {
		t.Errorf("%d IPv4 addresses are in the rules, want %d", got, many)
	}
	if got := strings.Count(h.rules(t), `. "eth0"`); got != many {
		t.Errorf("%d IPv6 addresses are in the rules, want %d", got, many)
	}
	check(t, h.Accept("A"))
	if got := strings.Count(h.rules(t), "10.1."); got != 0 {
		t.Errorf("%d addresses are left", got)
	}
}

func TestWatchTellsOfForeignChangesOnly(t *testing.T) {
	h := newHost(t).open(t, plain)
	check(t, h.drop("A", addresses("192.0.2.1")))
	disturbed := make(chan struct{}, 100)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	h.Do(t, func() {
		t.Helper()
		w, err := Watch(plain.Table, h.Port())
		check(t, err)
		go func() { done <- w.Run(ctx, func() { disturbed <- struct{}{} }) }()
	})
	check(t, h.drop("B", addresses("192.0.2.2")))
	check(t, h.Restore())
	check(t, h.Accept("B"))
	h.run(t, "add", "table", "ip", "foreign")
	h.run(t, "flush", "table", "ip", "foreign")
	h.run(t, "delete", "table", "ip", "foreign")
	expect := func(what string, args ...string) {
		t.Helper()
		if n := len(disturbed); n > 0 {
			t.Fatalf("disturbed %d times before %s", n, what)
		}
		h.run(t, args...)
		select {
		case <-disturbed:
		case <-time.After(10 * time.Second):
			t.Fatalf("nothing heard of %s", what)
		}
		for len(disturbed) > 0 {
			<-disturbed
		}
	}
	expect("an element", "delete", "element", "ip", plain.Table, "vips", "{ 192.0.2.1 }")
	check(t, h.Restore())
	expect("all rules", "flush", "ruleset")
	cancel()
	check(t, <-done)
}

func TestSeveralOwnersInOneChange(t *testing.T) {
	h := newHost(t).open(t, plain)
	check(t, h.Drop(Want{"A", addresses("192.0.2.1")}, Want{"B", addresses("192.0.2.2", "192.0.2.1")}))
	h.expectElements(t, "vips", "192.0.2.1", "192.0.2.2")
	check(t, h.Drop(Want{"A", nil}, Want{"B", addresses("192.0.2.3")}))
	h.expectElements(t, "vips", "192.0.2.3")
	check(t, h.Drop(Want{"A", addresses("192.0.2.4")}, Want{"B", addresses("192.0.2.5")}))
	h.expectElements(t, "vips", "192.0.2.4", "192.0.2.5")
}

// TestChangeAfterOneThatFailedSetsEverythingUp, for what is in the kernel is not known then.
func TestChangeAfterOneThatFailedSetsEverythingUp(t *testing.T) {
	h := newHost(t).open(t, plain)
	h.cfg.Table = strings.Repeat("x", 300) // the kernel takes no such name
	if err := h.drop("A", addresses("192.0.2.1")); err == nil {
		t.Error("no error")
	}
	h.cfg.Table = plain.Table
	check(t, h.drop("A", addresses("192.0.2.1")))
	h.expectElements(t, "vips", "192.0.2.1")
}

func TestErrorNamesTheTable(t *testing.T) {
	h := newHost(t).open(t, plain)
	check(t, h.Close())
	// A name that the kernel does not take shows how an error reads.
	h = h.open(t, plain)
	h.cfg.Table = strings.Repeat("x", 300)
	err := h.drop("A", addresses("192.0.2.1"))
	if err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("set up nftables table %s: ", h.cfg.Table)) {
		t.Errorf("error is %v", err)
	}
}
