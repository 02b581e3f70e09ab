package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Sniffer observes what comes in on some interfaces of a host, with the kernel's time stamps. On a
// LAN's switch that is what the LAN's hosts send, each frame once and with the sender's name.
type Sniffer struct {
	sockets []*os.File
	running sync.WaitGroup

	mu      sync.Mutex
	frames  []Frame
	pcap    []byte
	changed chan struct{}
}

// Sniff starts to observe interfaces of the host.
func (h *Host) Sniff(interfaces ...string) (*Sniffer, error) {
	return h.sniff(vrrpFilter, interfaces)
}

func (h *Host) sniff(filter []bpf.Instruction, interfaces []string) (*Sniffer, error) {
	s := &Sniffer{changed: make(chan struct{})}
	for _, name := range interfaces {
		var socket *os.File
		err := h.Do(func() (err error) {
			socket, err = openSniffer(name, filter)
			return err
		})
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("observe %s of %s: %w", name, h.Name, err)
		}
		s.sockets = append(s.sockets, socket)
		s.running.Go(func() { s.receive(socket, name) })
	}
	return s, nil
}

// Sniff starts to observe what all hosts of the LAN send.
func (lan *LAN) Sniff() (*Sniffer, error) { return lan.Switch.sniff(vrrpFilter, lan.ports()) }

// SniffBFD starts to observe the BFD packets that the hosts of the LAN send, and nothing else.
func (lan *LAN) SniffBFD() (*Sniffer, error) { return lan.Switch.sniff(bfdFilter, lan.ports()) }

func (lan *LAN) ports() (names []string) {
	for _, host := range lan.Hosts {
		names = append(names, host.Name)
	}
	return names
}

// snifferBuffer holds some seconds of 50 000 frames each.
const snifferBuffer = 128 << 20

func openSniffer(name string, filter []bpf.Instruction) (*os.File, error) {
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		return nil, err
	}
	// Without a protocol until it is bound: nothing of other interfaces gets in.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	socket := os.NewFile(uintptr(fd), "sniffer on "+name)
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
		attachFilter(fd, filter),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: htons(unix.ETH_P_ALL), Ifindex: ifi.Index}),
	)
	if err != nil {
		socket.Close()
		return nil, err
	}
	// Only root may exceed the machine's limit; what it allows must do elsewhere.
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, snifferBuffer) != nil {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, snifferBuffer)
	}
	return socket, err
}

func (s *Sniffer) receive(socket *os.File, port string) {
	raw, err := socket.SyscallConn()
	if err != nil {
		return
	}
	buffer, control := make([]byte, 2048), make([]byte, 256)
	for {
		var n, controlLength int
		var failure error
		err := raw.Read(func(fd uintptr) bool {
			n, controlLength, _, _, failure = unix.Recvmsg(int(fd), buffer, control, unix.MSG_DONTWAIT)
			return failure != unix.EAGAIN
		})
		if err != nil {
			return // closed
		}
		// ENETDOWN: the interface went down, and may come back.
		if failure == nil {
			frame := Frame{At: timestamp(control[:controlLength]), Port: port}
			frame.parse(buffer[:n])
			s.add(frame, buffer[:n])
		}
	}
}

func (s *Sniffer) add(frame Frame, raw []byte) {
	if frame.Kind == Other {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	frame.Raw = bytes.Clone(raw)
	s.frames = append(s.frames, frame)
	if frame.Kind == Advert {
		s.record(frame.At, raw)
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// Mark is a place in what was seen: the frames so far.
func (s *Sniffer) Mark() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.frames)
}

// Frames returns the frames seen from a mark on that match.
func (s *Sniffer) Frames(mark int, match func(*Frame) bool) []Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Frame
	for i := mark; i < len(s.frames); i++ {
		if match(&s.frames[i]) {
			found = append(found, s.frames[i])
		}
	}
	return found
}

// Wait returns the first frame from a mark on that matches, waiting for it if need be.
func (s *Sniffer) Wait(ctx context.Context, mark int, match func(*Frame) bool) (Frame, error) {
	for {
		s.mu.Lock()
		for ; mark < len(s.frames); mark++ {
			if match(&s.frames[mark]) {
				found := s.frames[mark]
				s.mu.Unlock()
				return found, nil
			}
		}
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return Frame{}, fmt.Errorf("wait for a frame: %w", ctx.Err())
		}
	}
}

// Close ends the observation.
func (s *Sniffer) Close() {
	for _, socket := range s.sockets {
		socket.Close()
	}
	s.running.Wait()
}

// timestamp reads the kernel's time of reception out of the control messages.
func timestamp(control []byte) time.Time {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return time.Time{}
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_TIMESTAMPNS && len(m.Data) >= 16 {
			return time.Unix((*unix.Timespec)(unsafe.Pointer(&m.Data[0])).Unix())
		}
	}
	return time.Time{}
}

func htons(v uint16) uint16 { return v<<8 | v>>8 }
