package config

import (
	"net/netip"
	"time"

	"github.com/govrrpd/govrrpd/pkg/syntax"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// Config is the meaning of a whole keepalived.conf, after every check: all defaults are filled in,
// all references are resolved (by name, to entries of the same Config), nothing is left to guess.
type Config struct {
	Global          Global
	Instances       []*Instance // in the order of the file
	SyncGroups      []*SyncGroup
	Scripts         []*Script // vrrp_script
	TrackFiles      []*TrackFile
	TrackProcesses  []*TrackProcess
	BFDs            []*BFD // bfd_instance, those that can be run
	StaticAddresses []*Address
	StaticRoutes    []*Route
	StaticRules     []*Rule
	Delays          []InterfaceDelay // interface_up_down_delays
	Linkbeats       []Linkbeat       // linkbeat_interfaces
	LinkbeatAll     bool             // linkbeat_use_polling: the interfaces of all instances
	GARPGroups      []GARPGroup
	TrackGroups     []TrackGroup
	VirtualServers  int // blocks of the LVS side that were skipped

	Diagnostics []syntax.Diagnostic // sorted by place, none twice
}

// User is whom a script runs as.
type User struct {
	UID, GID uint32
	Groups   []uint32 // supplementary groups; nil means "leave none but GID"
}

// Command is a script's command line with the user that runs it.
type Command struct {
	Args []string // Args[0] is the program; a bare name has been looked up in PATH
	User User
	Span syntax.Span
}

// Global is global_defs and the simple top level keywords.
type Global struct {
	RouterID            string
	NotificationEmails  []string
	EmailFrom           string
	SMTPServer          string // host name or address, unresolved; "" means no mail
	SMTPPort            uint16
	SMTPHelo            string
	SMTPTimeout         time.Duration
	NoEmailFaults       bool
	StartupScript       *Command
	StartupTimeout      time.Duration
	ShutdownScript      *Command
	ShutdownTimeout     time.Duration
	ScriptSecurity      bool
	ScriptUser          User  // whom scripts run as that name nobody
	SMTPAlert           *bool // smtp_alert; nil is not given
	SMTPAlertVRRP       *bool
	NotifyFIFO          *FIFO // notify_fifo
	VRRPNotifyFIFO      *FIFO // vrrp_notify_fifo
	FIFOStatesOnReload  bool
	NotifyTimeout       *time.Duration // notify_timeout; 0 is any time, nil is not given
	NotifyAtOnce        bool           // orderly_notify off
	DefaultInterface    string
	DynamicInterfaces   bool
	AllowIfChanges      bool
	SaveDir             string        // config_save_dir
	TmpDirectory        string        // tmp_config_directory, of which only a change matters
	GARP                GARP          // what instances have that say nothing else
	StartupDelay        time.Duration // vrrp_startup_delay and vrrp_delay_after_boot, the larger
	LogUnknownVRIDs     bool
	CheckUnicastSource  bool
	MulticastGroup4     netip.Addr
	MulticastGroup6     netip.Addr
	Umask               *uint32
	Priority            int    // nice value, vrrp_priority
	RealtimePriority    int    // vrrp_rt_priority, 0 is off
	RealtimeLimit       uint32 // vrrp_rlimit_rttime, microseconds
	MaxAutoPriority     int    // max_auto_priority; 0 and -1 are off, the latter on purpose
	AutoPriorityDelay   time.Duration
	StallGuard          bool // stall_guard
	NoSwap              bool // vrrp_no_swap
	CPUAffinity         []int
	ProcessName         string // vrrp_process_name / process_name / process_names; "" leaves it
	ReloadCheckConfig   bool
	ReloadCheckLog      string
	ReloadTimeFile      string // reload_time_file, "" is off
	ReloadRepeat        bool
	ReloadFile          string // reload_file; ReloadFileDefault without a path, "" is off
	NetworkNamespace    string
	InstanceName        string // instance NAME
	UsePIDDir           bool
	StateDumpFile       string
	StatsDumpFile       string
	JSONDumpFile        string
	DataUseInstance     bool
	JSONVersion         int
	Nftables            string // name of the table; "" leaves it to the daemon
	NftablesPriority    int32  // of its chains
	NftablesCounters    bool
	NftablesIndex       bool // interfaces by number wherever that works
	Iptables            bool // vrrp_iptables or vrrp_ipsets, which nftables serves
	Defaults            Defaults
	DisableLocalIGMP    bool
	VMACPrefix          string // "vrrp" by default
	VMACAddressPrefix   string // of devices that one address has; "" is VMACPrefix
	ReceiveBufferPolicy string // "", "MTU", "ADVERT" or a number
	ReceiveBufferFactor int
}

// ReloadFileDefault stands for keepalived.reload in the directory of the pid files.
const ReloadFileDefault = "-"

// FIFO is a notify FIFO and the program that reads it. Script is run with Path as its last argument.
type FIFO struct {
	Path   string
	User   User
	Script *Command
}

// GARP is when, and how often, the addresses of a new Master are announced.
type GARP struct {
	MasterDelay         time.Duration // second burst after becoming Master; 0 means none
	MasterRepeat        int           // rounds per burst
	MasterRefresh       time.Duration // 0 is off
	MasterRefreshRepeat int
	LowerPrioDelay      time.Duration
	LowerPrioRepeat     int
	Interval            time.Duration // between two gratuitous ARPs on an interface
	NAInterval          time.Duration
	ExtraInterval       time.Duration // garp_extra_if; 0 is off
	ExtraAll            bool
}

// BFD is one bfd_instance that can be run.
type BFD struct {
	Name         string
	Neighbor     netip.Addr
	Source       netip.Addr // invalid: as the routes say
	MinRX, MinTX time.Duration
	IdleTX       time.Duration // while the session is not up
	Multiplier   uint8
	Passive      bool
	TTL          int // or hop limit
	MaxHops      int // as written; -1 for any
	MinTTL       int // that packets must come with, by max_hops
	Multihop     bool
	Weight       int // of track_bfd entries that say nothing else
	Reverse      bool
	// ForVRRP and ForChecker: who is told of it. Without either, or with both, everybody is.
	ForVRRP, ForChecker bool
}

// Instance is one vrrp_instance, complete.
type Instance struct {
	Name      string
	Span      syntax.Span // of its name
	Interface string      // "" is possible with unicast only
	VRID      vrrp.VRID
	Version   vrrp.Version
	IPv6      bool          // family
	Priority  vrrp.Priority // base priority
	// WantMaster: `state MASTER`, or priority 255 without a state.
	WantMaster     bool
	AdvertInterval time.Duration
	Preempt        bool
	PreemptDelay   time.Duration
	Accept         bool
	Strict         bool
	Debug          int

	DontTrackPrimary   bool
	PromoteSecondaries bool
	VRF                string // of unicast without an interface; "" is none

	Source             netip.Addr // mcast_src_ip or unicast_src_ip; invalid means automatic
	SourceFrom         string     // the keyword that gave Source
	TrackSource        bool       // track_src_ip
	Unicast            bool       // peers are configured and unicast is used
	Peers              []Peer
	UnicastTTL         *uint8
	CheckUnicastSource bool
	OldUnicastChecksum OldChecksum
	MulticastGroup     netip.Addr // destination of multicast adverts
	ChecksumAsV2       bool
	SkipCheckAdvAddr   bool
	ReceiveBuffer      int

	VMAC          *VMAC   // use_vmac; nil means none
	IPVLAN        *IPVLAN // use_ipvlan; nil means none
	VMACAddresses bool    // use_vmac_addr

	AuthType vrrp.AuthType
	AuthData string // at most 8 bytes
	HMAC     *HMAC  // auth_hmac; nil means none

	VIPs         []*Address // in the advert, in this order
	ExcludedVIPs []*Address
	Routes       []*Route
	Rules        []*Rule

	GARP                    GARP
	DownTimerAdverts        int
	LowerPrioNoAdvert       bool
	VIPGuardian             bool // puts back what somebody else removes
	SplitBrainAlarm         bool // tells of another Master
	NotifySplitBrain        *Command
	NotifySplitBrainSet     bool // notify_split_brain was given: FIFOs are told
	HigherPrioSendAdvert    bool
	OwnerIgnoreAdverts      bool
	TimerExpiredBackup      int
	TrackInterfaces         []Track // without the own interface
	TrackScripts            []Track
	TrackFiles              []Track
	TrackProcesses          []Track
	TrackBFDs               []Track
	SyncGroup               string // "" is none
	Notify                  Notify
	NotifyRxLowerPrio       *Command
	NotifyDeleted           *Command
	NotifyDeletedSet        bool // notify_deleted was given: send DELETED instead of FAULT
	NotifyTimeout           *time.Duration
	SMTPAlert               bool
	NotifyPriorityChanges   bool
	Linkbeat                bool   // linkbeat_use_polling
	DuplicateVRID           bool   // stays in FAULT while its interface has the VRID of another instance
	ConfigFault             string // not empty: stays in FAULT for this reason
	NoVirtualAddressAllowed bool
}

// OldChecksum is the setting of old_unicast_checksum.
type OldChecksum uint8

const (
	OldChecksumAuto OldChecksum = iota
	OldChecksumNever
	OldChecksumAlways
)

// Peer is one unicast_peer.
type Peer struct {
	Addr           netip.Addr
	MinTTL, MaxTTL uint8
}

// Defaults are what instances have that do not say otherwise.
type Defaults struct {
	Version                                 vrrp.Version
	DownTimerAdverts                        int
	LowerPrioNoAdvert, HigherPrioSendAdvert bool
	SkipCheckAdvAddr, Strict                bool
	NotifyPriorityChanges                   bool
}

// VMAC asks for a virtual MAC device.
type VMAC struct {
	Name     string  // "" means the default, vrrp.VRID
	MAC      [6]byte // zero means the RFC's virtual MAC
	XmitBase bool    // adverts leave from the base interface
	Group    *uint32 // interface group; nil means that of the base interface
}

// IPVLAN asks for an ipvlan device, from which the adverts leave. The addresses stay on the interface below.
type IPVLAN struct {
	Name    string       // "" means the default, vrrp.VRID
	Address netip.Prefix // that the device gets; invalid means none
	Mode    IPVLANMode
	Group   *uint32 // interface group; nil means that of the base interface
}

// IPVLANMode says what the devices of one interface may send each other.
type IPVLANMode uint8

// All of one interface have the same one: the last that was asked for.
const (
	IPVLANBridge IPVLANMode = iota
	IPVLANPrivate
	IPVLANVEPA
)

// Notify holds the scripts of an instance or a sync group.
type Notify struct {
	Master, Backup, Fault, Stop, Any *Command
}

// Track is one entry of a track_* block, with the weight in force.
type Track struct {
	Name    string
	Weight  int // 0: its failure is a fault
	Reverse bool
	Span    syntax.Span
}

// SyncGroup is one vrrp_sync_group.
type SyncGroup struct {
	Name                  string
	Span                  syntax.Span
	Members               []string // names of instances
	TrackingWeight        bool     // sync_group_tracking_weight
	TrackInterfaces       []Track
	TrackScripts          []Track
	TrackFiles            []Track
	TrackProcesses        []Track
	TrackBFDs             []Track
	Notify                Notify
	NotifyTimeout         *time.Duration
	SMTPAlert             bool
	NotifyPriorityChanges bool
}

// Script is one vrrp_script.
type Script struct {
	Name     string
	Span     syntax.Span
	Command  Command
	Interval time.Duration
	Timeout  time.Duration // 0 means Interval
	Weight   int
	Reverse  bool
	Rise     int
	Fall     int
	InitFail bool
	// FileTest is the path of a `</path` script; then Command is empty.
	FileTest string
}

// TrackFile is one track_file.
type TrackFile struct {
	Name      string
	Span      syntax.Span
	File      string
	Weight    int
	Reverse   bool
	Init      *int // init_file VALUE; nil without init_file
	Overwrite bool
}

// TrackProcess is one vrrp_track_process.
type TrackProcess struct {
	Name           string
	Span           syntax.Span
	Process        []string // name and parameters
	ParamMatch     string   // "", "exact", "initial", "partial"
	FullCommand    bool
	Weight         int
	Reverse        bool
	Quorum         int
	QuorumMax      int // -1 is unlimited
	ForkDelay      time.Duration
	TerminateDelay time.Duration
}

// Linkbeat is an interface whose link is polled.
type Linkbeat struct {
	Interface string
	Method    string // MII, ETHTOOL or IOCTL; "" is whichever there is
}
