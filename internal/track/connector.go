package track

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// The kernel's process events connector: linux/connector.h and linux/cn_proc.h.
const (
	connectorProc = 1 // CN_IDX_PROC and CN_VAL_PROC
	listenMode    = 1 // PROC_CN_MCAST_LISTEN

	processNone = 0
	processFork = 0x00000001
	processExec = 0x00000002
	processComm = 0x00000200
	processExit = 0x80000000

	connectorHeader = 20                                        // struct cn_msg
	eventOffset     = unix.SizeofNlMsghdr + connectorHeader     // struct proc_event
	eventData       = eventOffset + 16                          // its union
	listenLength    = unix.SizeofNlMsghdr + connectorHeader + 4 // a request

	connectorBuffer = 1 << 20
	ackTimeout      = time.Second
)

var errNoAck = errors.New("the kernel does not answer")

// listen follows the kernel's events until ctx ends or they cannot be received. It closes file.
func (p *Processes) listen(ctx context.Context, file *os.File) error {
	defer file.Close()
	stop := context.AfterFunc(ctx, func() { file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	buffer := make([]byte, 4096)
	if err := awaitAck(ctx, file, buffer); err != nil {
		return err
	}
	p.scan() // what happened until now
	for ctx.Err() == nil {
		if err := file.SetReadDeadline(p.judge(time.Now())); err != nil {
			return err
		}
		if ctx.Err() != nil { // its deadline may just have been overwritten
			break
		}
		n, err := file.Read(buffer)
		switch {
		case err == nil:
			p.handle(buffer[:n])
		case errors.Is(err, unix.ENOBUFS): // events were lost
			p.scan()
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return fmt.Errorf("read process events: %w", err)
		}
	}
	return ctx.Err()
}

func openConnector() (*os.File, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_CONNECTOR)
	if err != nil {
		return nil, fmt.Errorf("open process events: %w", err)
	}
	// Forced where permitted, else as much as the system allows: a full buffer costs a search of /proc.
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, connectorBuffer) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, connectorBuffer)
	}
	if err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: connectorProc}); err == nil {
		err = unix.Sendto(fd, listenRequest(), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("listen to process events: %w", err)
	}
	return os.NewFile(uintptr(fd), "process events"), nil
}

func listenRequest() []byte {
	m := make([]byte, listenLength)
	native := binary.NativeEndian
	native.PutUint32(m, listenLength)
	native.PutUint16(m[4:], unix.NLMSG_DONE)
	body := m[unix.SizeofNlMsghdr:]
	native.PutUint32(body, connectorProc)
	native.PutUint32(body[4:], connectorProc)
	native.PutUint16(body[16:], 4)
	native.PutUint32(body[connectorHeader:], listenMode)
	return m
}

// awaitAck waits for the answer to the request. In a process or user namespace other than the first there is none.
func awaitAck(ctx context.Context, file *os.File, buffer []byte) error {
	if err := file.SetReadDeadline(time.Now().Add(ackTimeout)); err != nil {
		return err
	}
	for ctx.Err() == nil {
		n, err := file.Read(buffer)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return errNoAck
		}
		if err != nil {
			return fmt.Errorf("read process events: %w", err)
		}
		if what, data, ok := parseEvent(buffer[:n]); ok && what == processNone && len(data) >= 4 {
			if errno := binary.NativeEndian.Uint32(data); errno != 0 {
				return fmt.Errorf("listen to process events: %w", unix.Errno(errno))
			}
			return nil
		}
	}
	return ctx.Err()
}

// parseEvent takes a datagram apart; it is false for anything but an event of ours.
func parseEvent(datagram []byte) (what uint32, data []byte, ok bool) {
	native := binary.NativeEndian
	if len(datagram) < eventData {
		return 0, nil, false
	}
	body := datagram[unix.SizeofNlMsghdr:]
	if native.Uint32(body) != connectorProc || native.Uint32(body[4:]) != connectorProc {
		return 0, nil, false
	}
	return native.Uint32(datagram[eventOffset:]), datagram[eventData:], true
}

// handle applies one event. Threads do not count: of a process, thread and process id are the same.
func (p *Processes) handle(datagram []byte) {
	what, data, ok := parseEvent(datagram)
	if !ok {
		return
	}
	id := func(i int) int {
		if len(data) < 4*i+4 {
			return -1
		}
		return int(binary.NativeEndian.Uint32(data[4*i:]))
	}
	switch what {
	case processFork: // parent's thread and process, child's thread and process
		if id(2) == id(3) {
			p.set(id(2), p.matching[id(1)]) // until it executes something it is what its parent is
		}
	case processExec, processComm:
		if id(0) == id(1) {
			p.set(id(0), p.match(id(0)))
		}
	case processExit:
		if id(0) == id(1) {
			p.set(id(0), nil)
		}
	}
}
