package address

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// Limits of one request to the kernel. One long system call disturbs the sending
// of adverts less than many short ones, hence a size that takes 4000 addresses.
const (
	batchBytes     = 256 << 10
	bufferBytes    = 8 << 20
	bytesPerAnswer = 1 << 10 // what one acknowledgement occupies in the receive buffer, generously
)

// A Programmer adds and removes addresses in the network namespace it was opened
// in. It belongs to one goroutine at a time.
type Programmer struct {
	fd       int
	port     uint32
	sequence uint32

	maxBytes    int // of one request
	maxRequests int // in one request, so that their acknowledgements fit

	request  []byte
	answer   []byte
	answered []bool // per slot of the batch
}

// Open opens the connection to the kernel. Adding and removing needs
// CAP_NET_ADMIN, opening does not.
func Open() (*Programmer, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open netlink socket for addresses: %w", err)
	}
	p := &Programmer{fd: fd, answer: make([]byte, 8<<10)}
	if err := p.prepare(); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("prepare netlink socket for addresses: %w", err)
	}
	return p, nil
}

func (p *Programmer) prepare() error {
	if err := unix.Bind(p.fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	name, err := unix.Getsockname(p.fd)
	if err != nil {
		return err
	}
	p.port = name.(*unix.SockaddrNetlink).Pid

	// Best effort: without the privilege smaller batches do as well, and a kernel
	// without these options just answers with more bytes and fewer words.
	_ = unix.SetsockoptInt(p.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, bufferBytes)
	_ = unix.SetsockoptInt(p.fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, 2*batchBytes)
	_ = unix.SetsockoptInt(p.fd, unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1)
	_ = unix.SetsockoptInt(p.fd, unix.SOL_NETLINK, unix.NETLINK_EXT_ACK, 1)

	receive, err := unix.GetsockoptInt(p.fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	if err != nil {
		return err
	}
	send, err := unix.GetsockoptInt(p.fd, unix.SOL_SOCKET, unix.SO_SNDBUF)
	if err != nil {
		return err
	}
	p.maxRequests = max(receive/bytesPerAnswer, 1)
	p.maxBytes = min(send/2, batchBytes)
	return nil
}

// Port identifies this Programmer in the kernel's reports of what it did.
func (p *Programmer) Port() uint32 { return p.port }

// Close ends the connection. The addresses stay.
func (p *Programmer) Close() error { return unix.Close(p.fd) }

// Add adds the addresses in their order. An address that is there already counts
// as added. It returns nil when all are there, else one error or nil per address:
// errors wrap the kernel's error number (ENODEV when there is no such interface).
func (p *Programmer) Add(addrs []Address) []error {
	return p.perform(operation{
		kind: unix.RTM_NEWADDR, verb: "add %v to interface %d: %w",
		fine: func(errno unix.Errno) bool { return errno == unix.EEXIST },
	}, addrs)
}

// Remove removes the addresses in their order. An address that is not there, or
// not with this prefix length, counts as removed, and so does one whose interface
// is gone. The results are as for Add. Removing a subnet's first (primary) IPv4
// address takes its other addresses along, unless the interface has
// promote_secondaries.
func (p *Programmer) Remove(addrs []Address) []error {
	return p.perform(operation{
		kind: unix.RTM_DELADDR, verb: "remove %v from interface %d: %w",
		fine: func(errno unix.Errno) bool { return errno == unix.EADDRNOTAVAIL || errno == unix.ENODEV },
	}, addrs)
}

// operation is what Add and Remove differ in.
type operation struct {
	kind uint16
	verb string
	fine func(unix.Errno) bool
}

// results has a slot per address, made when the first of them fails.
type results struct {
	op    operation
	addrs []Address
	errs  []error
}

func (r *results) fail(slot int, err error) {
	if r.errs == nil {
		r.errs = make([]error, len(r.addrs))
	}
	a := &r.addrs[slot]
	r.errs[slot] = fmt.Errorf(r.op.verb, a, a.Index, err)
}

func (p *Programmer) perform(op operation, addrs []Address) []error {
	r := results{op: op, addrs: addrs}
	first, requests := 0, 0 // the batch: its first slot, and how many of its slots were encoded
	p.request = p.request[:0]
	for slot := range addrs {
		if err := addrs[slot].check(); err != nil {
			r.fail(slot, err)
			continue
		}
		// A sequence number is first's plus the distance in slots.
		p.request = appendRequest(p.request, op.kind, p.sequence+uint32(slot-first), &addrs[slot])
		requests++
		if requests == p.maxRequests || len(p.request) > p.maxBytes-unix.Getpagesize() {
			p.exchange(&r, first, slot+1, requests)
			first, requests = slot+1, 0
		}
	}
	if requests > 0 {
		p.exchange(&r, first, len(addrs), requests)
	}
	return r.errs
}

// exchange sends the batch of the slots from first to end and collects its answers.
func (p *Programmer) exchange(r *results, first, end, requests int) {
	base := p.sequence
	p.sequence += uint32(end - first)
	_, err := unix.Write(p.fd, p.request)
	p.request = p.request[:0]
	if err != nil {
		for slot := first; slot < end; slot++ {
			if r.errs == nil || r.errs[slot] == nil {
				r.fail(slot, err)
			}
		}
		return
	}
	p.answered = slices.Grow(p.answered[:0], end-first)[:end-first]
	clear(p.answered)
	for requests > 0 {
		n, err := unix.Read(p.fd, p.answer) // never waits: see errLost
		switch {
		case err == unix.EINTR || err == unix.ENOBUFS:
			continue
		case err != nil:
			p.lost(r, first)
			return
		}
		for a := range answers(p.answer[:n]) {
			slot := a.sequence - base
			if slot >= uint32(len(p.answered)) || p.answered[slot] {
				continue
			}
			p.answered[slot] = true
			requests--
			if a.errno != 0 && !r.op.fine(a.errno) {
				r.fail(first+int(slot), a.err())
			}
		}
	}
}

// errLost says that a request was carried out and its answer did not arrive: the
// kernel has answered everything by the time a send returns.
var errLost = errors.New("the kernel's answer was lost")

func (p *Programmer) lost(r *results, first int) {
	for i, ok := range p.answered {
		if !ok && (r.errs == nil || r.errs[first+i] == nil) {
			r.fail(first+i, errLost)
		}
	}
}
