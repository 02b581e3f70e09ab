package main

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/govrrpd/govrrpd/test/lab"
)

// fleet is a number of Virtual Routers, and the two hosts with the cables that carry them.
type fleet struct {
	subject, other *lab.Host
	links          []string
	size           int
}

// perLink is how many Virtual Routers share a link: a VRID has eight bits.
const perLink = 250

// newFleet makes two hosts with as many cables as that many Virtual Routers need.
func newFleet(size int) (*fleet, error) {
	subject, err := lab.NewHost("subject")
	if err != nil {
		return nil, err
	}
	other, err := lab.NewHost("other")
	if err != nil {
		subject.Close()
		return nil, err
	}
	f := &fleet{subject: subject, other: other, size: size}
	for i := 0; i*perLink < size; i++ {
		link := fmt.Sprintf("eth%d", i)
		f.links = append(f.links, link)
		if err := lab.Cable(subject, link, other, link); err != nil {
			f.close()
			return nil, err
		}
		for j, host := range []*lab.Host{subject, other} {
			prefix := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 9, byte(i), byte(j + 1)}), 24)
			if err := host.AddAddress(link, prefix); err != nil {
				f.close()
				return nil, err
			}
		}
	}
	return f, nil
}

// configuration is the file of one side: all Virtual Routers with that priority and interval.
func (f *fleet) configuration(priority int, interval time.Duration) string {
	var b strings.Builder
	b.WriteString("global_defs {\n vrrp_garp_master_delay 0\n}\n")
	for i := range f.size {
		state := "BACKUP"
		if priority == 255 {
			state = "MASTER"
		}
		fmt.Fprintf(&b, "vrrp_instance VI_%d {\n state %s\n interface eth%d\n virtual_router_id %d\n priority %d\n"+
			" advert_int %g\n version 3\n virtual_ipaddress {\n  10.10.%d.%d/32\n }\n}\n",
			i, state, i/perLink, i%perLink+1, priority, interval.Seconds(), i/perLink, i%perLink+1)
	}
	return b.String()
}

func (f *fleet) close() {
	f.subject.Close()
	f.other.Close()
}

// vrid names a Virtual Router of the fleet in what a sniffer saw.
type vrid struct {
	port string
	id   int
}

// byVirtualRouter sorts adverts by the Virtual Router that they belong to.
func byVirtualRouter(frames []lab.Frame) map[vrid][]lab.Frame {
	sorted := map[vrid][]lab.Frame{}
	for _, f := range frames {
		key := vrid{f.Port, f.VRID}
		sorted[key] = append(sorted[key], f)
	}
	return sorted
}

func isAdvert(f *lab.Frame) bool { return f.Kind == lab.Advert }

func isMasterAdvert(f *lab.Frame) bool { return f.Kind == lab.Advert && f.Priority > 0 }

func isAnnouncement(f *lab.Frame) bool {
	return f.Kind == lab.GratuitousARP || f.Kind == lab.UnsolicitedNA
}
