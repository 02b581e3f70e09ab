package netmon

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// Limits of a dump. The kernel fills at most 32 KiB of what it is offered, unless
// a single link needs more.
const (
	bufferBytes  = 64 << 10
	dumpAttempts = 10
)

var (
	errInterrupted = errors.New("changed while it was read")
	errTruncated   = errors.New("message longer than the buffer")
)

// Read takes a picture of all links and addresses there are now, in the calling thread's network
// namespace.
func Read() (*State, error) { return dump(make([]byte, bufferBytes)) }

// dump reads all links and addresses on a socket of its own: on the subscribed one
// an old answer could overtake a newer message. A picture that changes while it is
// being taken is taken again; after dumpAttempts the last one must do, as the
// changes themselves are messages that follow.
func dump(buf []byte) (*State, error) {
	fd, err := openSocket(0, 0)
	if err != nil {
		return nil, fmt.Errorf("open netlink socket: %w", err)
	}
	defer unix.Close(fd)
	for attempt := 1; ; attempt++ {
		state, err := dumpOnce(fd, buf)
		if !errors.Is(err, errInterrupted) || attempt == dumpAttempts {
			if errors.Is(err, errInterrupted) {
				err = nil
			}
			return state, err
		}
	}
}

func dumpOnce(fd int, buf []byte) (*State, error) {
	state := new(State)
	interrupted := false
	for _, kind := range []uint16{unix.RTM_GETLINK, unix.RTM_GETADDR} {
		err := request(fd, buf, kind, anyLink(), state.add)
		if errors.Is(err, errInterrupted) {
			interrupted = true
		} else if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(state.Links, func(a, b Link) int { return a.Index - b.Index })
	if interrupted {
		return state, errInterrupted
	}
	return state, nil
}

func (s *State) add(m message) {
	switch m.kind {
	case unix.RTM_NEWLINK:
		if l, ok := parseLink(m.body); ok {
			s.Links = append(s.Links, l)
		}
	case unix.RTM_NEWADDR:
		if a, ok := parseAddress(m.body); ok {
			s.Addresses = append(s.Addresses, a)
		}
	}
}

// anyLink is the body of a request for links or addresses of any family.
func anyLink() []byte {
	const skipStatistics = 1 << 3 // RTEXT_FILTER_SKIP_STATS: half of a link's message
	b := make([]byte, unix.SizeofIfInfomsg)
	b = native.AppendUint16(b, unix.SizeofRtAttr+4)
	b = native.AppendUint16(b, unix.IFLA_EXT_MASK)
	return native.AppendUint32(b, skipStatistics)
}

// request asks for a dump and hands over its messages. It reads to the end even
// when the dump turns out to be interrupted.
func request(fd int, buf []byte, kind uint16, body []byte, add func(message)) error {
	m := native.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+len(body)))
	m = native.AppendUint16(m, kind)
	m = native.AppendUint16(m, unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	m = append(m, make([]byte, 8)...) // sequence, port
	m = append(m, body...)
	if _, err := unix.Write(fd, m); err != nil {
		return fmt.Errorf("ask for netlink dump %d: %w", kind, err)
	}

	interrupted := false
	for {
		n, _, err := unix.Recvfrom(fd, buf, unix.MSG_TRUNC)
		switch {
		case err == unix.EINTR:
			continue
		case err == nil && n > len(buf):
			err = errTruncated
			fallthrough
		case err != nil:
			return fmt.Errorf("read netlink dump %d: %w", kind, err)
		}
		for m := range messages(buf[:n]) {
			interrupted = interrupted || m.flags&unix.NLM_F_DUMP_INTR != 0
			switch m.kind {
			case unix.NLMSG_DONE, unix.NLMSG_ERROR:
				return dumpResult(kind, m, interrupted)
			}
			add(m)
		}
	}
}

func dumpResult(kind uint16, m message, interrupted bool) error {
	if len(m.body) >= 4 {
		if errno := -int32(native.Uint32(m.body)); errno != 0 {
			return fmt.Errorf("netlink dump %d: %w", kind, unix.Errno(errno))
		}
	}
	if interrupted {
		return errInterrupted
	}
	return nil
}
