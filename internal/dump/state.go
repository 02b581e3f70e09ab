package dump

import (
	"net/netip"
	"time"
)

// State is everything that the files tell, in the order of the configuration.
type State struct {
	Global          Global
	StaticAddresses []Address
	StaticRoutes    []string // printed, with what follows when installed
	StaticRules     []string
	TrackGroups     []TrackGroup
	Instances       []Instance
	Sockets         []Socket
	SyncGroups      []SyncGroup
	Scripts         []Script
	TrackFiles      []TrackFile
	TrackProcesses  []TrackProcess
	BFDs            []BFD
	Paces           []Pace
	Interfaces      []Interface
	Own             []Line // what govrrpd counts and keepalived does not; none: no section
}

// Line is one figure of the last section.
type Line struct{ Name, Value string }

// Pace is how fast addresses are announced on some interfaces: those of a garp_group, or a single one.
type Pace struct {
	Group      int // number of the group; 0 for a single interface
	ARP, NA    time.Duration
	Interfaces []string
}

// TrackGroup is a track_group.
type TrackGroup struct {
	Name      string
	Instances []string
}

// Global are the settings of global_defs that apply.
type Global struct {
	NetworkNamespace  string // "" is the default one
	InstanceName      string
	ProcessName       string // "" is left as it is
	RouterID          string
	SMTPServer        string
	SMTPPort          uint16
	SMTPHelo          string
	SMTPTimeout       time.Duration
	EmailFrom         string
	Emails            []string
	SMTPAlert         *bool // nil: not set
	SMTPAlertVRRP     *bool
	NoFaultEmails     bool
	Reload            Reload
	NamedFiles        bool // data_use_instance
	DynamicInterfaces bool
	IfChanges         bool // dynamic_interfaces allow_if_changes
	DefaultInterface  string
	DisableLocalIGMP  bool
	Firewall          *Firewall // nil: not in use
	FIFOs             []FIFO
	FIFOStates        bool // vrrp states written to the FIFO on reload
	NotifyPriority    bool
	Multicast4        netip.Addr
	Multicast6        netip.Addr
	GARP              GARP
	GARPInterval      time.Duration
	NAInterval        time.Duration
	ExtraInterval     time.Duration // vrrp_garp_extra_if; 0 is off
	ExtraAll          bool
	DownTimerAdverts  int
	LowerNoAdvert     bool
	HigherSendAdvert  bool
	Version           int // default VRRP version
	CheckUnicastSrc   bool
	SkipCheckAdvAddr  bool
	Strict            bool
	MaxAutoPriority   int // 0 and -1 are off
	AutoPriorityDelay time.Duration
	CPUs              []int
	ReceiveBuffers    string // "", "MTU", "ADVERT" or a number
	BufferFactor      int
	StartupDelay      time.Duration
	LogUnknownVRIDs   bool
	VMACPrefix        string // "" is the usual one
	VMACAddressPrefix string
	Priority          int
	NoSwap            bool
	RealtimePriority  int
	ScriptSecurity    bool
	ScriptUID         uint32
	ScriptGID         uint32
	Umask             uint32
}

// Reload is when and how a configuration is read anew without a signal.
type Reload struct {
	Check          bool
	CheckLog       string
	TimeFile, Flag string // reload_time_file, reload_file; "" is none
	Repeat         bool
}

// FIFO is a notify FIFO with the program that reads it.
type FIFO struct {
	Name     string // Global or VRRP
	Path     string
	UID, GID uint32
	Script   *Command // nil is none
}

// RouterState is the state of a Virtual Router, in keepalived's numbers.
type RouterState uint8

const (
	Init    RouterState = 0
	Backup  RouterState = 1
	Master  RouterState = 2
	Fault   RouterState = 3
	Deleted RouterState = 97
	Stop    RouterState = 98
)

// String is the state as keepalived.data names it.
func (s RouterState) String() string {
	switch s {
	case Init:
		return "INIT"
	case Backup:
		return "BACKUP"
	case Master:
		return "MASTER"
	case Fault:
		return "FAULT"
	case Deleted:
		return "DELETED"
	case Stop:
		return "STOP"
	}
	return "unknown"
}

// GARP is when, and how often, addresses are announced.
type GARP struct {
	Delay           time.Duration
	Repeat          int
	Refresh         time.Duration
	RefreshRepeat   int
	LowerPrioDelay  time.Duration
	LowerPrioRepeat int
}

// Auth is an instance's authentication, in keepalived's numbers.
type Auth uint8

const (
	AuthNone Auth = 0
	AuthPass Auth = 1
	AuthAH   Auth = 2
)

// HMAC is an instance's auth_hmac. The keys themselves are nobody's business.
type HMAC struct {
	Keys       int
	Active     uint8
	Mode       string
	AntiReplay string
}

// Instance is one Virtual Router.
type Instance struct {
	Name      string
	SyncGroup string // "" is none
	VRID      uint8
	Version   int
	IPv6      bool

	State, Want    RouterState
	LastTransition time.Time
	// MasterAddr and what follows tell of the Master of whom this router is a Backup.
	MasterAddr           netip.Addr
	MasterPriority       uint8 // of the last accepted advert; 0 before the first
	MasterAdvertInterval time.Duration
	ReadTimeout          time.Time // the next deadline; zero means none
	MasterDownTimer      time.Duration
	LastAdvertSent       time.Time
	RogueAdverts         int  // owner: still to be sent before another owner is listened for
	RogueTimer           bool // it is listened for
	ConfigFaults         int
	TrackerFaults        int
	InterfaceFaults      []string // why the interface is at fault
	ScriptsInit          int      // tracked scripts without a result

	Interface     string // the VMAC or ipvlan when there is one; "" is none
	BaseInterface string // below that; "" without one
	VMACUp        bool
	XmitBase      bool
	VMACAddresses bool   // use_vmac_addr
	IPVLANMode    string // bridge, private or vepa; "" is no ipvlan
	IPVLANAddress netip.Prefix

	Source           netip.Addr // invalid: none yet
	SourceConfigured bool
	Multicast        netip.Addr // destination; not used with Unicast
	IfIndex          int
	Unicast          bool
	Peers            []Peer
	UnicastTTL       int // 0: not set
	CheckUnicastSrc  bool
	UnicastChecksum  string // IPv4: "no", "auto", …
	ReceiveFD        int
	SendFD           int

	BasePriority      uint8
	EffectivePriority uint8
	TotalPriority     int // before it was limited to 1 to 254
	AdvertInterval    time.Duration
	Accept            bool
	Preempt           bool
	PreemptDelay      time.Duration

	DontTrackPrimary     bool
	Strict               bool
	SkipCheckAdvAddr     bool
	PromoteSecondaries   bool
	ChecksumAsV2         bool
	GARP                 GARP
	DownTimerAdverts     int
	LowerPrioNoAdvert    bool
	HigherPrioSendAdvert bool
	OwnerIgnoreAdverts   bool
	DebugLevel           int
	KernelBuffer         int // kernel_rx_buf_size

	Auth Auth
	HMAC *HMAC // auth_hmac; nil: none

	VIPSet       bool // the addresses are installed
	VIPs         []Address
	ExcludedVIPs []Address
	Routes       []string // printed
	Rules        []string // printed

	TrackInterfaces []Track
	TrackScripts    []Track
	TrackFiles      []Track
	TrackProcesses  []Track
	TrackBFDs       []Track

	SMTPAlert             bool
	NotifyDeleted         bool // DELETED is told instead of FAULT
	NotifyPriorityChanges bool
	Notify                Notify

	Counters Counters
}

// Peer is a unicast peer.
type Peer struct {
	Addr           netip.Addr
	MinTTL, MaxTTL uint8
}

// Track is one tracked thing of an instance or a sync group.
type Track struct {
	Name    string
	Weight  int
	Reverse bool
	Command []string // of a script
}

// Notify are the scripts to be run; nil is none.
type Notify struct {
	Backup, Master, Fault, Stop, Deleted, Any, MasterRxLowerPri *Command
}

// Command is a script with its arguments and its user.
type Command struct {
	Args     []string
	UID, GID uint32
}

// Counters are the statistics of an instance.
type Counters struct {
	AdvertsReceived, AdvertsSent              uint64
	BecameMaster, ReleasedMaster              uint64
	LengthErrors, IntervalErrors, TTLErrors   uint64
	TypeErrors, AddressListErrors             uint64
	InvalidAuthType, AuthMismatch, AuthFailed uint64
	ExtMissing, ExtMalformed, ExtUnknownKey   uint64
	ExtInvalidHMAC, ExtStale, ExtReplay       uint64
	PriorityZeroReceived, PriorityZeroSent    uint64
}

// SyncGroup is a group of instances.
type SyncGroup struct {
	Name            string
	State           RouterState
	Members         []string
	MembersAtFault  int
	MembersInInit   int
	TrackingWeight  bool // sync_group_tracking_weight
	SMTPAlert       bool
	Notify          Notify
	TrackInterfaces []Track
	TrackScripts    []Track
	TrackFiles      []Track
	TrackProcesses  []Track
	TrackBFDs       []Track
}

// Script is a tracked script.
type Script struct {
	Name              string
	Command           Command
	Interval, Timeout time.Duration
	Weight            int
	Reverse           bool
	Rise, Fall        int
	Result            int // rises and falls counted, as keepalived does
	Good              bool
	InitFailed        bool // starts as failed
	Running           bool
	Instances         []Track // Name is the instance's
}

// TrackFile is a tracked file.
type TrackFile struct {
	Name, File string
	Status     int
	Weight     int
	Reverse    bool
	Instances  []Track
}

// TrackProcess is a tracked process.
type TrackProcess struct {
	Name, Process                 string
	Parameters                    []string
	ParamMatch                    string // "", or the kind of match
	Min, Max                      int    // Max < 0: no limit
	Current                       int
	Quorum                        bool
	Weight                        int
	Reverse                       bool
	TerminateDelay, ForkDelay     time.Duration
	ForkRunning, TerminateRunning bool
	FullCommand                   bool
	Instances                     []Track
}

// Socket is a pair of sockets that Virtual Routers share.
type Socket struct {
	ReceiveFD, SendFD int
	Interface         string
	IPv6              bool
	Unicast           bool
	AH                bool
	Addr              netip.Addr // local address, unicast only
	ReceiveBuffer     int
	Instances         []SocketUser
}

// SocketUser is a Virtual Router at a Socket.
type SocketUser struct {
	Name string
	VRID uint8
}

// Interface is a network interface.
type Interface struct {
	Name                      string
	Index                     int
	IPv4, IPv6                netip.Addr // the one that adverts would come from; invalid: none
	MAC                       string     // "" without
	Up, Running               bool
	Loopback, NoMulticast     bool
	NoBroadcast, PointToPoint bool
	MTU                       int
	Base                      string // of a macvlan
	Created                   bool   // by this daemon
	Polling                   string // the method by which its link is polled; "": it is not
	Instances                 []Track
}
