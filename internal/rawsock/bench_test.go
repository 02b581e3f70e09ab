package rawsock

import (
	"net/netip"
	"testing"
	"time"
)

// traffic is one of each family, from the near end of a cable to its far end.
type traffic struct {
	name     string
	sender   *Sender
	receiver *Receiver
	datagram *Datagram
}

func newTraffic(t testing.TB, c cable) []traffic {
	var all []traffic
	for _, family := range []struct {
		name          string
		group, source netip.Addr
		pdu           []byte
	}{{"IPv4", group4, near4, pdu3(1)}, {"IPv6", group6, near6, pdu6(1)}} {
		s := c.sender(t, Config{Group: family.group}, true)
		r := open(t, c.receiver(t, Config{Group: family.group, ReceiveBuffer: 4 << 20}, true))
		all = append(all, traffic{family.name, s, r, s.Prepare(family.source, family.group, 0, family.pdu)})
	}
	return all
}

func TestSendAllocatesNothing(t *testing.T) {
	for _, traffic := range newTraffic(t, newCable(t)) {
		id := uint16(0)
		allocs := testing.AllocsPerRun(100, func() {
			id++
			traffic.datagram.SetID(id)
			traffic.datagram.PDU()[2] = byte(id)
			if err := traffic.sender.Send(traffic.datagram); err != nil {
				t.Fatal(err)
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations per Send, want none", traffic.name, allocs)
		}
	}
}

func TestFailingSendAllocatesNothing(t *testing.T) {
	c := newCable(t)
	for _, traffic := range newTraffic(t, c) {
		big := traffic.sender.Prepare(netip.Addr{}, traffic.datagram.destination(), 0, make([]byte, 65000))
		if traffic.sender.is6 {
			big = traffic.sender.Prepare(netip.MustParseAddr("fe80::dead"), group6, 0, pdu6(1))
		}
		allocs := testing.AllocsPerRun(100, func() {
			if err := traffic.sender.Send(big); err == nil {
				t.Fatal("sent")
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations per failing Send, want none", traffic.name, allocs)
		}
	}
}

// destination is the address that a datagram goes to.
func (d *Datagram) destination() netip.Addr {
	if d.header != 0 {
		return netip.AddrFrom4(d.name4.Addr)
	}
	return netip.AddrFrom16(d.name6.Addr)
}

func TestReceiveAllocatesNothing(t *testing.T) {
	for _, traffic := range newTraffic(t, newCable(t)) {
		received := 0
		count := func(p *Packet) {
			if p.Payload[1] == 1 {
				received++
			}
		}
		exchange := func() {
			for range 3 {
				send(t, traffic.sender, traffic.datagram)
			}
			awaitReadable(t, traffic.receiver.FD(), time.Now().Add(soon))
			if _, err := traffic.receiver.Receive(count); err != nil {
				t.Fatal(err)
			}
		}
		if allocs := testing.AllocsPerRun(100, exchange); allocs != 0 {
			t.Errorf("%s: %v allocations for three packets, want none", traffic.name, allocs)
		}
		if received < 100 {
			t.Errorf("%s: %d packets", traffic.name, received)
		}
	}
}

func BenchmarkSend(b *testing.B) {
	c := newCable(b)
	for _, family := range []struct {
		name          string
		group, source netip.Addr
		pdu           []byte
	}{{"IPv4", group4, near4, pdu3(1)}, {"IPv6", group6, near6, pdu6(1)}} {
		b.Run(family.name, func(b *testing.B) {
			s := c.sender(b, Config{Group: family.group}, true)
			d := s.Prepare(family.source, family.group, 0, family.pdu)
			b.ReportAllocs()
			for b.Loop() {
				send(b, s, d)
			}
		})
	}
}

// BenchmarkReceive reads batches of 64; what the kernel does to deliver them is not counted.
func BenchmarkReceive(b *testing.B) {
	for _, traffic := range newTraffic(b, newCable(b)) {
		b.Run(traffic.name, func(b *testing.B) {
			handle := func(*Packet) {}
			b.ReportAllocs()
			total := 0
			for total < b.N {
				b.StopTimer()
				for range fullBatch {
					send(b, traffic.sender, traffic.datagram)
				}
				awaitReadable(b, traffic.receiver.FD(), time.Now().Add(soon))
				b.StartTimer()
				n, err := traffic.receiver.Receive(handle)
				if err != nil {
					b.Fatal(err)
				}
				total += n
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	raw := packet4(nil, pdu3(1))
	var p Packet
	b.ReportAllocs()
	for b.Loop() {
		p.parse4(raw, 0)
	}
}
