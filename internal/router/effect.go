package router

import (
	"net/netip"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// State is the state of a Virtual Router or a sync group (RFC 5798, 6.3).
type State uint8

// The numbers are those that keepalived shows; Deleted and Stopped appear in notifications only.
const (
	Initialize State = 0
	Backup     State = 1
	Master     State = 2
	Fault      State = 3
	Deleted    State = 97
	Stopped    State = 98
)

func (s State) String() string {
	switch s {
	case Initialize:
		return "INIT"
	case Backup:
		return "BACKUP"
	case Master:
		return "MASTER"
	case Fault:
		return "FAULT"
	case Deleted:
		return "DELETED"
	case Stopped:
		return "STOP"
	}
	return "unknown"
}

// Effect is something that must be done. Effects are done in their order; those of one Virtual Router that go
// to another goroutine keep their order among themselves.
type Effect struct {
	Kind     EffectKind
	Reason   Reason        // Log
	State    State         // Transition, GroupTransition: the new one
	Old      State         // Transition, GroupTransition: the one before
	Priority vrrp.Priority // SendAdvert; Transition, PriorityChanged and RxLowerPriority: effective; Log: see Reason
	VR       ID            // none: -1
	Group    GroupID       // none: -1
	Tracker  TrackerID     // none: -1
	Count    int           // Announce: rounds; Log: see Reason
	Value    int64         // SendAdvert: its sequence number, for Signer.Sign; Log: see Reason
	Want     int64         // Log: see Reason
	Addr     netip.Addr    // Log: see Reason; AnnounceSource
	From     netip.Addr    // Log: see Reason
	MAC      MAC           // Log: see Reason; SplitBrain: of whoever claims our addresses
}

// EffectKind is the kind of an Effect.
type EffectKind uint8

const (
	// SendAdvert: send VR's prepared advert with Priority now, to the group or to every peer.
	SendAdvert EffectKind = iota + 1
	// AdvertChanged: more than the priority of VR's prepared advert has changed; encode it again
	// (Router.AppendAdvert).
	AdvertChanged
	// Purge: remove by force whatever an earlier run may have left of VR's addresses, routes and rules.
	Purge
	// Install: add VR's addresses, excluded addresses, routes and rules.
	Install
	// Withdraw: remove them, in the opposite order.
	Withdraw
	// Announce: Count rounds of gratuitous ARP or unsolicited NA for all of VR's addresses.
	Announce
	// AnnounceExtra: one announcement per extra interface (garp_extra_if).
	AnnounceExtra
	// AnnounceSource: one announcement of VR's own source address Addr.
	AnnounceSource
	// CancelAnnounce: drop what is queued of VR's announcements.
	CancelAnnounce
	// Transition: VR went from Old to State; run notify scripts, FIFO, D-Bus, SNMP, mail.
	Transition
	// GroupTransition: the same for a sync group.
	GroupTransition
	// PriorityChanged: VR's effective priority is Priority now (notify_priority_changes). State tells the word.
	PriorityChanged
	// RxLowerPriority: VR, a Master, heard a lower priority (notify_master_rx_lower_pri).
	RxLowerPriority
	// LookForSender: somebody else with the address Addr sends adverts of VR; its MAC may be wanted soon.
	LookForSender
	// AskForAddress: ask on the LAN who has Addr, an address of VR, without claiming it.
	AskForAddress
	// SplitBrain: VR has found another Master, who does not yield (split_brain_alarm). The values are those of the
	// line LogSplitBrain, Priority is our own.
	SplitBrain
	// Log: write the line that Reason stands for.
	Log
	// Reloaded: effects before it name the IDs of the old configuration, those after it the new ones.
	Reloaded
)
