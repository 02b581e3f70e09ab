package transcript

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/govrrpd/govrrpd/test/lab"
)

// render describes a frame in one line, all that matters of it.
func render(f *lab.Frame) string {
	if len(f.Raw) < 14 {
		return ""
	}
	ether := fmt.Sprintf("%x>%x", f.Raw[6:12], f.Raw[:6])
	switch f.Kind {
	case lab.GratuitousARP:
		arp := f.Raw[14:]
		return fmt.Sprintf("arp %v op %d target %x %s", f.Address, binary.BigEndian.Uint16(arp[6:]), arp[18:24], ether)
	case lab.UnsolicitedNA:
		icmp := f.Raw[54:]
		return fmt.Sprintf("na %v flags %02x from %v to %v hops %d option %x %s", f.Address, icmp[4], f.Source, f.Destination, f.TTL, icmp[24:], ether)
	}
	return renderAdvert(f, ether)
}

func renderAdvert(f *lab.Frame, ether string) string {
	class, protocol := int(f.Raw[15]), f.Raw[23]
	if f.Source.Is6() {
		class, protocol = int(binary.BigEndian.Uint16(f.Raw[14:])>>4&0xff), f.Raw[20]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "advert v%d vrid %d prio %d every %v %v>%v ttl %d tos %x proto %d", f.Version, f.VRID, f.Priority, f.Interval,
		f.Source, f.Destination, f.TTL, class, protocol)
	b.WriteString(" vips")
	for _, a := range advertised(f) {
		fmt.Fprintf(&b, " %v", a)
	}
	if f.Version == 2 {
		fmt.Fprintf(&b, " auth %d %x", pduOf(f)[4], f.Auth)
	}
	if !f.ChecksumRight {
		b.WriteString(" checksum wrong")
	}
	return b.String() + " " + ether
}

func pduOf(f *lab.Frame) []byte {
	if f.Source.Is6() {
		return f.Raw[54:]
	}
	const protoAH, sizeAH = 51, 24
	if f.Raw[23] == protoAH {
		return f.Raw[34+sizeAH:]
	}
	return f.Raw[34:]
}

// advertised are the addresses that an advert carries.
func advertised(f *lab.Frame) []netip.Addr {
	size := 4
	if f.Source.Is6() {
		size = 16
	}
	var list []netip.Addr
	rest := pduOf(f)[8:]
	for range f.Count {
		if len(rest) < size {
			break
		}
		a, _ := netip.AddrFromSlice(rest[:size])
		list, rest = append(list, a), rest[size:]
	}
	return list
}

func streamOf(advert *lab.Frame) string {
	if advert.Source.Is6() {
		return fmt.Sprintf("packets6 %d", advert.VRID)
	}
	return fmt.Sprintf("packets %d", advert.VRID)
}

const arpReply = 2

// packetStreams sorts a host's frames: one stream for each VRID, with its adverts and the announcements of the
// addresses that these carry, and one for all other announcements. In which order several Virtual Routers speak
// that do so in the same moment is not compared: govrrpd's adverts come before all announcements.
func packetStreams(frames []lab.Frame) map[string][]lab.Frame {
	holder := map[netip.Addr]string{}
	for i := range frames {
		if f := &frames[i]; f.Kind == lab.Advert {
			for _, a := range advertised(f) {
				holder[a] = streamOf(f)
			}
		}
	}
	streams := map[string][]lab.Frame{}
	for _, f := range frames {
		if f.Kind == lab.GratuitousARP && f.Raw[21] == arpReply {
			continue // the kernel answers somebody's announcement of an address that it still has
		}
		stream := streamOf(&f)
		if f.Kind != lab.Advert {
			if stream = holder[f.Address]; stream == "" {
				stream = "packets else"
			}
		}
		streams[stream] = append(streams[stream], f)
	}
	return streams
}

// earlyFor is how soon after the one before it an advert is early. Where intervals are short, a busy machine makes one
// late that was due, and the next one keeps to its schedule.
func earlyFor(interval time.Duration) time.Duration {
	if interval < time.Second {
		return interval * 15 / 100
	}
	return interval * 4 / 10
}

// packetLines are the frames of one host. An advert that says the same as the one before it in its flow is
// left out when it came in its time; a run of the same announcement is one line.
func packetLines(frames []lab.Frame) []string {
	type flow struct {
		line string
		at   time.Time
	}
	flows := map[string]flow{}
	var lines []string
	last, run := "", 0
	flush := func() {
		if run > 0 {
			lines = append(lines, fmt.Sprintf("%d x %s", run, last))
		}
		last, run = "", 0
	}
	for i := range frames {
		f := &frames[i]
		line := render(f)
		if f.Kind != lab.Advert {
			if line != last {
				flush()
			}
			last, run = line, run+1
			continue
		}
		key := fmt.Sprint(f.Version, f.VRID, f.Source, f.Destination)
		before := flows[key]
		flows[key] = flow{line, f.At}
		note := ""
		if before.line == line && f.Priority != 0 {
			switch gap := f.At.Sub(before.at); {
			case gap < earlyFor(f.Interval):
				note = " (early)"
			case gap > f.Interval*3/2+500*time.Millisecond:
				note = " (late)"
			default:
				continue
			}
		}
		flush()
		lines = append(lines, line+note)
	}
	flush()
	return lines
}
