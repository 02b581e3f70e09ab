package config

import (
	"fmt"
	"time"

	"github.com/govrrpd/govrrpd/pkg/syntax"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// complete gives an instance its defaults and finds the settings that do not go together. The order is
// keepalived's.
func (v *draft) complete() {
	v.completeVersion()
	v.completeState()
	v.completeAuth()
	v.completeHMAC()
	v.completeUnicast()
	v.completeDevice()
	v.checkRoom()
	v.completePreemption()
	v.completeAccept()
	v.completeDestination()
	v.completeAnnouncements()
	v.completeGuardian()
	v.completeOwner()
	v.completeInterval()
	v.completeDelays()
	v.completeVMAC()
	v.completeTracking()
	v.completeAddresses()
	v.checkVIPs()
	v.checkWeights()
	v.completeTelling()
}

func (v *draft) completeVersion() {
	switch {
	case v.IPv6 && v.version != nil && *v.version == vrrp.Version2 && v.Strict:
		v.d.Errorf(CodeStrictOverrides, v.valueAt("version"), "strict mode: IPv6 needs VRRP version 3; 3 is used")
		v.d.Hint("leave it out, or strict_mode")
		v.Version = vrrp.Version3
	case v.version != nil:
		v.Version = *v.version
	case v.IPv6:
		v.Version = vrrp.Version3
	default:
		v.Version = v.d.global.version
	}
}

func (v *draft) completeState() {
	switch {
	case v.priority != nil:
		v.Priority = *v.priority
	case v.state == "MASTER":
		v.Priority = vrrp.PriorityOwner
	default:
		v.Priority = vrrp.PriorityDefault
	}
	owner := v.Priority == vrrp.PriorityOwner
	v.WantMaster = v.state == "MASTER" || v.state == "" && owner
	if v.Strict && v.WantMaster != owner {
		v.d.Errorf(CodeStrictOverrides, v.at("state"), "strict mode: state %s does not go with priority %d; the state follows the priority", v.state, v.Priority)
		v.d.Hint("leave state out: MASTER is for priority 255, BACKUP for all others")
		v.WantMaster = owner
	}
}

// completeAuth drops authentication where it cannot be; only the first reason is told.
func (v *draft) completeAuth() {
	reason, hint := "", "leave authentication out, on all routers"
	switch {
	case v.AuthType == vrrp.AuthNone:
	case v.Strict:
		reason = "strict mode does not support authentication"
	case v.Version == vrrp.Version3:
		reason = "VRRP version 3 does not support authentication"
	case v.AuthData == "":
		reason, hint = "authentication has no password", "write: auth_pass PASSWORD"
	case v.IPv6 && v.AuthType == vrrp.AuthAH:
		reason = "IPv6 does not support authentication with AH"
	case v.AuthType == vrrp.AuthAH && v.WantMaster && v.Priority != vrrp.PriorityOwner:
		v.d.Errorf(CodeAuthHeaderMaster, v.at("authentication"), "initial state MASTER does not go with AH authentication; BACKUP is used")
		v.d.Hint("write auth_type PASS, or state BACKUP")
		v.WantMaster = false
	}
	if reason != "" {
		v.d.Errorf(CodeAuthDropped, v.at("authentication"), "%s; it is ignored", reason)
		v.d.Hint(hint)
		v.AuthType = vrrp.AuthNone
	}
	if v.AuthType == vrrp.AuthNone {
		v.AuthData = ""
	}
}

func (v *draft) completeUnicast() {
	v.Unicast = len(v.Peers) > 0
	at := v.at("unicast_src_ip", "unicast_peer", "unicast_fault_no_peer", "check_unicast_src", "old_unicast_checksum")
	switch {
	case v.unicast && !v.Unicast && v.faultNoPeer:
		v.d.Notef(CodeNoPeers, at, "no unicast peer is there; the instance stays in FAULT")
		v.d.Hint("write: unicast_peer { ADDRESS … }")
		v.fault("no unicast peers")
	case v.unicast && !v.Unicast:
		v.d.Warnf(CodeNoPeers, at, syntax.ClassDeprecated, "a unicast keyword without any unicast peer; multicast is used")
		v.d.Hint("write: unicast_peer { ADDRESS … }, or leave the unicast keywords out")
	}
	if v.Strict && v.Unicast && v.deviceThere && v.device.Multicast {
		v.d.Refusef(CodeStrictUnicast, at, "leave out strict_mode, or the peers", "strict mode does not support unicast peers on a multicast interface")
	}
	if v.interfaceGiven != "" {
		return
	}
	if v.unicast && !v.Source.IsValid() {
		v.d.Refusef(CodeUnicastSource, v.Span, "write unicast_src_ip ADDRESS, or interface INTERFACE", "unicast needs an interface or a source address")
	} else if v.IPv6 && v.Source.IsLinkLocalUnicast() {
		v.d.Refusef(CodeUnicastSource, v.valueAt(v.SourceFrom), "write interface INTERFACE", "link-local source address %s needs an interface", v.Source)
	}
}

func (v *draft) completeDevice() {
	if v.Strict && v.useVMAC != nil && v.useVMAC.MAC != [6]byte{} {
		v.d.Errorf(CodeStrictOverrides, v.at("use_vmac"), "strict mode: the virtual MAC address of the RFCs is used")
		v.d.Hint("leave it out, or strict_mode")
		v.useVMAC.MAC = [6]byte{}
	}
	if v.deviceThere && v.hasDevice() && !v.device.Ethernet {
		v.d.Errorf(CodeNotEthernet, v.at("use_vmac", "use_ipvlan"), "interface %s is no Ethernet; the instance stays in FAULT", v.Interface)
		v.d.Hint("leave it out")
		v.useVMAC, v.ipvlan, v.xmitBase = nil, nil, false
		v.fault("vmac on an interface that is no Ethernet")
	}
	if v.deviceThere && !v.Unicast && !v.device.Multicast {
		v.d.Errorf(CodeNoMulticast, v.at("interface"), "interface %s does not support multicast; the instance stays in FAULT", v.Interface)
		v.d.Hint("write unicast_peer { ADDRESS … }")
		v.fault("interface without multicast")
	}
	if !v.Unicast && v.IPv6 && len(v.VIPs) > 0 && !v.VIPs[0].Prefix.Addr().IsLinkLocalUnicast() {
		v.checkLinkLocal()
	}
	if v.interfaceGiven == "" && v.unicast && !v.Unicast && v.ConfigFault == "" {
		v.d.Notef(CodeNoMulticast, v.Span, "there is no interface for multicast; the instance stays in FAULT")
		v.fault("multicast without an interface")
	}
	if v.VRF != "" && (v.interfaceGiven != "" || !v.unicast) {
		v.d.Errorf(CodeVRF, v.at("vrf"), "vrf needs unicast without an interface; it is cleared")
		v.d.Hint("leave vrf out")
		v.VRF = ""
	}
}

func (v *draft) checkLinkLocal() {
	const message = "the first IPv6 address should be link-local (RFC 9568, 5.2.9)"
	if v.Strict {
		v.d.Errorf(CodeFirstLinkLocal, v.VIPs[0].Span, "strict mode: %s", message)
	} else {
		v.d.Warnf(CodeFirstLinkLocal, v.VIPs[0].Span, syntax.ClassNone, "%s", message) // keepalived logs it, and -t returns 0
	}
	v.d.Hint("write a link-local address before it, such as fe80::1/64")
}

// Sizes in an Ethernet frame, as keepalived counts them: it takes the frame's header off the MTU too.
const (
	defaultMTU     = 1500
	ethernetHeader = 14
	vrrpHeader     = 8
	vrrpAuthData   = 8
	maxAddresses   = 255 // Count IPvX Addr is one byte
)

// checkRoom moves the addresses that do not fit into an advert to the excluded ones.
func (v *draft) checkRoom() {
	mtu, ip, size := defaultMTU, 20, 4
	if v.deviceThere && v.device.MTU > 0 {
		mtu = v.device.MTU
	}
	if v.IPv6 {
		ip, size = 40, 16
	}
	room := mtu - ethernetHeader - ip - vrrpHeader
	if !v.IPv6 && v.Version == vrrp.Version2 {
		room -= vrrpAuthData
	}
	if v.AuthType == vrrp.AuthAH {
		room -= vrrp.AHLength
	}
	if v.HMAC != nil {
		room -= vrrp.TrailerLength
	}
	most := min(max(room/size, 0), maxAddresses)
	if len(v.VIPs) <= most {
		return
	}
	v.d.Errorf(CodeNoRoom, v.VIPs[most].Span, "an advert has room for %d addresses; the rest, %d, counts as excluded", most, len(v.VIPs)-most)
	v.d.Hint("put all but the first few into virtual_ipaddress_excluded, on all routers")
	v.ExcludedVIPs = append(v.ExcludedVIPs, v.VIPs[most:]...)
	v.VIPs = v.VIPs[:most:most]
}

func (v *draft) completePreemption() {
	if !v.Preempt && v.Priority == vrrp.PriorityOwner {
		v.d.Errorf(CodeNopreemptOwner, v.at("nopreempt"), "nopreempt is incompatible with priority 255; it is cleared")
		v.d.Hint("leave nopreempt out, or write a priority below 255")
		v.Preempt = true
	}
	if !v.Preempt && v.WantMaster {
		v.d.Errorf(CodeNopreemptMaster, v.at("nopreempt"), "nopreempt will not work with initial state MASTER; it is cleared")
		v.d.Hint("write state BACKUP")
		v.Preempt = true
	}
	if v.PreemptDelay != 0 {
		reason, hint := "", "leave one of the two out"
		switch {
		case v.WantMaster:
			reason, hint = "initial state MASTER", "write state BACKUP"
		case v.Strict:
			reason = "strict mode"
		case !v.Preempt:
			reason = "nopreempt"
		}
		if reason != "" {
			v.d.Errorf(CodePreemptDelay, v.at("preempt_delay"), "preempt_delay will not work with %s; it is cleared", reason)
			v.d.Hint(hint)
			v.PreemptDelay = 0
		}
	}
	v.DownTimerAdverts = v.downAdverts
	if v.DownTimerAdverts != 3 && v.Strict {
		v.d.Errorf(CodeStrictOverrides, v.at("down_timer_adverts"), "strict mode: down_timer_adverts is 3, not %d", v.DownTimerAdverts)
		v.d.Hint("leave it out, or strict_mode")
		v.DownTimerAdverts = 3
	}
	if v.expiredBackup != 0 && v.Preempt {
		v.d.Errorf(CodeExpiredBackup, v.at("timer_expired_backup", "thread_timer_expired"), "timer_expired_backup needs nopreempt; it is ignored")
		v.d.Hint("write nopreempt too, or leave it out")
		v.expiredBackup = 0
	}
	v.TimerExpiredBackup = v.expiredBackup
}

func (v *draft) completeAccept() {
	owner := v.Priority == vrrp.PriorityOwner
	if v.accept != nil {
		v.Accept = *v.accept
	} else {
		v.Accept = owner || !v.Strict
	}
	if v.accept != nil && v.Accept && v.Strict && v.Version == vrrp.Version2 && !owner {
		v.d.Errorf(CodeStrictOverrides, v.at("accept"), "strict mode: VRRP version 2 does not support accept; no_accept is used")
		v.d.Hint("leave it out, or strict_mode")
		v.Accept = false
	}
}

func (v *draft) completeDestination() {
	if v.multicastGiven && v.Unicast {
		v.d.Errorf(CodeGroupWithUnicast, v.at("mcast_dst_ip"), "mcast_dst_ip does not go with unicast peers; it is ignored")
		v.d.Hint("leave mcast_dst_ip out, or the peers")
		v.multicastGiven = false
	}
	v.MulticastGroup = v.sourceGroup()
}

func (v *draft) completeAnnouncements() {
	v.completeLowerPrio()
	switch {
	case v.Strict:
		if v.lowerNoAdvert != nil && !*v.lowerNoAdvert {
			v.d.Errorf(CodeStrictOverrides, v.at("lower_prio_no_advert"), "strict mode: lower_prio_no_advert is on")
			v.d.Hint("leave it out, or strict_mode")
		}
		v.LowerPrioNoAdvert = true
	case v.lowerNoAdvert != nil:
		v.LowerPrioNoAdvert = *v.lowerNoAdvert
	default:
		v.LowerPrioNoAdvert = v.d.global.lowerNoAdvert
	}
	switch {
	case v.Strict:
		if v.higherAdvert != nil && *v.higherAdvert {
			v.d.Errorf(CodeStrictOverrides, v.at("higher_prio_send_advert"), "strict mode: higher_prio_send_advert is off")
			v.d.Hint("leave it out, or strict_mode")
		}
	case v.higherAdvert != nil:
		v.HigherPrioSendAdvert = *v.higherAdvert
	default:
		v.HigherPrioSendAdvert = v.d.global.higherSendAdvert
	}
}

func (v *draft) completeLowerPrio() {
	if !v.Strict {
		if v.lowerPrioDelay != nil {
			v.GARP.LowerPrioDelay = *v.lowerPrioDelay
		}
		if v.lowerPrioCount != nil {
			v.GARP.LowerPrioRepeat = *v.lowerPrioCount
		}
		return
	}
	// RFC 3768, 6.4.3 and RFC 9568, 6.4.3 know no announcement at an advert of lower priority.
	if v.lowerPrioCount != nil && *v.lowerPrioCount != 0 {
		v.d.Errorf(CodeStrictOverrides, v.at("garp_lower_prio_repeat"), "strict mode: garp_lower_prio_repeat is 0")
		v.d.Hint("leave it out, or strict_mode")
	}
	if v.lowerPrioDelay != nil && *v.lowerPrioDelay != 0 {
		v.d.Errorf(CodeStrictOverrides, v.at("garp_lower_prio_delay"), "strict mode: garp_lower_prio_delay is 0")
		v.d.Hint("leave it out, or strict_mode")
	}
	v.GARP.LowerPrioDelay, v.GARP.LowerPrioRepeat = 0, 0
}

func (v *draft) completeOwner() {
	owner, at := v.Priority == vrrp.PriorityOwner, v.at("owner_ignore_adverts")
	switch {
	case v.ownerIgnore == nil:
		v.OwnerIgnoreAdverts = owner && (v.Strict || v.d.global.ownerIgnore)
	case *v.ownerIgnore && !owner:
		v.d.Errorf(CodeOwnerIgnore, at, "owner_ignore_adverts is for priority 255 only; it is off")
		v.d.Hint("leave it out")
	case !*v.ownerIgnore && owner:
		v.d.Errorf(CodeOwnerIgnore, at, "owner_ignore_adverts off does not go with priority 255; it is on")
		v.d.Hint("leave it out")
		v.OwnerIgnoreAdverts = true
	default:
		v.OwnerIgnoreAdverts = *v.ownerIgnore
	}
}

// maxAdvertInterval3 is the most that the 12 bits of VRRPv3 hold (RFC 9568, 5.2.7).
const maxAdvertInterval3 = 4095 * 10 * time.Millisecond

// completeInterval rounds Advertisement_Interval to what the version can say.
func (v *draft) completeInterval() {
	given, step, low, high := v.AdvertInterval, time.Second, time.Second, 255*time.Second
	hint := "write whole seconds, or version 3 on all routers"
	if v.Version == vrrp.Version3 {
		step, low, high = 10*time.Millisecond, 10*time.Millisecond, maxAdvertInterval3
		hint = "write 0.01 to 40.95 seconds, with two decimals at most"
	}
	v.AdvertInterval = min(max((given+step/2)/step*step, low), high)
	if v.AdvertInterval != given {
		v.d.Errorf(CodeAdvertRounded, v.valueAt("advert_int"), "VRRP version %d cannot say advert_int %s; %s is used", v.Version, inSeconds(given), inSeconds(v.AdvertInterval))
		v.d.Hint(hint)
	}
}

func inSeconds(d time.Duration) string { return fmt.Sprint(d.Seconds()) }

func (v *draft) completeVMAC() {
	if v.useVMAC == nil && v.ipvlan == nil && v.xmitBase {
		v.d.Errorf(CodeVMACOnly, v.at("vmac_xmit_base"), "vmac_xmit_base needs use_vmac; it is cleared")
		v.d.Hint("leave it out, or write use_vmac too")
		v.xmitBase = false
	}
	if v.xmitBase && v.Strict {
		v.d.Errorf(CodeStrictOverrides, v.at("vmac_xmit_base", "use_vmac"), "strict mode: vmac_xmit_base is cleared")
		v.d.Hint("leave it out, or strict_mode")
		v.xmitBase = false
	}
	if v.PromoteSecondaries && v.hasDevice() {
		v.d.Errorf(CodeVMACOnly, v.at("promote_secondaries"), "promote_secondaries does not go with a virtual MAC device; it is ignored")
		v.d.Hint("leave promote_secondaries out")
		v.PromoteSecondaries = false
	}
	if v.ipvlan != nil && (!v.IPv6 && !v.ipvlan.Address.IsValid() || v.ipvlan.Address.IsValid() && v.ipvlan.Address.Addr().Is6() != v.IPv6) {
		v.d.Errorf(CodeIPVLAN, v.at("use_ipvlan"), "use_ipvlan needs an %s address; the instance stays in FAULT", familyName(v.IPv6))
		v.d.Hint("write an address of this router behind use_ipvlan")
		v.fault("ipvlan without address")
	}
	if v.useVMAC != nil && v.ipvlan != nil {
		v.d.Notef(CodeVMACOnly, v.at("use_vmac"), "use_ipvlan is given too, and counts; use_vmac is ignored")
		v.d.Hint("leave one of the two out")
		v.useVMAC = nil
	}
	if v.useVMAC != nil {
		v.useVMAC.XmitBase = v.xmitBase
		v.VMAC = v.useVMAC
	}
	v.IPVLAN = v.ipvlan
	v.VMACAddresses = v.vmacAddr
}
