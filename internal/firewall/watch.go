package firewall

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Watcher notices what others do to our tables.
type Watcher struct {
	conn  *netlink.Conn
	table string
}

// Watch begins to listen for changes of the tables of that name, but for those that come from the netlink
// port own.
func Watch(table string, own uint32) (*Watcher, error) {
	conn, err := netlink.Dial(unix.NETLINK_NETFILTER, nil)
	if err != nil {
		return nil, fmt.Errorf("watch nftables: %w", err)
	}
	filter, err := bpf.Assemble(notFrom(own))
	if err == nil {
		err = conn.SetBPF(filter)
	}
	if err == nil {
		err = conn.JoinGroup(unix.NFNLGRP_NFTABLES)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("watch nftables: %w", err), conn.Close())
	}
	return &Watcher{conn, table}, nil
}

// notFrom lets through what does not come from a port: a transaction with thousands of our own addresses
// wakes nobody. The kernel reports each transaction in messages of its own.
func notFrom(port uint32) []bpf.Instruction {
	const portOffset = 12 // nlmsg_pid
	wire := uint32(0)     // a packet filter loads big-endian
	for i, b := range interfaceIndex(int(port)) {
		wire |= uint32(b) << (24 - 8*i)
	}
	return []bpf.Instruction{
		bpf.LoadAbsolute{Off: portOffset, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: wire, SkipFalse: 1},
		bpf.RetConstant{Val: 0},
		bpf.RetConstant{Val: 1 << 18},
	}
}

// Run calls disturbed, from the calling goroutine, whenever somebody removed a part of the tables, or may have
// done so, until ctx ends. It closes the watcher.
func (w *Watcher) Run(ctx context.Context, disturbed func()) error {
	stop := context.AfterFunc(ctx, func() { _ = w.conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	defer w.conn.Close()
	for {
		messages, err := w.conn.Receive()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, unix.ENOBUFS): // what was lost may have been about us
			disturbed()
		case errors.Is(err, os.ErrDeadlineExceeded):
		case err != nil:
			return fmt.Errorf("watch nftables: %w", err)
		}
		for i := range messages {
			if w.removes(&messages[i]) {
				disturbed()
				break
			}
		}
	}
}

// removes tells whether a message says that a part of one of our tables is gone.
func (w *Watcher) removes(m *netlink.Message) bool {
	switch uint16(m.Header.Type) {
	case unix.NFNL_SUBSYS_NFTABLES<<8 | unix.NFT_MSG_DELTABLE, unix.NFNL_SUBSYS_NFTABLES<<8 | unix.NFT_MSG_DELCHAIN,
		unix.NFNL_SUBSYS_NFTABLES<<8 | unix.NFT_MSG_DELRULE, unix.NFNL_SUBSYS_NFTABLES<<8 | unix.NFT_MSG_DELSET,
		unix.NFNL_SUBSYS_NFTABLES<<8 | unix.NFT_MSG_DELSETELEM:
	default:
		return false
	}
	const header = 4 // struct nfgenmsg
	if len(m.Data) < header || m.Data[0] != unix.NFPROTO_IPV4 && m.Data[0] != unix.NFPROTO_IPV6 {
		return false
	}
	attributes, err := netlink.UnmarshalAttributes(m.Data[header:])
	if err != nil {
		return true // better once too often
	}
	for _, a := range attributes {
		const tableName = 1 // in all of these messages
		if a.Type == tableName {
			return string(bytes.TrimRight(a.Data, "\x00")) == w.table
		}
	}
	return false
}
