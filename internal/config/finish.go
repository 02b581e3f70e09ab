package config

import (
	"cmp"
	"slices"

	"github.com/govrrpd/govrrpd/pkg/syntax"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// finish runs the checks that need the whole file, in keepalived's order: what one of them clears the
// next does not complain about.
func (d *decoder) finish() {
	d.cfg.Global.Defaults = d.global.defaults()
	d.noteServers()
	d.checkScripts()
	for _, v := range d.drafts {
		v.about(v.checkMinimum)
	}
	d.resolveGroups()
	for _, v := range d.drafts {
		v.about(v.complete)
	}
	d.shareProcess()
	d.checkVRIDs()
	d.checkVMACs()
	d.checkTrackGroups()
	for _, g := range d.groups {
		g.finish()
	}
}

func (v *draft) about(check func()) {
	defer v.d.About(v.Name)()
	check()
}

func (d *decoder) noteServers() {
	if d.cfg.VirtualServers == 0 {
		return
	}
	d.Notef(CodeLVSSkipped, d.servers, "keepalived's LVS side is skipped, blocks: %d", d.cfg.VirtualServers)
	d.Hint("for them, run `keepalived -C` beside govrrpd")
}

// closeBlock is what is checked at the end of each vrrp_instance.
func (v *draft) closeBlock() {
	if v.hasDevice() && v.unicast {
		v.checkUnicastDevice()
	}
	if v.UnicastTTL != nil && len(v.Peers) == 0 {
		v.d.Errorf(CodeUnicastTTL, v.at("unicast_ttl"), "unicast_ttl without unicast peers is ignored")
		v.d.Hint("leave it out, or write: unicast_peer { ADDRESS … }")
		v.UnicastTTL = nil
	}
	v.finishMAC()
}

func (v *draft) checkUnicastDevice() {
	if v.interfaceGiven == "" {
		v.d.Errorf(CodeVMACUnicast, v.at("use_vmac", "use_ipvlan"), "unicast without an interface cannot have a virtual MAC device; it is cleared")
		v.d.Hint("write interface INTERFACE, or leave it out")
		v.useVMAC, v.ipvlan = nil, nil
		return
	}
	if !v.xmitBase {
		v.d.Errorf(CodeVMACUnicast, v.at("use_vmac", "use_ipvlan"), "unicast with a virtual MAC device needs vmac_xmit_base; it is set")
		v.d.Hint("write vmac_xmit_base")
		v.xmitBase = true
	}
}

// checkMinimum finds what an instance cannot do without. One such instance stops the whole daemon.
func (v *draft) checkMinimum() {
	if v.Interface == "" && v.noInterface > 0 {
		v.doWithoutInterface()
	}
	switch {
	case v.VRID == 0:
		v.refuseNoVRID()
	case v.Interface == "" && !v.unicast && v.interfaceGiven == "":
		v.d.Refusef(CodeNoInterfaceSet, v.Span, "write: interface INTERFACE", "the instance has no interface")
	case v.Interface == "" && v.useVMAC != nil && v.interfaceGiven == "":
		v.d.Refusef(CodeNoInterfaceSet, v.at("use_vmac"), "write: interface INTERFACE", "use_vmac needs an interface")
	}
}

func (v *draft) refuseNoVRID() {
	problem := "virtual_router_id is missing"
	if _, written := v.lastOf("virtual_router_id"); written {
		problem = "virtual_router_id has no value that can be used"
	}
	v.d.Refusef(CodeNoVRID, v.valueAt("virtual_router_id"), "write: virtual_router_id 1-255", "%s", problem)
}

// doWithoutInterface goes on with an instance whose only interface cannot be used: unicast may do without one,
// multicast may not.
func (v *draft) doWithoutInterface() {
	if v.unicast {
		v.interfaceGiven = ""
		return
	}
	v.d.Diagnostics[v.noInterface-1].Refuse = true
}

// finish completes a sync group when its members are complete.
func (g *groupDraft) finish() {
	g.checkOwners()
	g.checkTwice()
	wanting := 0
	for _, v := range g.members {
		if v.WantMaster && v.Priority == vrrp.PriorityOwner {
			wanting++
		}
	}
	if wanting == len(g.members) {
		return
	}
	for _, v := range g.members {
		v.WantMaster = false // a group starts as Backup unless all of it owns its addresses
	}
}

// vridKey is what two Virtual Routers may not have in common.
type vridKey struct {
	ipv6    bool
	vrid    vrrp.VRID
	unicast bool
	on      string // interface, and multicast destination; or local address (else interface) and peer
}

// checkVRIDs finds Virtual Routers that would take each other's adverts for their own.
func (d *decoder) checkVRIDs() {
	seen := make(map[vridKey][]*draft, len(d.drafts))
	for _, v := range d.drafts {
		if v.VRID == 0 {
			continue
		}
		for _, key := range v.vridKeys() {
			for _, other := range seen[key] {
				if v.clashes(other) {
					d.reportVRID(v, other)
					break
				}
			}
			seen[key] = append(seen[key], v)
		}
	}
}

// vridKeys are the places in which the VRID of an instance must be its own.
func (v *draft) vridKeys() []vridKey {
	key := vridKey{ipv6: v.IPv6, vrid: v.VRID, unicast: v.Unicast}
	if !v.Unicast {
		if !v.deviceThere {
			return nil
		}
		key.on = v.base() + " " + v.MulticastGroup.String()
		return []vridKey{key}
	}
	source := v.Source.String()
	if !v.Source.IsValid() {
		if source = v.Interface; source == "" {
			return nil
		}
	}
	keys := make([]vridKey, len(v.Peers))
	for i, peer := range v.Peers {
		keys[i] = key
		keys[i].on = source + " " + peer.Addr.String()
	}
	return keys
}

// base is the interface whose neighbours the instance talks to: below a macvlan it is another one than its own.
func (v *draft) base() string { return cmp.Or(v.device.Base, v.Interface) }

func (v *draft) clashes(other *draft) bool {
	return !v.Unicast || v.Interface == other.Interface || v.Interface == "" || other.Interface == ""
}

func (d *decoder) reportVRID(v, other *draft) {
	at := v.at("virtual_router_id")
	where := "on interface " + v.base()
	if v.Unicast {
		where = "for a common peer"
	}
	if !v.Unicast && d.cfg.Global.AllowIfChanges && d.changeable(v.Interface) {
		d.Notef(CodeDuplicateVRID, at, "(%s) - warning, VRID %d for %s is currently duplicated on %s", other.Name, v.VRID, familyName(v.IPv6), v.Name)
		d.Hint("give one of them another number, on all of its routers")
		other.DuplicateVRID = true
		return
	}
	d.Refusef(CodeDuplicateVRID, at, "give one of them another number, on all of its routers", "(%s) and (%s) both use VRID %d %s", other.Name, v.Name, v.VRID, where)
}

// changeable reports whether an interface may come to be another one while the daemon runs.
func (d *decoder) changeable(name string) bool {
	device, there := d.device(name)
	return !there || device.Virtual || device.VMAC || !device.Ethernet
}

// fault keeps an instance in FAULT for ever. Of several reasons the first is told.
func (v *draft) fault(reason string) {
	if v.ConfigFault == "" {
		v.ConfigFault = reason
	}
}

// checkVMACs finds addresses that would go to the virtual MAC device of another instance. They would be
// removed with it, unless both instances change their state together.
func (d *decoder) checkVMACs() {
	if len(d.vmacNames) == 0 {
		return
	}
	users := map[string]*draft{}
	for _, v := range d.drafts {
		if v.VMAC == nil {
			continue
		}
		name := v.VMAC.Name
		if name == "" {
			continue
		}
		if other := users[name]; other != nil {
			v.fault("vmac " + name + " is used by " + other.Name)
		}
		users[name] = v
	}
	for _, v := range d.drafts {
		for _, a := range slices.Concat(v.VIPs, v.ExcludedVIPs) {
			owner := users[a.Interface]
			if owner == nil || owner == v || v.group != nil && v.group == owner.group {
				continue
			}
			d.Errorf(CodeVMACShared, a.Span, "(%s) address %s is on %s, the virtual MAC device of %s, which is in no common sync group; the instance stays in FAULT", v.Name, a.Prefix, a.Interface, owner.Name)
			d.Hint("put both instances into one vrrp_sync_group, or the address into " + owner.Name)
			v.fault("address on the vmac of " + owner.Name)
		}
	}
}

// lastOf is the word behind the last use of a keyword, for a message about its value.
func (v *draft) lastOf(keyword string) (syntax.Word, bool) {
	if v.block == nil {
		return syntax.Word{}, false
	}
	for _, s := range slices.Backward(v.block.Statements) {
		if s.Keyword() == keyword && len(s.Words) > 1 {
			return s.Words[1], true
		}
	}
	return syntax.Word{}, false
}

// valueAt is where the value of a keyword stands.
func (v *draft) valueAt(keyword string) syntax.Span {
	if word, ok := v.lastOf(keyword); ok {
		return word.Span
	}
	return v.Span
}
