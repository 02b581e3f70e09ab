package config

import (
	"slices"

	"github.com/govrrpd/govrrpd/pkg/syntax"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// completeTracking drops what is tracked twice: an instance follows its own interface in any case.
func (v *draft) completeTracking() {
	v.TrackInterfaces = slices.DeleteFunc(v.TrackInterfaces, func(t Track) bool {
		own := t.Name == v.Interface && v.Interface != ""
		if own {
			v.d.Errorf(CodeOwnInterface, t.Span, "Ignoring track_interface %s since own interface", t.Name)
			v.d.Hint("leave it out: the own interface is tracked anyway")
			if v.DontTrackPrimary {
				v.d.Hint("dont_track_primary says that it does not matter")
			}
		}
		return own
	})
}

// completeAddresses gives addresses without dev the interface of the instance.
func (v *draft) completeAddresses() {
	for _, list := range []*[]*Address{&v.VIPs, &v.ExcludedVIPs} {
		*list = slices.DeleteFunc(*list, func(a *Address) bool { return !v.completeAddress(a) })
	}
}

func (v *draft) completeAddress(a *Address) bool {
	if a.UseVMAC && (v.vmacAddr || v.useVMAC != nil && (!a.DevGiven || a.Interface == v.Interface) && a.Prefix.Addr().Is6() == v.IPv6) {
		v.d.Errorf(CodeVMACRedundant, a.Span, "use_vmac of address %s says nothing that the instance does not; it is ignored", a.Prefix)
		v.d.Hint("leave use_vmac out behind the address")
		a.UseVMAC = false
	}
	if a.DevGiven {
		return true
	}
	if v.interfaceGiven == "" {
		v.d.Errorf(CodeNoVIPDevice, a.Span, "address %s has no dev, and the instance no interface; it is removed", a.Prefix)
		v.d.Hint("write dev INTERFACE behind the address")
		return false
	}
	a.Interface = v.Interface
	return true
}

func (v *draft) checkVIPs() {
	v.NoVirtualAddressAllowed = v.noVIPAllowed
	if v.noVIPAllowed && v.Strict {
		v.d.Warnf(CodeStrictOverrides, v.at("no_virtual_ipaddress"), syntax.ClassWarning, "strict mode: no_virtual_ipaddress is cleared")
		v.d.Hint("leave it out, or strict_mode")
		v.NoVirtualAddressAllowed = false
	}
	if len(v.VIPs) > 0 || v.NoVirtualAddressAllowed {
		return
	}
	at := v.at("virtual_ipaddress")
	const hint = "write: virtual_ipaddress { ADDRESS … }"
	if v.wroteVIPs() {
		v.reportNoneLeft(at)
		return
	}
	if v.Version == vrrp.Version3 || v.Strict {
		v.d.Refusef(CodeNoVIP, at, hint, "No VIP specified; at least one is required")
		return
	}
	v.d.Warnf(CodeNoVIP, at, syntax.ClassWarning, "No VIP specified; at least one is sensible")
	v.d.Hint(hint)
}

// wroteVIPs reports whether there are lines of addresses, of which nothing is left.
func (v *draft) wroteVIPs() bool {
	return v.block != nil && slices.ContainsFunc(v.block.Statements, func(s *syntax.Statement) bool {
		return s.Keyword() == "virtual_ipaddress" && s.Block != nil && len(s.Block.Statements) > 0
	})
}

// reportNoneLeft says what follows from addresses that could not be used: each of them has been reported,
// so that there is something to add only where the daemon cannot run without any.
func (v *draft) reportNoneLeft(at syntax.Span) {
	if v.Version == vrrp.Version3 || v.Strict {
		v.d.Refusef(CodeNoVIP, at, "mend the addresses", "no VIP is left, since none of the addresses can be used; at least one is required")
	}
}

// checkWeights takes out weights that cannot be: members of a sync group must stay together, and the
// priority of an owner never changes.
func (v *draft) checkWeights() {
	owner := v.Priority == vrrp.PriorityOwner
	grouped := v.group != nil && !v.group.TrackingWeight
	if !owner && !grouped {
		return
	}
	why, hint := "due to address_owner", "leave the weight out: a priority of 255 never changes"
	if !owner {
		why, hint = "due to SYNC group", "leave the weight out, or write sync_group_tracking_weight in the sync group"
	}
	v.TrackInterfaces = slices.DeleteFunc(v.TrackInterfaces, func(t Track) bool {
		if t.Weight == 0 {
			return false
		}
		v.d.Errorf(CodeWeightNotAllowed, t.Span, "ignoring weight of tracked interface %s %s", t.Name, why)
		v.d.Hint(hint)
		return owner
	})
	for i := range v.TrackInterfaces {
		v.TrackInterfaces[i].Weight, v.TrackInterfaces[i].Reverse = 0, false
	}
	weighted := func(kind string, sparesDefault bool) func(Track) bool {
		return func(t Track) bool {
			if t.Weight == 0 || sparesDefault && t.Weight == 1 {
				return false
			}
			v.d.Errorf(CodeWeightNotAllowed, t.Span, "ignoring tracked %s %s with weights %s", kind, t.Name, why)
			v.d.Hint(hint)
			return true
		}
	}
	v.TrackScripts = slices.DeleteFunc(v.TrackScripts, weighted("script", false))
	v.TrackBFDs = slices.DeleteFunc(v.TrackBFDs, weighted("bfd", false))
	v.TrackFiles = slices.DeleteFunc(v.TrackFiles, weighted("file", true))
	for i := range v.TrackFiles {
		if t := &v.TrackFiles[i]; t.Weight != 0 {
			v.d.Errorf(CodeWeightNotAllowed, t.Span, "the weight of tracked file %s is cleared %s", t.Name, why)
			v.d.Hint(hint)
			t.Weight = 0
		}
	}
}

// completeTelling works out what is told of the instance.
func (v *draft) completeTelling() {
	v.SMTPAlert = v.d.alerts(v.smtpAlert)
	v.NotifyPriorityChanges = v.d.global.notifyPriority
	if v.group != nil && v.group.notifyPriority != nil {
		v.NotifyPriorityChanges = *v.group.notifyPriority
	}
	if v.notifyPriority != nil {
		v.NotifyPriorityChanges = *v.notifyPriority
	}
}
