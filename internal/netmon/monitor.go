package netmon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// receiveBytes is the size of the socket's receive buffer: some 10 000 messages.
const receiveBytes = 8 << 20

// Monitor is a subscription to the kernel's news in the network namespace it was
// opened in.
type Monitor struct {
	file  *os.File
	conn  syscall.RawConn
	buf   []byte
	state State // at Open; never changed

	// What the caller has been told, for Run alone.
	links     map[int]Link
	addresses map[addressKey]Address
}

// addressKey is what the kernel tells addresses apart by.
type addressKey struct {
	index  int
	prefix netip.Prefix
	peer   netip.Addr
}

func keyOf(a Address) addressKey { return addressKey{a.Index, a.Prefix, a.Peer} }

// groups are what a Monitor subscribes to, as bits.
const groups = 1<<(unix.RTNLGRP_LINK-1) |
	1<<(unix.RTNLGRP_IPV4_IFADDR-1) | 1<<(unix.RTNLGRP_IPV6_IFADDR-1) |
	1<<(unix.RTNLGRP_IPV4_ROUTE-1) | 1<<(unix.RTNLGRP_IPV6_ROUTE-1) |
	1<<(unix.RTNLGRP_IPV4_RULE-1) | 1<<(unix.RTNLGRP_IPV6_RULE-1)

// Open subscribes, then reads all links and addresses.
func Open() (*Monitor, error) {
	fd, err := openSocket(unix.SOCK_NONBLOCK, groups)
	if err != nil {
		return nil, fmt.Errorf("subscribe to links and addresses: %w", err)
	}
	m := &Monitor{file: os.NewFile(uintptr(fd), "netlink"), buf: make([]byte, bufferBytes)}
	if err := m.begin(); err != nil {
		m.file.Close()
		return nil, err
	}
	return m, nil
}

func (m *Monitor) begin() (err error) {
	if m.conn, err = m.file.SyscallConn(); err != nil {
		return err
	}
	// Until SetIgnored is called: nothing ignored, but no strangers' routes either.
	if err := m.SetIgnored(); err != nil {
		return err
	}
	state, err := dump(m.buf)
	if err != nil {
		return fmt.Errorf("read links and addresses: %w", err)
	}
	m.state = *state
	m.remember(state)
	return nil
}

func (m *Monitor) remember(s *State) {
	m.links = make(map[int]Link, len(s.Links))
	m.addresses = make(map[addressKey]Address, len(s.Addresses))
	for _, l := range s.Links {
		m.links[l.Index] = l
	}
	for _, a := range s.Addresses {
		m.addresses[keyOf(a)] = a
	}
}

func openSocket(flags int, groups uint32) (int, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|flags, unix.NETLINK_ROUTE)
	if err != nil {
		return -1, err
	}
	if groups != 0 {
		// Best effort: without the privilege an overflow is likelier, and survived.
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBytes)
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// Links returns the links there were at Open, by index. Changes since come through Run.
func (m *Monitor) Links() []Link { return m.state.Links }

// Addresses returns the addresses there were at Open, per interface in the kernel's
// order (the primary first). Changes since come through Run.
func (m *Monitor) Addresses() []Address { return m.state.Addresses }

// Close ends the subscription and a Run that is going on.
func (m *Monitor) Close() error { return m.file.Close() }

// Run delivers every change since Open, in order and on the calling goroutine,
// until ctx ends (then it returns nil) or the subscription breaks. It may be
// called once.
func (m *Monitor) Run(ctx context.Context, deliver func(Event)) error {
	defer context.AfterFunc(ctx, func() { _ = m.file.SetReadDeadline(time.Unix(1, 0)) })()
	for {
		n, err := m.receive(true)
		switch {
		case ctx.Err() != nil:
			return nil
		case messagesLost(err):
			n, err = 0, m.resync(deliver)
		}
		if err != nil {
			return fmt.Errorf("follow links and addresses: %w", err)
		}
		for message := range messages(m.buf[:n]) {
			m.treat(message, deliver)
		}
	}
}

// receive reads one datagram from the kernel into the buffer. Without wait it
// returns EAGAIN when there is none.
func (m *Monitor) receive(wait bool) (n int, err error) {
	var from unix.Sockaddr
	readErr := m.conn.Read(func(fd uintptr) bool {
		n, from, err = unix.Recvfrom(int(fd), m.buf, unix.MSG_TRUNC)
		for err == unix.EINTR {
			n, from, err = unix.Recvfrom(int(fd), m.buf, unix.MSG_TRUNC)
		}
		return !wait || err != unix.EAGAIN
	})
	switch {
	case readErr != nil:
		return 0, readErr
	case err != nil:
		return 0, err
	case n > len(m.buf):
		return 0, errTruncated
	}
	if sender, ok := from.(*unix.SockaddrNetlink); !ok || sender.Pid != 0 {
		return 0, nil // not from the kernel
	}
	return n, nil
}

func (m *Monitor) treat(msg message, deliver func(Event)) {
	switch msg.kind {
	case unix.RTM_NEWLINK:
		if l, ok := parseLink(msg.body); ok {
			m.linkChanged(l, msg.port, deliver)
		}
	case unix.RTM_DELLINK:
		if l, ok := parseLink(msg.body); ok {
			m.linkGone(l.Index, msg.port, deliver)
		}
	case unix.RTM_NEWADDR:
		if a, ok := parseAddress(msg.body); ok {
			m.addressAdded(a, msg.port, deliver)
		}
	case unix.RTM_DELADDR:
		if a, ok := parseAddress(msg.body); ok {
			delete(m.addresses, keyOf(a))
			deliver(Event{Kind: AddressGone, Address: a, Port: msg.port})
		}
	case unix.RTM_DELROUTE:
		if r, ok := parseRoute(msg.body); ok {
			deliver(Event{Kind: RouteGone, Route: r, Port: msg.port})
		}
	case unix.RTM_DELRULE:
		if r, ok := parseRule(msg.body); ok {
			deliver(Event{Kind: RuleGone, Rule: r, Port: msg.port})
		}
	}
}

func (m *Monitor) linkChanged(l Link, port uint32, deliver func(Event)) {
	if known, ok := m.links[l.Index]; ok && known.equal(l) {
		return // statistics, wireless news and the like
	}
	m.links[l.Index] = l
	deliver(Event{Kind: LinkChanged, Link: l, Port: port})
}

// linkGone has nothing to say about the link's addresses: the kernel did so before.
func (m *Monitor) linkGone(index int, port uint32, deliver func(Event)) {
	maps.DeleteFunc(m.addresses, func(key addressKey, _ Address) bool { return key.index == index })
	if l, ok := m.links[index]; ok {
		delete(m.links, index)
		deliver(Event{Kind: LinkGone, Link: l, Port: port})
	}
}

func (m *Monitor) addressAdded(a Address, port uint32, deliver func(Event)) {
	known, ok := m.addresses[keyOf(a)]
	if ok && known == a && a.Flags&unix.IFA_F_PERMANENT == 0 {
		return // only its age has changed; a permanent one had been removed unheard
	}
	m.addresses[keyOf(a)] = a
	deliver(Event{Kind: AddressAdded, Address: a, Port: port})
}

func messagesLost(err error) bool {
	return errors.Is(err, unix.ENOBUFS) || errors.Is(err, errTruncated)
}

// resync throws away what is queued, which is older than the new picture, and
// delivers the differences to the old one.
func (m *Monitor) resync(deliver func(Event)) error {
	for {
		_, err := m.receive(false)
		if err == unix.EAGAIN {
			break
		}
		if err != nil && !messagesLost(err) {
			return err
		}
	}
	state, err := dump(m.buf)
	if err != nil {
		return fmt.Errorf("read links and addresses again: %w", err)
	}
	oldLinks, oldAddresses := m.links, m.addresses
	m.remember(state)
	for _, key := range slices.SortedFunc(maps.Keys(oldAddresses), compareKeys) {
		if _, ok := m.addresses[key]; !ok {
			deliver(Event{Kind: AddressGone, Address: oldAddresses[key]})
		}
	}
	for _, index := range slices.Sorted(maps.Keys(oldLinks)) {
		if _, ok := m.links[index]; !ok {
			deliver(Event{Kind: LinkGone, Link: oldLinks[index]})
		}
	}
	for _, l := range state.Links {
		if old, ok := oldLinks[l.Index]; !ok || !old.equal(l) {
			deliver(Event{Kind: LinkChanged, Link: l})
		}
	}
	for _, a := range state.Addresses {
		if old, ok := oldAddresses[keyOf(a)]; !ok || old != a {
			deliver(Event{Kind: AddressAdded, Address: a})
		}
	}
	deliver(Event{Kind: Resync, State: state})
	return nil
}

func compareKeys(a, b addressKey) int {
	return cmp.Or(a.index-b.index, a.prefix.Compare(b.prefix), a.peer.Compare(b.peer))
}
