package rawsock

import (
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestNothingArrivesBeforeTheFirstFilter(t *testing.T) {
	c := newCable(t)
	for _, group := range []netip.Addr{group4, group6} {
		r := c.receiver(t, Config{Group: group}, true)
		witness := open(t, c.receiver(t, Config{Group: group}, true))
		s := c.sender(t, Config{Group: group}, true)
		source, pdu := near4, pdu3
		if group.Is6() {
			source, pdu = near6, pdu6
		}
		send(t, s, s.Prepare(source, group, 0, pdu(1)))
		receive(t, witness, 1)
		open(t, r)
		send(t, s, s.Prepare(source, group, 0, pdu(2)))
		if got := receive(t, r, 1); len(got) != 1 || got[0].Payload[1] != 2 {
			t.Errorf("%s: got %d packets, the first of VRID %d, want only that of VRID 2", group, len(got), got[0].Payload[1])
		}
	}
}

// What package net opens is heard by everybody's packets until it is bound and filtered.
func TestWhatCameBeforeTheFilterIsDiscarded(t *testing.T) {
	c := newCable(t)
	witness := open(t, c.receiver(t, Config{Group: group4}, true))
	s := c.sender(t, Config{Group: group4}, true)
	r := c.receiver(t, Config{Group: group4}, true)
	open(t, r) // as if the filter had been attached too late
	const before = 2*firstBatch + 3
	for range before {
		send(t, s, s.Prepare(near4, group4, 0, pdu3(1)))
	}
	receive(t, witness, before)
	if err := r.discard(); err != nil {
		t.Fatal(err)
	}
	if n, err := r.Receive(func(*Packet) {}); n != 0 || err != nil {
		t.Errorf("Receive after discard: %d, %v", n, err)
	}
}

func TestKernelPassesExactlyTheFiltersVRIDs(t *testing.T) {
	c := newCable(t)
	for _, family := range []struct {
		group, source netip.Addr
		pdu           func(vrid byte) []byte
	}{{group4, near4, pdu3}, {group6, near6, pdu6}} {
		r := c.receiver(t, Config{Group: family.group, ReceiveBuffer: 1 << 21}, true)
		s := c.sender(t, Config{Group: family.group}, true)
		for number, set := range vridSets() {
			set[number] = true // at least one, to see that all have come by
			if err := r.SetFilter(set, false); err != nil {
				t.Fatal(err)
			}
			want := 0
			for vrid := range 256 {
				d := s.Prepare(family.source, family.group, 0, family.pdu(byte(vrid)))
				// A broken advert of the right VRID must arrive as well.
				d.PDU()[0] = 0x97
				send(t, s, d)
				if set[vrid] {
					want++
				}
			}
			got := receive(t, r, want)
			if len(got) != want {
				t.Errorf("set %d: %d packets, want %d", number, len(got), want)
			}
			for _, p := range got {
				if !set[p.Payload[1]] {
					t.Errorf("set %d: VRID %d passed", number, p.Payload[1])
				}
			}
		}
	}
}

func TestReceiveIsBoundedInAFlood(t *testing.T) {
	c := newCable(t)
	r := open(t, c.receiver(t, Config{Group: group4, ReceiveBuffer: 8 << 20}, true))
	s := c.sender(t, Config{Group: group4}, true)
	d := s.Prepare(near4, group4, 0, pdu3(1))
	const flood = 400 // fits the buffer that a process without CAP_NET_ADMIN may have
	for id := range uint16(flood) {
		d.SetID(id + 1)
		send(t, s, d)
	}
	next, calls := 1, 0
	for end := time.Now().Add(soon); next <= flood; calls++ {
		awaitReadable(t, r.FD(), end)
		n, err := r.Receive(func(p *Packet) {
			if id := int(p.Raw[4])<<8 | int(p.Raw[5]); id != next {
				t.Errorf("packet %d where %d was expected", id, next)
			}
			next++
		})
		if err != nil || n > maxPerReceive {
			t.Fatalf("Receive: %d packets, %v; want at most %d", n, err, maxPerReceive)
		}
	}
	if calls <= flood/maxPerReceive {
		t.Errorf("%d packets in %d calls", flood, calls)
	}
	if got := len(r.batch.headers); got != fullBatch {
		t.Errorf("batch of %d after a flood, want %d", got, fullBatch)
	}
}

func TestShortAndTruncatedPacketsAreDelivered(t *testing.T) {
	c := newCable(t)
	for _, test := range []struct {
		group, source netip.Addr
		largest       int // 255 addresses, authentication data, trailer; IPv4: options and AH
	}{{group4, near4, 40 + 24 + 8 + 1020 + 8 + 28}, {group6, near6, 8 + 4080 + 8 + 28}} {
		r := open(t, c.receiver(t, Config{Group: test.group}, true))
		s := c.sender(t, Config{Group: test.group}, true)
		if test.group.Is4() {
			send(t, s, s.Prepare(test.source, test.group, 0, make([]byte, 7)))
			if p := receive(t, r, 1)[0]; !p.Short || p.Payload != nil || p.Source != test.source || p.Truncated {
				t.Errorf("7 bytes: %+v", p)
			}
		}
		for _, length := range []int{8, test.largest, test.largest + 1} {
			send(t, s, s.Prepare(test.source, test.group, 0, make([]byte, length)))
			p := receive(t, r, 1)[0]
			if p.Short || p.Truncated != (length > test.largest) || len(p.Payload) != min(length, test.largest) {
				t.Errorf("%d bytes: short %v, truncated %v, payload of %d", length, p.Short, p.Truncated, len(p.Payload))
			}
		}
	}
}

// recvmmsg writes over the lengths that it was given: here, 32 bytes of control messages where 64 have room.
func TestBatchIsReadiedForTheNext(t *testing.T) {
	c := newCable(t)
	r := open(t, c.receiver(t, Config{Source: far4, ReceiveBuffer: 1 << 20}, false))
	s := c.sender(t, Config{Source: near4}, false)
	for _, count := range []int{1, firstBatch, fullBatch, 1} {
		for range count {
			send(t, s, s.Prepare(near4, far4, 0, pdu3(1)))
		}
		for _, p := range receive(t, r, count) {
			if p.IfIndex != c.farIndex {
				t.Errorf("%d packets: one of interface %d, want %d", count, p.IfIndex, c.farIndex)
			}
		}
		for i := range r.batch.headers {
			if got := r.batch.headers[i].Controllen; got != controlLength {
				t.Fatalf("after %d packets header %d has room for %d bytes, want %d", count, i, got, controlLength)
			}
		}
	}
}

func TestDescriptorIsOursAlone(t *testing.T) {
	c := newCable(t)
	descriptors := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	before := descriptors()
	r, s := c.receiver(t, Config{Group: group4}, true), c.sender(t, Config{Group: group6}, true)
	if got := descriptors() - before; got != 2 {
		t.Errorf("%d descriptors for a Receiver and a Sender, want 2", got)
	}
	for _, fd := range []int{r.FD(), s.fd} {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("descriptor flags %#x, %v: scripts would inherit the socket", flags, err)
		}
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK == 0 {
			t.Errorf("file flags %#x, %v: the socket would block", flags, err)
		}
	}
}

func TestSocketOptionsOfReceivers(t *testing.T) {
	c := newCable(t)
	r4, r6 := c.receiver(t, Config{Group: group4}, true), c.receiver(t, Config{Group: group6}, true)
	wantOption(t, r4.fd, unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0)
	wantOption(t, r6.fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_ALL, 0)
	wantOption(t, r6.fd, unix.IPPROTO_IPV6, unix.IPV6_CHECKSUM, checksumOffset)
}

func wantOption(t *testing.T, fd, level, option, want int) {
	t.Helper()
	if got, err := unix.GetsockoptInt(fd, level, option); got != want || err != nil {
		t.Errorf("option %d of level %d is %d, %v; want %d", option, level, got, err, want)
	}
}

// The kernel drops what is too short for the checksum it is to verify; no short IPv6 packet gets through.
func TestIPv6ChecksumIsVerified(t *testing.T) {
	c := newCable(t)
	r := open(t, c.receiver(t, Config{Group: group6}, true))
	s := c.sender(t, Config{Group: group6}, true)
	// Without IPV6_CHECKSUM the kernel sends the field as it finds it.
	if err := unix.SetsockoptInt(s.fd, unix.SOL_RAW, unix.IPV6_CHECKSUM, -1); err != nil {
		t.Fatal(err)
	}
	send(t, s, s.Prepare(near6, group6, 0, pdu6(1)))
	if err := unix.SetsockoptInt(s.fd, unix.SOL_RAW, unix.IPV6_CHECKSUM, checksumOffset); err != nil {
		t.Fatal(err)
	}
	send(t, s, s.Prepare(near6, group6, 0, pdu6(2)))
	if got := receive(t, r, 1); len(got) != 1 || got[0].Payload[1] != 2 {
		t.Errorf("got %d packets, the first of VRID %d, want only that of VRID 2", len(got), got[0].Payload[1])
	}
}

func TestConfigErrorsNameTheirObject(t *testing.T) {
	c := newCable(t)
	for _, test := range []struct {
		config Config
		want   string
	}{
		{Config{}, "need either"},
		{Config{Group: group4, Source: near4, Interface: "n", Index: c.nearIndex}, "need either"},
		{Config{Group: near4, Interface: "n", Index: c.nearIndex}, "10.9.0.1 is no multicast address"},
		{Config{Group: group4}, "multicast needs an interface"},
		{Config{Source: near4, Interface: "n"}, `interface "n" has index 0`},
	} {
		c.near.Do(t, func() {
			if r, err := OpenReceiver(test.config); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("OpenReceiver(%+v): %v, %v; want %q", test.config, r, err, test.want)
			}
			if s, err := OpenSender(test.config); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("OpenSender(%+v): %v, %v; want %q", test.config, s, err, test.want)
			}
		})
	}
}

func TestMissingInterfaceIsReported(t *testing.T) {
	c := newCable(t)
	gone := Config{Group: group4, Interface: "gone0", Index: 4711}
	c.near.Do(t, func() {
		if _, err := OpenReceiver(gone); !errors.Is(err, unix.ENODEV) || !strings.Contains(err.Error(), "224.0.0.18 on gone0") {
			t.Errorf("OpenReceiver: %v, want ENODEV with group and interface", err)
		}
		if _, err := OpenSender(gone); !errors.Is(err, unix.ENODEV) || !strings.Contains(err.Error(), "224.0.0.18 on gone0") {
			t.Errorf("OpenSender: %v, want ENODEV with group and interface", err)
		}
	})
}

// TestReceiveBufferIsSetAndGivenBack: the kernel doubles what it is told.
func TestReceiveBufferIsSetAndGivenBack(t *testing.T) {
	c := newCable(t)
	r := c.receiver(t, Config{Group: group4}, true)
	size := func() int {
		n, err := unix.GetsockoptInt(r.FD(), unix.SOL_SOCKET, unix.SO_RCVBUF)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := size()
	for _, test := range [][2]int{{32 << 10, 64 << 10}, {0, before}} {
		ask, want := test[0], test[1]
		if err := r.SetReceiveBuffer(ask); err != nil {
			t.Fatal(err)
		}
		if got := size(); got != want {
			t.Errorf("asked for %d: %d bytes, want %d", ask, got, want)
		}
	}
}
