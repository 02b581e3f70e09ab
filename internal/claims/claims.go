// Package claims hears which other machines say that an address is theirs: by ARP (requests and replies whose
// sender address it is) and by IPv6 neighbour advertisements.
//
// It promises to cost nothing while nobody claims a wanted address: two sockets for all interfaces, opened
// only while there are wanted addresses, with filters in the kernel that drop everything else. What this host
// sends itself is not heard; where a frame of its own comes back from the LAN, its MAC address tells.
//
// Which claim is foreign, and what it means, is left to the caller, as is asking who has an address (package
// announce).
package claims

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// A Claim is one: the machine with that MAC address says, on the interface with that index, that it has Addr.
type Claim struct {
	Index int
	Addr  netip.Addr
	MAC   [6]byte
}

// A Watcher hears claims in the network namespace that Run is called in.
type Watcher struct {
	mu      sync.Mutex
	wanted  [2][]netip.Addr // IPv4, IPv6
	changed chan struct{}
}

// New returns a Watcher that wants nothing yet.
func New() *Watcher { return &Watcher{changed: make(chan struct{}, 1)} }

// Set says which addresses are wanted from now on. It never waits.
func (w *Watcher) Set(v4, v6 []netip.Addr) {
	w.mu.Lock()
	w.wanted = [2][]netip.Addr{v4, v6}
	w.mu.Unlock()
	select {
	case w.changed <- struct{}{}:
	default: // it is about to look anyway
	}
}

// retryAfter is when it is tried again to open a socket: descriptors or memory are missed by others too.
const retryAfter = 30 * time.Second

// Run opens and closes sockets as Set wants it, and hands over claims, until ctx ends. deliver is called by
// goroutines of the Watcher, and must not wait. What fails is reported, and tried again at the next Set, or
// after a while.
func (w *Watcher) Run(ctx context.Context, deliver func(Claim), report func(error)) {
	ears := [2]*ear{{family: arp}, {family: nd}}
	for {
		w.mu.Lock()
		wanted := w.wanted
		w.mu.Unlock()
		var again <-chan time.Time
		for i, e := range ears {
			if err := e.listen(wanted[i], deliver); err != nil {
				report(err)
				again = time.After(retryAfter)
			}
		}
		select {
		case <-again:
		case <-ctx.Done():
			for _, e := range ears {
				e.close()
			}
			return
		case <-w.changed:
		}
	}
}

// family is what differs between IPv4 and IPv6.
type family struct {
	name   string
	open   func() (fd int, err error)
	begin  func(fd int) error // after the filter is in place
	filter func([]netip.Addr) []bpf.Instruction
	parse  func(packet []byte) (netip.Addr, [6]byte, bool)
	index  func(from unix.Sockaddr, control []byte) int
}

// ear is one socket. It is closed while there is nothing to hear.
type ear struct {
	family family
	file   *os.File
	ended  chan struct{}

	mu     sync.Mutex
	wanted map[netip.Addr]bool
}

// listen has the ear want these addresses.
func (e *ear) listen(addrs []netip.Addr, deliver func(Claim)) error {
	wanted := make(map[netip.Addr]bool, len(addrs))
	for _, addr := range addrs {
		wanted[addr] = true
	}
	e.mu.Lock()
	e.wanted = wanted
	e.mu.Unlock()
	if len(addrs) == 0 {
		e.close()
		return nil
	}
	if e.file != nil {
		return e.refilter(addrs)
	}
	fd, err := e.family.open()
	if err != nil {
		return fmt.Errorf("listen for %s: %w", e.family.name, err)
	}
	e.file = os.NewFile(uintptr(fd), e.family.name)
	if err := errors.Join(e.refilter(addrs), e.family.begin(fd)); err != nil {
		e.file.Close()
		e.file = nil
		return fmt.Errorf("listen for %s: %w", e.family.name, err)
	}
	e.ended = make(chan struct{})
	go e.hear(e.file, e.ended, deliver)
	return nil
}

// close ends the listening and waits for the goroutine, which does not.
func (e *ear) close() {
	if e.file == nil {
		return
	}
	e.file.Close()
	<-e.ended
	e.file = nil
}

func (e *ear) refilter(addrs []netip.Addr) error {
	program, err := bpf.Assemble(e.family.filter(addrs))
	if err != nil {
		return fmt.Errorf("assemble filter of %d addresses: %w", len(addrs), err)
	}
	conn, err := e.file.SyscallConn()
	if err != nil {
		return err
	}
	return errors.Join(conn.Control(func(fd uintptr) { err = attach(int(fd), program) }), err)
}

func attach(fd int, program []bpf.RawInstruction) error {
	raw := make([]unix.SockFilter, len(program))
	for i, ins := range program {
		raw[i] = unix.SockFilter{Code: ins.Op, Jt: ins.Jt, Jf: ins.Jf, K: ins.K}
	}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(raw)), Filter: &raw[0]})
}

// packetBytes is more than any claim has.
const packetBytes = 256

// hear delivers what comes until the file is closed.
func (e *ear) hear(file *os.File, ended chan<- struct{}, deliver func(Claim)) {
	defer close(ended)
	conn, err := file.SyscallConn()
	if err != nil {
		return
	}
	packet, control := make([]byte, packetBytes), make([]byte, packetBytes)
	for {
		var n, oobn int
		var from unix.Sockaddr
		var recvErr error
		err := conn.Read(func(fd uintptr) bool {
			n, oobn, _, from, recvErr = unix.Recvmsg(int(fd), packet, control, 0)
			return recvErr != unix.EAGAIN
		})
		switch {
		case err != nil:
			return // closed
		case recvErr == unix.EINTR || recvErr == unix.ENETDOWN || recvErr == unix.ENOBUFS:
			continue // an interface went down, or many claims came at once
		case recvErr != nil:
			return
		}
		addr, mac, ok := e.family.parse(packet[:n])
		if ok && e.wants(addr) {
			deliver(Claim{Index: e.family.index(from, control[:oobn]), Addr: addr, MAC: mac})
		}
	}
}

func (e *ear) wants(addr netip.Addr) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.wanted[addr]
}
