package router

// Reason names a line of the journal. In the comments N is the Virtual Router's name, G the group's, P, X,
// V, W the effect's Priority, Addr, Value, Want, T the tracker. "detail" marks lines of -D only.
type Reason uint8

const (
	LogNone Reason = iota

	// State changes.
	LogEnteringState   // (N) Entering {State} STATE
	LogEnteringInit    // (N) Entering BACKUP STATE (init)
	LogEnteringFault   // (N) entering FAULT state: at the start, lower case
	LogGroupSync       // VRRP_Group(G) Syncing instances to {State} state
	LogStartupDelay    // Delaying startup for V (ns) seconds
	LogStartupComplete // Delayed start completed
	LogStalled         // the caller stood still for V (ns); P = 1: asleep; Count Virtual Routers go on, W have stepped back

	// Reasons of a fault at the start: (N): entering FAULT state (…).
	LogFaultTracker   // interface T down; due to script T; tracked file T has status V (always -254); tracked process T quorum not achieved
	LogFaultNoAddress // no IPv4 (IPv6) address for interface
	LogFaultSource    // configured source address X is missing
	LogFaultConfig    // the configuration's ConfigFault
	// Later ones; detail.
	LogTrackerFault     // (N): tracked T now FAULT state; V is a file's value
	LogTrackerRecovered // (N): tracked T leaving FAULT state
	// Of BFD sessions instead, whatever follows from it, and not only in detail.
	LogTrackedBFD // VRRP_Instance(N) Tracked BFD instance T is UP (V = 1) or DOWN (V = 0)

	// Priorities and intervals.
	LogPriority       // (N) Changing effective priority from V to P
	LogIntervalLearnt // (N) advertisement interval updated from V to W (ns) by master
	LogIntervalReset  // detail: (N) changing advert interval from V to locally configured W (ns)

	// Adverts as a Backup.
	LogAdvertTimeout     // detail: (N) Receive advertisement timeout
	LogBackupRelease     // detail: (N) Backup received priority 0 advertisement
	LogLowerPriority     // (N) received lower priority (P) advert from X - discarding
	LogMasterSet         // detail: (N) master set to X
	LogMasterChanged     // detail: (N) master changed from {From} to X
	LogPreemptDelayStart // detail: (N) start preempt delay (V ns)
	LogPreemptDelayStop  // detail: (N) stop preempt delay

	// Adverts as a Master.
	LogMasterRelease    // detail: (N) Master received priority 0 message
	LogHigherPriority   // (N) Master received advert from X with higher priority P, ours V
	LogHigherAddress    // (N) Master received advert from X with same priority P but higher IP address than ours
	LogSameAddress      // (N) WARNING - equal priority advert received from remote host with our IP address.
	LogNewElection      // (N) Received advert from X with lower priority P, ours V, forcing new election
	LogLowerNoElection  // (N) Received advert from X with lower priority P, ours V
	LogSentPriorityZero // detail: (N) sent 0 priority
	LogAHSync           // (N) IPSEC-AH : Syncing seq_num - Increment seq
	LogTimerExpired     // (N) VRRP thread timer expired V (ns) seconds ago

	// Two address owners.
	LogTwoOwners        // (N) CONFIGURATION ERROR: local instance and X are both configured as address owner, please resolve
	LogOwnerReduced     // (N) X is still advertising as address owner, please resolve - reducing our priority
	LogOwnerStopped     // (N): rogue address owner appears to have stopped advertising
	LogOwnerRestored    // (N) Restoring our priority to 255 since other address owner has disappeared
	LogOwnerRestoredLow // (N) Restoring our priority to 255 since received advert with lower priority

	// Two Masters. X is the other's address by its adverts, From an address of ours that MAC claims; either may be
	// missing.
	LogSplitBrain     // (N) SPLIT BRAIN: …; P is our priority, W the other's priority, V the Reason why its adverts are refused
	LogSplitBrainOver // (N) split brain is over: …; it lasted W (ns), and nothing was heard for V (ns), or we became State

	// Adverts that are not as they should be. Each once, until VR changes state or accepts another Master.
	LogIntervalMismatch // (N) advertisement interval mismatch ours = W rcv'd = V (ns), version 3; accepted nevertheless
	LogTooShort         // IPv4 (IPv6) VRRP packet too short - V bytes
	LogWrongCast        // detail: discarding multicast (V = 1) or unicast (V = 0) packet on an instance of the other kind
	LogLengthShort      // (N) vrrp packet from X too short, length V and expect W
	LogLengthLong       // (N) vrrp packet from X too long, length V and expect W
	LogTTL              // (N) invalid TTL/HL from X. Received V and expect 255
	LogVersion          // (N) wrong VRRP version from X. Received V and expect W
	LogAuthInvalid      // (N) Invalid auth type V from X
	LogAuthMismatch     // (N) received a V auth from X, expecting W!
	LogAuthFailure      // (N) received an invalid passwd from X!
	LogIntervalV2       // (N) advertisement interval mismatch with X mine=W sec rcv'd=V sec
	LogType             // (N) Invalid packet type V from X
	LogTotalLength      // (N) IPv4 total length V of packet from X does not match its W bytes
	LogChecksum         // (N) Invalid VRRPv2 (VRRPv3) checksum from X
	LogExpectMulticast  // Expected multicast packet but received unicast packet from X (V = 1), or the other way (V = 0)
	LogOwnerIgnores     // (N) address owner ignores advert from X
	LogAddressCount     // (N) expected W VIPs but received V
	LogAddressMissing   // (N) ip address X associated with VRID not present in advert from From
	LogNotPeer          // unicast source address X not a unicast peer
	LogPeerTTL          // TTL/HL P from X not in range [V, W]
	LogOldChecksum      // (N) Setting unicast VRRPv3 checksum to old version
	LogAHWrongSPI       // the security parameters index V, read from its lowest byte on, of a packet from X is not its source
	LogAHWrongValue     // the value of an authentication header from X is wrong: another password
	LogAHRepeated       // the sequence number V from X is not higher than W
	LogExtMissing       // an advert from X is not signed
	LogExtMalformed     // the trailer from X is of another type
	LogExtStale         // the time of an advert from X is V (ns) from ours, more than W (ns)
	LogExtUnknownKey    // an advert from X was signed with key V
	LogExtWrongHMAC     // the HMAC of an advert from X, of key V, is wrong
	LogExtReplay        // a signed advert from X is not newer than the one before
	LogExtSkew          // the time of an advert from X is V (ns) from ours, near W (ns)

	lastReason
)

// firstComplaint is the first of the lines that are written once per cause.
const firstComplaint = LogIntervalMismatch

// The complaints must fit into the bits of virtualRouter.complaints; more do not compile.
const _ = uint(64 - (lastReason - firstComplaint))

// reasonNames are the words for tests and debugging; the journal has the lines.
var reasonNames = [...]string{
	LogEnteringState:     "entering-state",
	LogEnteringInit:      "entering-init",
	LogEnteringFault:     "entering-fault",
	LogGroupSync:         "group-sync",
	LogStartupDelay:      "startup-delay",
	LogStartupComplete:   "startup-complete",
	LogStalled:           "stalled",
	LogFaultTracker:      "fault-tracker",
	LogFaultNoAddress:    "fault-no-address",
	LogFaultSource:       "fault-source",
	LogFaultConfig:       "fault-config",
	LogTrackerFault:      "tracker-fault",
	LogTrackerRecovered:  "tracker-recovered",
	LogTrackedBFD:        "tracked-bfd",
	LogPriority:          "priority",
	LogIntervalLearnt:    "interval-learnt",
	LogIntervalReset:     "interval-reset",
	LogAdvertTimeout:     "advert-timeout",
	LogBackupRelease:     "backup-release",
	LogLowerPriority:     "lower-priority",
	LogMasterSet:         "master-set",
	LogMasterChanged:     "master-changed",
	LogPreemptDelayStart: "preempt-delay-start",
	LogPreemptDelayStop:  "preempt-delay-stop",
	LogMasterRelease:     "master-release",
	LogHigherPriority:    "higher-priority",
	LogHigherAddress:     "higher-address",
	LogSameAddress:       "same-address",
	LogNewElection:       "new-election",
	LogLowerNoElection:   "lower-no-election",
	LogSentPriorityZero:  "sent-priority-zero",
	LogTimerExpired:      "timer-expired",
	LogTwoOwners:         "two-owners",
	LogOwnerReduced:      "owner-reduced",
	LogOwnerStopped:      "owner-stopped",
	LogOwnerRestored:     "owner-restored",
	LogOwnerRestoredLow:  "owner-restored-low",
	LogSplitBrain:        "split-brain",
	LogSplitBrainOver:    "split-brain-over",
	LogIntervalMismatch:  "interval-mismatch",
	LogTooShort:          "too-short",
	LogWrongCast:         "wrong-cast",
	LogLengthShort:       "length-short",
	LogLengthLong:        "length-long",
	LogTTL:               "ttl",
	LogVersion:           "version",
	LogAuthInvalid:       "auth-invalid",
	LogAuthMismatch:      "auth-mismatch",
	LogAuthFailure:       "auth-failure",
	LogIntervalV2:        "interval-v2",
	LogType:              "type",
	LogTotalLength:       "total-length",
	LogChecksum:          "checksum",
	LogExpectMulticast:   "expect-multicast",
	LogOwnerIgnores:      "owner-ignores",
	LogAddressCount:      "address-count",
	LogAddressMissing:    "address-missing",
	LogNotPeer:           "not-peer",
	LogPeerTTL:           "peer-ttl",
	LogOldChecksum:       "old-checksum",
	LogAHSync:            "ah-sync",
	LogAHWrongSPI:        "ah-wrong-spi",
	LogAHWrongValue:      "ah-wrong-value",
	LogAHRepeated:        "ah-repeated",
	LogExtMissing:        "ext-missing",
	LogExtMalformed:      "ext-malformed",
	LogExtStale:          "ext-stale",
	LogExtUnknownKey:     "ext-unknown-key",
	LogExtWrongHMAC:      "ext-wrong-hmac",
	LogExtReplay:         "ext-replay",
	LogExtSkew:           "ext-skew",
}

// String is a short name of the line.
func (r Reason) String() string {
	if int(r) >= len(reasonNames) || reasonNames[r] == "" {
		return "unknown"
	}
	return reasonNames[r]
}
