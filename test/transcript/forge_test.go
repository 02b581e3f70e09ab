package transcript

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/govrrpd/govrrpd/test/lab"
)

// forge reads the description of an advert. Where nothing is said it is a good one of version 2 for VRID 51.
func forge(args []string) ([]byte, error) {
	f := lab.Forgery{Source: address("10.9.0.3"), Version: 2, VRID: 51, Priority: 200, Interval: time.Second,
		Addresses: []netip.Addr{address("10.9.0.100")}, TTL: 255}
	frame := func() []byte { return f.Frame() }
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		number, _ := strconv.Atoi(value)
		switch key {
		case "src":
			f.Source = address(value)
		case "version":
			f.Version = number
		case "vrid":
			f.VRID = number
		case "prio":
			f.Priority = number
		case "interval":
			f.Interval, _ = time.ParseDuration(value)
		case "ttl":
			f.TTL = number
		case "vips":
			f.Addresses = nil
			for text := range strings.SplitSeq(value, ",") {
				if text != "" {
					f.Addresses = append(f.Addresses, address(text))
				}
			}
		case "checksum":
			f.WrongChecksum = value == "wrong"
		case "type", "auth", "extra":
			good := frame
			frame = func() []byte { return spoil(good(), key, number) }
		default:
			return nil, fmt.Errorf("no such key: %q", arg)
		}
	}
	return frame(), nil
}

// spoil changes an IPv4 advert of version 2: its type, its authentication type, or its length.
func spoil(frame []byte, key string, number int) []byte {
	const ip, pdu = 14, 34
	switch key {
	case "type":
		frame[pdu] = frame[pdu]&0xf0 | byte(number)
	case "auth":
		frame[pdu+4] = byte(number)
	case "extra":
		if number < 0 {
			frame = frame[:len(frame)+number]
		} else {
			frame = append(frame, make([]byte, number)...)
		}
		frame[ip+2], frame[ip+3] = byte((len(frame)-ip)>>8), byte(len(frame)-ip)
		seal(frame[ip:pdu], 10)
	}
	if len(frame) >= pdu+8 {
		seal(frame[pdu:], 6)
	}
	return frame
}

// seal writes the Internet checksum of b to an offset in it.
func seal(b []byte, at int) {
	b[at], b[at+1] = 0, 0
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(b[i])<<8 | uint32(b[i+1])
	}
	if len(b)%2 == 1 {
		sum += uint32(b[len(b)-1]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	b[at], b[at+1] = byte(^sum>>8), byte(^sum)
}
