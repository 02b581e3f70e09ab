// Package firewall keeps packets from the addresses of a Virtual Router that does not accept them
// (no_accept, Accept_Mode of RFC 9568), and the membership reports of devices with virtual MAC addresses
// from leaving under that address. It does so through nftables, in tables of its own.
//
// It promises that every change is one transaction of the kernel's, so that no packet sees half of it;
// that what is asked for twice is there until nobody asks for it any more; that tables of the same name which
// an earlier run left behind are replaced by the first change, in one transaction as well; and that what
// somebody else removes is put back with the next change, or with Restore, for which Watch tells the moment.
// Packets that are forwarded are not touched, nor is neighbour discovery, without which nobody would find an
// IPv6 address.
//
// Nothing is in the kernel before the first address or device. Which addresses these are, and that they are
// protected before they are set, is the caller's business.
package firewall

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/google/nftables"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// Config says how the tables are to be.
type Config struct {
	Table    string // name of the tables, one for each family
	Priority int32  // of their chains
	Counters bool   // every rule counts its packets
}

// Address is an address whose packets are dropped. One that is link-local counts on its interface alone.
type Address struct {
	Addr  netip.Addr
	Index int    // of the interface; or else
	Name  string // its name, which goes on to hold when the interface is made again
}

// Device is a link with a virtual MAC address, whose membership reports leave from its parent. It need not
// exist yet.
type Device struct {
	Name       string
	Parent     int  // its interface's index
	IPv4, IPv6 bool // which of the families it has
	// LinkLocal are the link-local addresses of its parent that it has too. Neighbours must not
	// learn the virtual MAC address for them.
	LinkLocal []netip.Addr
}

// Firewall owns the tables. It belongs to one goroutine at a time.
type Firewall struct {
	cfg     Config
	conn    *nftables.Conn
	port    uint32
	owners  map[any][]entry
	wanted  map[entry]int // how many ask for it
	devices []Device
	v4, v6  *table // nil: not in the kernel
	stale   bool   // what is there is not known: tables of an earlier run, or a change that did not succeed
}

// sendBuffer is room for a transaction with the addresses of some ten thousand Virtual Routers.
const sendBuffer = 8 << 20

// Open connects to nftables.
func Open(cfg Config) (*Firewall, error) {
	f := &Firewall{cfg: cfg, owners: make(map[any][]entry), wanted: make(map[entry]int), stale: true}
	var err error
	f.conn, err = nftables.New(nftables.AsLasting(), nftables.WithSockOptions(f.prepare))
	if err != nil {
		return nil, fmt.Errorf("open netlink socket for nftables: %w", err)
	}
	return f, nil
}

// prepare sets up the socket and takes note of its port.
func (f *Firewall) prepare(conn *netlink.Conn) error {
	_ = conn.SetWriteBuffer(sendBuffer) // without it, less fits into a transaction
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var name unix.Sockaddr
	if controlErr := raw.Control(func(fd uintptr) { name, err = unix.Getsockname(int(fd)) }); controlErr != nil {
		return controlErr
	}
	if own, ok := name.(*unix.SockaddrNetlink); ok {
		f.port = own.Pid
	}
	return err
}

// Port is the netlink port that our changes come from, for Watch.
func (f *Firewall) Port() uint32 { return f.port }

// Want is the addresses that an owner wants to be dropped.
type Want struct {
	Owner     any
	Addresses []Address
}

// Drop drops the packets of addresses from now on, instead of those that their owner asked for before: all of
// them in one change, which takes hardly longer than one of them would.
func (f *Firewall) Drop(wants ...Want) error {
	var added, removed []entry
	for _, want := range wants {
		plus, minus := f.note(want)
		added, removed = append(added, plus...), append(removed, minus...)
	}
	return f.change(added, removed)
}

// note takes down what an owner wants, and finds what nobody wanted before and nobody wants any more.
func (f *Firewall) note(want Want) (added, removed []entry) {
	before := f.owners[want.Owner]
	now := make([]entry, 0, len(want.Addresses))
	for _, a := range want.Addresses {
		now = append(now, entryOf(a))
	}
	for _, e := range now {
		if f.wanted[e]++; f.wanted[e] == 1 {
			added = append(added, e)
		}
	}
	for _, e := range before {
		if f.wanted[e]--; f.wanted[e] == 0 {
			delete(f.wanted, e)
			removed = append(removed, e)
		}
	}
	f.owners[want.Owner] = now
	if len(now) == 0 {
		delete(f.owners, want.Owner)
	}
	return added, removed
}

// Accept lets the packets of owner's addresses through again.
func (f *Firewall) Accept(owner any) error { return f.Drop(Want{Owner: owner}) }

// Idle says that nothing is asked for.
func (f *Firewall) Idle() bool { return len(f.wanted) == 0 && len(f.devices) == 0 }

// SetDevices says which links have a virtual MAC address from now on.
func (f *Firewall) SetDevices(devices []Device) error {
	devices = slices.SortedFunc(slices.Values(devices), func(a, b Device) int { return cmp.Compare(a.Name, b.Name) })
	if slices.EqualFunc(f.devices, devices, equalDevice) {
		return nil
	}
	f.devices = devices
	return f.Restore()
}

func equalDevice(a, b Device) bool {
	return a.Name == b.Name && a.Parent == b.Parent && a.IPv4 == b.IPv4 && a.IPv6 == b.IPv6 &&
		slices.Equal(a.LinkLocal, b.LinkLocal)
}

// Configure changes how the tables are; their name stays.
func (f *Firewall) Configure(cfg Config) error {
	cfg.Table = f.cfg.Table
	if cfg == f.cfg {
		return nil
	}
	f.cfg = cfg
	return f.Restore()
}

// change brings addresses into the tables and takes others out, in one transaction.
func (f *Firewall) change(added, removed []entry) error {
	if f.stale {
		return f.Restore()
	}
	if len(added)+len(removed) == 0 {
		return nil
	}
	for _, e := range added {
		if t := f.of(e.family()); t == nil || t.sets[e.set()] == nil {
			return f.Restore()
		}
	}
	for _, group := range bySet(removed) {
		if t := f.of(group[0].family()); t != nil {
			f.elements(f.conn.SetDeleteElements, t, group)
		}
	}
	for _, group := range bySet(added) {
		f.elements(f.conn.SetAddElements, f.of(group[0].family()), group)
	}
	err := f.conn.Flush()
	if errors.Is(err, unix.ENOENT) {
		return f.Restore() // somebody else removed what was to be changed
	}
	f.stale = err != nil
	return f.explain("change", err)
}

func (f *Firewall) of(family nftables.TableFamily) *table {
	if family == nftables.TableFamilyIPv6 {
		return f.v6
	}
	return f.v4
}

// Restore makes the tables as they are to be, whatever is there, in one transaction.
func (f *Firewall) Restore() error {
	f.v4, f.v6 = f.build(nftables.TableFamilyIPv4), f.build(nftables.TableFamilyIPv6)
	err := f.explain("set up", f.conn.Flush())
	f.stale = err != nil
	return err
}

// Remove removes the tables. What was asked for is forgotten.
func (f *Firewall) Remove() error {
	clear(f.owners)
	clear(f.wanted)
	f.devices, f.v4, f.v6 = nil, nil, nil
	for _, family := range []nftables.TableFamily{nftables.TableFamilyIPv4, nftables.TableFamilyIPv6} {
		f.replace(family)
	}
	return f.explain("remove", f.conn.Flush())
}

// replace removes a table that may be there: one that is not would be an error.
func (f *Firewall) replace(family nftables.TableFamily) *nftables.Table {
	t := f.conn.AddTable(&nftables.Table{Name: f.cfg.Table, Family: family})
	f.conn.DelTable(t)
	return t
}

// Close ends the connection. The tables stay.
func (f *Firewall) Close() error { return f.conn.CloseLasting() }

// explain says of an error what was tried, and of what a kernel without nftables answers that it is one.
func (f *Firewall) explain(verb string, err error) error {
	if err == nil {
		return nil
	}
	for _, missing := range []error{unix.EOPNOTSUPP, unix.EPROTONOSUPPORT, unix.EINVAL} {
		if errors.Is(err, missing) {
			return fmt.Errorf("%s nftables table %s: %w (does this kernel have nf_tables?)", verb, f.cfg.Table, err)
		}
	}
	return fmt.Errorf("%s nftables table %s: %w", verb, f.cfg.Table, err)
}
