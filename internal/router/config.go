package router

import (
	"net/netip"
	"time"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// ID is the index of a Virtual Router in Config.VRs.
type ID int32

// GroupID is the index of a sync group in Config.Groups.
type GroupID int32

// TrackerID is the index of a tracker in Config.Trackers.
type TrackerID int32

// Config is everything that a Router needs to know. It has been checked: references exist, numbers are in
// range, weights that are not allowed have been taken out. A Router keeps it and never writes to it.
type Config struct {
	VRs      []VRConfig
	Groups   []GroupConfig
	Trackers []TrackerConfig
	// StartupDelay is how long after the start adverts are neither sent nor listened to.
	StartupDelay time.Duration
	// PurgeNew: addresses of Virtual Routers that a reload adds are removed, whoever has set them, as at the start.
	PurgeNew bool
}

// VRConfig is the configuration of one Virtual Router.
type VRConfig struct {
	Name     string
	VRID     vrrp.VRID
	Version  vrrp.Version
	IPv6     bool
	Priority vrrp.Priority // 1 to 255
	// WantMaster: `state MASTER`. It matters for an address owner only, which then starts as Master.
	WantMaster bool
	// Link numbers the interface that adverts leave from, by any scheme: it only bounds bursts.
	Link int

	AdvertInterval   time.Duration
	DownTimerAdverts int // missed adverts that make a Master dead; 0 means 3
	Preempt          bool
	PreemptDelay     time.Duration

	// Source is the address that adverts leave from at the start (or reload). An invalid one means that there
	// is none, which is a fault until an event SourceFound.
	Source netip.Addr
	// SourceTracked: Source was configured and its absence is a fault. It only chooses the words for it.
	SourceTracked bool

	Unicast            bool
	Peers              []Peer
	CheckUnicastSource bool       // also implied by a peer with TTL limits
	Group              netip.Addr // multicast destination; with Unicast that of the old checksum; invalid means the RFC's

	Addresses        []netip.Addr // in the advert, in this order
	AuthType         vrrp.AuthType
	AuthData         [vrrp.AuthDataLength]byte // the password of PASS and of AH
	HMAC             *HMACConfig               // nil: adverts are not signed, and signatures are not known
	Checksum         vrrp.ChecksumDialect      // ChecksumAsV2 also accepts every checksum
	OldChecksum      OldChecksum               // version 3 over IPv4 unicast only
	SkipCheckAddress bool                      // skip_check_adv_addr

	Announce             AnnounceTiming
	LowerPrioNoAdvert    bool
	HigherPrioSendAdvert bool
	OwnerIgnoreAdverts   bool
	// LateBackupPriority, if not 0, is the highest priority that another router has (timer_expired_backup). A Master
	// whose last advert is so old that a Backup of that priority must have taken over steps back.
	LateBackupPriority vrrp.Priority

	// SplitBrainAlarm: a Master that finds another one says so.
	SplitBrainAlarm bool

	Tracks []Track
	// ConfigFault, if not empty, keeps the Virtual Router in FAULT for good.
	ConfigFault string
	// Misplaced keeps it in FAULT until an event WellPlaced.
	Misplaced bool
	// NotifyDeleted: a reload without this Virtual Router ends it as DELETED instead of FAULT.
	NotifyDeleted bool
	// NotifyPriorityChanges asks for effects PriorityChanged.
	NotifyPriorityChanges bool
}

// Peer is a unicast peer. An advert from it must come with a TTL or hop limit in [MinTTL, MaxTTL].
type Peer struct {
	Addr           netip.Addr
	MinTTL, MaxTTL uint8
}

// AnnounceTiming says when, and in how many rounds, a Master announces its addresses.
type AnnounceTiming struct {
	MasterDelay     time.Duration // second burst after becoming Master; 0 is none
	MasterRepeat    int           // rounds per burst
	Refresh         time.Duration // 0 is off
	RefreshRepeat   int
	LowerPrioDelay  time.Duration // second burst after an advert of lower priority; 0 is none
	LowerPrioRounds int
	ExtraInterval   time.Duration // for the interfaces beside the advert's; 0 is off
}

// OldChecksum is the setting of old_unicast_checksum.
type OldChecksum uint8

const (
	OldChecksumAuto   OldChecksum = iota // recognised on reception, then also sent
	OldChecksumNever                     // never
	OldChecksumAlways                    // sent and expected
)

// GroupConfig is a sync group.
type GroupConfig struct {
	Name    string
	Members []ID // in the order of the file
	// Tracks apply to every member; of a tracker that a member tracks itself with a weight, this entry wins.
	Tracks []Track
}

// Track ties a tracker to a Virtual Router. With Weight 0 its failure is a fault, else it moves the priority.
type Track struct {
	Tracker TrackerID
	Weight  int // -254 to 254
	Reverse bool
}

// TrackerKind is what is tracked.
type TrackerKind uint8

const (
	TrackInterface TrackerKind = iota
	TrackScript
	TrackFile // has a value instead of up and down
	TrackProcess
	TrackBFD
)

// TrackerStatus is what is known of a tracker.
type TrackerStatus uint8

const (
	// TrackerUnknown: no first result yet. A Virtual Router that it could fault waits in INIT.
	TrackerUnknown TrackerStatus = iota
	TrackerDown
	TrackerUp // of a file: Value counts
	// TrackerAssumedDown: no first result yet, but until then the priority is to be that of a failure (init_fail).
	// A Virtual Router that it could fault waits all the same.
	TrackerAssumedDown
)

// TrackerConfig is one tracked thing. Kind and Name identify it over a reload.
type TrackerConfig struct {
	Kind TrackerKind
	Name string
	// Status and Value are what is known at the start. At a reload TrackerUnknown means: what was known before.
	Status TrackerStatus
	Value  int32
}
