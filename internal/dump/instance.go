package dump

import (
	"fmt"
	"strings"
	"time"
)

// owner is the priority of the router that owns the addresses (RFC 5798, 5.2.4).
const owner = 255

// instance is one block of the VRRP Topology section.
func (p *page) instance(vi *Instance) {
	p.head("VRRP Instance = %s", vi.Name)
	p.line("VRRP Version = %d", vi.Version)
	if vi.SyncGroup != "" {
		p.line("Sync group = %s", vi.SyncGroup)
	}
	if vi.IPv6 {
		p.line("Using Native IPv6")
	}
	p.instanceState(vi)
	p.instanceLink(vi)
	p.instanceAnnouncements(vi)
	p.instancePriority(vi)
	p.instanceAuth(vi)
	p.instanceAddresses(vi)
	p.line("fd_in %d, fd_out %d", vi.ReceiveFD, vi.SendFD)
	p.list("Virtual Routes :", vi.Routes)
	p.list("Virtual Rules :", vi.Rules)
	p.tracks("Tracked interfaces :", "", vi.TrackInterfaces)
	p.tracks("Tracked scripts :", "", vi.TrackScripts)
	p.tracks("Tracked files :", ",", vi.TrackFiles)
	p.tracks("Tracked processes :", ",", vi.TrackProcesses)
	p.tracks("Tracked BFDs :", ":", vi.TrackBFDs)
	p.line("Using smtp notification = %s", yesNo(vi.SMTPAlert))
	p.line("Notify deleted = %s", choose(vi.NotifyDeleted, "Deleted", "Fault"))
	p.notify(&vi.Notify)
	p.line("Notify priority changes = %s", trueFalse(vi.NotifyPriorityChanges))
}

func (p *page) instanceState(vi *Instance) {
	p.line("State = %s", vi.State)
	if vi.State == Backup && vi.MasterAddr.IsValid() {
		p.line("Master router = %s", vi.MasterAddr)
		p.line("Master priority = %d", vi.MasterPriority)
		if vi.Version == 3 {
			p.line("Master advert interval = %d milli-sec", vi.MasterAdvertInterval.Milliseconds())
		}
	}
	if vi.BasePriority == owner {
		p.line("Rogue master counter = %d", vi.RogueAdverts)
		p.line("Roger timer thread = %s", choose(vi.RogueTimer, "running", "(nil)"))
	}
	if vi.Unicast {
		p.line("Flags:")
		p.item("Using unicast")
	} else {
		p.line("Flags: none")
	}
	p.line("Wantstate = %s", vi.Want)
	p.line("Number of config faults = %d", vi.ConfigFaults)
	p.line("Number of tracker faults = %d", vi.TrackerFaults)
	faults := "(none)"
	if len(vi.InterfaceFaults) > 0 {
		faults = strings.Join(vi.InterfaceFaults, ", ")
	}
	p.line("Flags of interface faults - %s", faults)
	p.line("Number of track scripts init = %d", vi.ScriptsInit)
	p.line("Last transition = %s", stamp(vi.LastTransition))
	if vi.ReadTimeout.IsZero() {
		p.line("Read timeout = DISABLED")
	} else {
		p.line("Read timeout = %s", stamp(vi.ReadTimeout))
	}
	p.line("Master down timer = %d usecs", vi.MasterDownTimer.Microseconds())
}

func (p *page) instanceLink(vi *Instance) {
	switch {
	case vi.IPVLANMode != "":
		address := ""
		if vi.IPVLANAddress.IsValid() {
			address = fmt.Sprintf(", i/f address = %s", vi.IPVLANAddress)
		}
		p.line("Use IPVLAN, i/f %s, is_up = %s%s, type %s", vi.Interface, trueFalse(vi.VMACUp), address, vi.IPVLANMode)
	case vi.BaseInterface != "":
		p.line("Use VMAC, i/f name %s, is_up = %s, xmit_base = %s", vi.Interface, trueFalse(vi.VMACUp), trueFalse(vi.XmitBase))
	}
	if vi.VMACAddresses {
		p.line("Use VMAC for VIPs on other interfaces")
	}
	switch {
	case vi.BaseInterface != "":
		p.line("Interface = %s, %s on %s%s", vi.Interface, choose(vi.IPVLANMode != "", "ipvlan", "vmac"), vi.BaseInterface, choose(vi.XmitBase, ", xmit base i/f", ""))
	case vi.Interface != "":
		p.line("Interface = %s", vi.Interface)
	}
	if vi.DontTrackPrimary {
		p.line("VRRP interface tracking disabled")
	}
	if vi.SkipCheckAdvAddr {
		p.line("Skip checking advert IP addresses")
	}
	if vi.Strict {
		p.line("Enforcing strict VRRP compliance")
	}
	p.line("Using src_ip = %s%s", orNone(vi.Source), choose(vi.SourceConfigured && vi.Source.IsValid(), " (from configuration)", ""))
	switch {
	case vi.Unicast:
	case vi.IPv6:
		p.line("Multicast address %s, ifindex %d", vi.Multicast, vi.IfIndex)
	default:
		p.line("Multicast address %s", vi.Multicast)
	}
}

func (p *page) instanceAnnouncements(vi *Instance) {
	p.line("Gratuitous ARP delay = %d", wholeSeconds(vi.GARP.Delay))
	p.line("Gratuitous ARP repeat = %d", vi.GARP.Repeat)
	p.line("Gratuitous ARP refresh = %d", wholeSeconds(vi.GARP.Refresh))
	p.line("Gratuitous ARP refresh repeat = %d", vi.GARP.RefreshRepeat)
	p.line("Gratuitous ARP lower priority delay = %d", wholeSeconds(vi.GARP.LowerPrioDelay))
	p.line("Gratuitous ARP lower priority repeat = %d", vi.GARP.LowerPrioRepeat)
	p.line("Down timer adverts = %d", vi.DownTimerAdverts)
	p.line("Send advert after receive lower priority advert = %s", trueFalse(!vi.LowerPrioNoAdvert))
	p.line("Send advert after receive higher priority advert = %s", trueFalse(vi.HigherPrioSendAdvert))
	if vi.BasePriority == owner {
		p.line("Address owner ignores received adverts = %s", trueFalse(vi.OwnerIgnoreAdverts))
	}
}

func (p *page) instancePriority(vi *Instance) {
	p.line("Virtual Router ID = %d", vi.VRID)
	p.line("Priority = %d", vi.BasePriority)
	p.line("Effective priority = %d", vi.EffectivePriority)
	p.line("Total priority = %d", vi.TotalPriority)
	if vi.Version == 2 {
		p.line("Advert interval = %d sec", wholeSeconds(vi.AdvertInterval))
	} else {
		p.line("Advert interval = %d milli-sec", vi.AdvertInterval/time.Millisecond)
	}
	p.line("Last advert sent = %s", unixMicro(vi.LastAdvertSent))
	p.line("Accept = %s", enabled(vi.Accept))
	p.line("Preempt = %s", enabled(vi.Preempt))
	if vi.PreemptDelay > 0 {
		p.line("Preempt delay = %g secs", vi.PreemptDelay.Seconds())
	}
	p.line("Promote_secondaries = %s", enabled(vi.PromoteSecondaries))
}

func (p *page) instanceAuth(vi *Instance) {
	switch {
	case vi.Version != 2:
	case vi.Auth == AuthAH:
		p.line("Authentication type = IPSEC_AH") // and no word of the password, hidden or not
	case vi.Auth == AuthPass:
		p.line("Authentication type = SIMPLE_PASSWORD")
		p.line("Password = %s", hidden)
	default:
		p.line("Authentication type = none")
	}
	if h := vi.HMAC; h != nil {
		p.line("Authentication extension = HMAC-SHA256-128")
		p.item("Keys = %d, active key id = %d", h.Keys, h.Active)
		p.item("Mode = %s", h.Mode)
		p.item("Anti replay = %s", h.AntiReplay)
	}
	if vi.Version == 3 && !vi.IPv6 {
		p.line("VRRPv3 uses VRRPv2 checksum = %s", enabled(vi.ChecksumAsV2))
	}
	if vi.KernelBuffer > 0 {
		p.line("Kernel rx buffer size = %d", vi.KernelBuffer)
	}
	if vi.DebugLevel > 0 {
		p.line("Debug level = %d", vi.DebugLevel)
	}
}

func (p *page) instanceAddresses(vi *Instance) {
	if len(vi.VIPs) > 0 {
		p.line("Virtual IP (%d):", len(vi.VIPs))
		for i := range vi.VIPs {
			p.item("%s", vi.VIPs[i].String())
		}
	}
	p.list("Virtual IP Excluded :", addressStrings(vi.ExcludedVIPs))
	if !vi.Unicast {
		return
	}
	if vi.UnicastTTL > 0 {
		p.line("Unicast TTL = %d", vi.UnicastTTL)
	}
	p.line("Check unicast src : %s", yesNo(vi.CheckUnicastSrc))
	p.line("Unicast Peer :")
	for _, peer := range vi.Peers {
		p.item("%s min_ttl %d max_ttl %d", peer.Addr, peer.MinTTL, peer.MaxTTL)
	}
	if !vi.IPv6 {
		p.line("Unicast checksum compatibility = %s", vi.UnicastChecksum)
	}
}
