package config

import "time"

// Host answers what only the machine knows. Config does no input or output itself: a check without a
// machine (or a test) hands in another Host.
type Host interface {
	Hostname() string
	Interface(name string) (Interface, bool)
	User(name string) (uid, gid uint32, ok bool) // gid is the user's primary group
	Group(name string) (gid uint32, ok bool)
	UserGroups(name string) []uint32 // supplementary groups
	DefaultUser() (uid, gid uint32)  // of this process
	CheckScript(path string, user User) (resolved string, problem ScriptProblem, detail string)
	Uptime() time.Duration
	// Table resolves a name of an iproute2 table file (rt_tables, rt_scopes, rt_protos, …).
	TableFile(name string) []NamedNumber
	DirectoryProblem(path string) string // of the directory of a track_file; "" is none
	// KeyFile reads a file that holds a key. shared: others than its owner may read or write it.
	KeyFile(path string) (text string, shared bool, problem string)
}

// NamedNumber is one line of an iproute2 name table.
type NamedNumber struct {
	Number uint32
	Name   string
}

// Interface is what a check wants to know of a network interface.
type Interface struct {
	Index     int
	MTU       int
	Loopback  bool
	Multicast bool
	Ethernet  bool
	Assumed   bool   // nobody has looked: it counts as what the file takes it for
	Virtual   bool   // made by software, which may make another one of this name
	VMAC      bool   // a macvlan with a VRRP MAC
	IPVLAN    bool   // an ipvlan of mode L2
	VRF       bool   // the device of a virtual routing table
	Table     uint32 // of a VRF
	Base      string // the interface that a macvlan or ipvlan stands on, "" for others
}

// ScriptProblem is what keeps a script from being run.
type ScriptProblem uint8

const (
	ScriptOK ScriptProblem = iota
	ScriptNotFound
	ScriptNotExecutable
	ScriptInsecure
)
