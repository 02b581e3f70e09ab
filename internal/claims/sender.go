package claims

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// SenderOf waits, on the interface with that index, for a VRRP packet from source, and tells which MAC address
// it came from: the IP layer does not say. It ends with ctx.
func SenderOf(ctx context.Context, index int, source netip.Addr) (mac [6]byte, err error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return mac, fmt.Errorf("listen for adverts: %w", err)
	}
	file := os.NewFile(uintptr(fd), "adverts")
	defer file.Close()
	program, protocol := advertsFrom(source)
	raw, err := bpf.Assemble(program)
	if err == nil {
		err = attach(fd, raw)
	}
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: wire16(protocol), Ifindex: index})
	}
	if err != nil {
		return mac, fmt.Errorf("listen for adverts: %w", err)
	}
	defer context.AfterFunc(ctx, func() { _ = file.SetReadDeadline(time.Unix(1, 0)) })()
	conn, err := file.SyscallConn()
	if err != nil {
		return mac, err
	}
	packet := make([]byte, packetBytes)
	var from unix.Sockaddr
	var recvErr error
	err = conn.Read(func(fd uintptr) bool {
		_, from, recvErr = unix.Recvfrom(int(fd), packet, 0)
		return recvErr != unix.EAGAIN
	})
	if err = errors.Join(err, recvErr); err != nil {
		return mac, err
	}
	link, ok := from.(*unix.SockaddrLinklayer)
	if !ok || link.Halen != macSize {
		return mac, errors.New("the link has no MAC addresses")
	}
	copy(mac[:], link.Addr[:])
	return mac, nil
}

// advertsFrom is the filter for VRRP packets from source, and the protocol that they are of.
func advertsFrom(source netip.Addr) (program []bpf.Instruction, protocol uint16) {
	protocolAt, sourceAt := uint32(9), uint32(12)
	protocol = unix.ETH_P_IP
	if source.Is6() {
		protocolAt, sourceAt, protocol = 6, 8, unix.ETH_P_IPV6
	}
	drop := bpf.RetConstant{Val: 0}
	program = append(program, bpf.LoadAbsolute{Off: protocolAt, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: vrrp.Protocol, SkipTrue: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.IPPROTO_AH, SkipTrue: 1}, drop)
	bytes := source.AsSlice()
	for i := 0; i < len(bytes); i += 4 {
		program = append(program, bpf.LoadAbsolute{Off: sourceAt + uint32(i), Size: 4},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: binary.BigEndian.Uint32(bytes[i:]), SkipTrue: 1}, drop)
	}
	return append(program, bpf.RetConstant{Val: packetBytes}), protocol
}
