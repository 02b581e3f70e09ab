package rawsock

import (
	"errors"
	"fmt"
	"net"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

// maxPerReceive is how many packets one Receive hands over at most: about half a millisecond's work.
const maxPerReceive = 4 * fullBatch

// A Receiver gets the adverts of a multicast group on an interface, or those sent to a unicast address.
type Receiver struct {
	fd          int
	is6         bool
	withControl bool
	between     int // bytes of the authentication header, if any
	index       int // of the interface that the socket is bound to; 0: none
	name        string
	buffer      int // size of the socket's buffer at first
	batch       *batch
	packet      Packet
}

// OpenReceiver opens the socket and joins the group. Nothing arrives before SetFilter is called, so that
// what was sent to others in between is not mistaken for an advert.
func OpenReceiver(config Config) (*Receiver, error) {
	r := &Receiver{fd: -1, is6: config.is6(), between: config.between(), index: config.Index, name: config.String()}
	// An IPv4 packet says all but the interface by itself.
	r.withControl = r.is6 || r.index == 0
	if err := r.open(config); err != nil {
		if r.fd >= 0 {
			unix.Close(r.fd)
		}
		return nil, fmt.Errorf("receive VRRP packets to %s: %w", r.name, err)
	}
	r.batch = newBatch(firstBatch, r.is6, r.withControl)
	return r, nil
}

func (r *Receiver) open(config Config) error {
	if err := config.validate(); err != nil {
		return err
	}
	conn, err := listen(config.protocol(), r.is6, config.address(), func(fd int) error {
		return prepareReceiver(fd, config)
	})
	if err != nil {
		return err
	}
	if err := r.join(conn, config); err != nil {
		conn.Close()
		return err
	}
	if r.fd, err = takeOver(conn); err != nil {
		return err
	}
	size, err := unix.GetsockoptInt(r.fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	if err != nil {
		return fmt.Errorf("read SO_RCVBUF: %w", err)
	}
	r.buffer = size / 2 // the kernel doubles what it is told, for its bookkeeping
	return r.discard()
}

// prepareReceiver does what must be done before the socket is bound, the filter first.
func prepareReceiver(fd int, config Config) error {
	if err := attach(fd, dropAll); err != nil {
		return err
	}
	if err := bindToInterface(fd, config.Interface); err != nil {
		return err
	}
	if !config.multicast() {
		if err := setOptions(fd, anyAddress(config.is6())); err != nil {
			return err
		}
	}
	return errors.Join(setOptions(fd, onlyJoined(config.is6())), setReceiveBuffer(fd, config.ReceiveBuffer))
}

// SetReceiveBuffer changes the size of the socket's buffer, as Config.ReceiveBuffer says.
func (r *Receiver) SetReceiveBuffer(size int) error {
	if size == 0 {
		size = r.buffer
	}
	if err := setReceiveBuffer(r.fd, size); err != nil {
		return fmt.Errorf("receive VRRP packets to %s: %w", r.name, err)
	}
	return nil
}

// setReceiveBuffer exceeds the system's limit where the process may.
func setReceiveBuffer(fd, size int) error {
	if size == 0 {
		return nil
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, size) == nil {
		return nil
	}
	return setOptions(fd, option{"SO_RCVBUF", unix.SOL_SOCKET, unix.SO_RCVBUF, size})
}

// join joins the group, if any, and asks for what the packets themselves do not tell.
func (r *Receiver) join(conn *net.IPConn, config Config) error {
	link, group := &net.Interface{Index: config.Index}, &net.IPAddr{IP: config.Group.AsSlice()}
	if r.is6 {
		pc := ipv6.NewPacketConn(conn)
		if err := pc.SetControlMessage(ipv6.FlagHopLimit|ipv6.FlagDst|ipv6.FlagInterface, true); err != nil {
			return fmt.Errorf("ask for hop limit and destination: %w", err)
		}
		if err := pc.SetChecksum(true, checksumOffset); err != nil {
			return fmt.Errorf("ask for checksums: %w", err)
		}
		if config.multicast() {
			return pc.JoinGroup(link, group)
		}
		return nil
	}
	pc := ipv4.NewPacketConn(conn)
	if r.withControl {
		if err := pc.SetControlMessage(ipv4.FlagInterface, true); err != nil {
			return fmt.Errorf("ask for interface: %w", err)
		}
	}
	if config.multicast() {
		return pc.JoinGroup(link, group)
	}
	return nil
}

// discard reads away what came in before the socket was bound and filtered: it may be of any link and address.
func (r *Receiver) discard() error {
	b := newBatch(firstBatch, r.is6, r.withControl)
	for {
		_, err := b.read(r.fd)
		if errors.Is(err, unix.EAGAIN) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// FD returns the descriptor to wait for. It is non-blocking, and valid until Close.
func (r *Receiver) FD() int { return r.fd }

// Receive hands over what has arrived, in order, without waiting, and returns how many packets that were. It
// stops at 256 at the latest, for a flood must not keep the caller from its timers: the rest is got by the next call.
// handle must neither keep the Packet nor close the Receiver. The error is an errno of the socket; what came
// before it has been handed over.
func (r *Receiver) Receive(handle func(*Packet)) (int, error) {
	total := 0
	for total+len(r.batch.headers) <= maxPerReceive {
		n, err := r.batch.read(r.fd)
		if err == unix.EAGAIN { // an errno, never wrapped
			return total, nil
		}
		if err != nil {
			return total, err
		}
		for i := range n {
			r.batch.parse(i, &r.packet, r.between)
			if r.index != 0 {
				r.packet.IfIndex = r.index
			}
			handle(&r.packet)
		}
		total += n
		if n < len(r.batch.headers) {
			r.batch.reset(n)
			return total, nil
		}
		r.refill(n)
	}
	return total, nil
}

// refill readies the batch after it was filled: a small one gives way, once, to a full-sized one.
func (r *Receiver) refill(n int) {
	if n < fullBatch {
		r.batch = newBatch(fullBatch, r.is6, r.withControl)
		return
	}
	r.batch.reset(n)
}

// Close closes the socket, which leaves the group.
func (r *Receiver) Close() error { return closeSocket(r.fd) }
