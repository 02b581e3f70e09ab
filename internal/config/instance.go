package config

import (
	"net/netip"
	"slices"
	"time"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// draft is a vrrp_instance while it is decoded: the Instance, and whether something was written at
// all, where a missing value is completed only when the whole file is known.
type draft struct {
	*Instance
	d     *decoder
	block *syntax.Block

	familyKnown bool
	version     *vrrp.Version
	priority    *vrrp.Priority
	state       string // MASTER, BACKUP or ""

	interfaceGiven string // the name, even if there is no such interface
	device         Interface
	deviceThere    bool
	noInterface    int  // the finding, counted from 1, that says why the interface cannot be used
	unicast        bool // a unicast keyword was used
	faultNoPeer    bool
	multicastGiven bool
	useVMAC        *VMAC
	ipvlan         *IPVLAN
	shortMAC       bool
	vmacAddr       bool

	accept          *bool
	lowerPrioDelay  *time.Duration
	lowerPrioCount  *int
	lowerNoAdvert   *bool
	higherAdvert    *bool
	ownerIgnore     *bool
	downAdverts     int
	vipGuardian     *bool
	splitBrainAlarm *bool
	expiredBackup   int
	noVIPAllowed    bool
	smtpAlert       *bool
	notifyPriority  *bool
	hmac            *hmacDraft
	vips            map[netip.Addr]bool // of the first vipsKnown of VIPs
	vipsKnown       int
	excluded        map[addressKey]bool
	xmitBase        bool

	group *groupDraft
}

type instanceKeyword = schema.Keyword[draft]

// instanceTable is the keywords of vrrp_instance.
var instanceTable = schema.NewTable("vrrp_instance",
	coreKeywords, transportKeywords, addressingKeywords, routingKeywords, timingKeywords, guardianKeywords, trackingKeywords, notifyKeywords)

func decodeInstance(_ *schema.Context, d *decoder, s *syntax.Statement) {
	name, ok := d.onlyName(s)
	if !ok {
		return
	}
	if before := d.draftByName[name.Text]; before != nil {
		d.Errorf(CodeDuplicateName, name.Span, "vrrp instance %s already defined, in line %d; this one is skipped", name.Text, before.Span.Line())
		d.Hint("give one of them another name")
		return
	}
	v := d.newDraft(name, s.Block)
	defer d.About(name.Text)()
	instanceTable.Decode(&d.Context, s.Block, v)
	if !d.Stopped() {
		v.closeBlock()
	}
}

func (d *decoder) newDraft(name syntax.Word, block *syntax.Block) *draft {
	g := d.global
	v := &draft{
		d: d, block: block, downAdverts: g.downTimerAdverts,
		Instance: &Instance{
			Name: name.Text, Span: name.Span, Preempt: true, AdvertInterval: time.Second,
			Strict: g.strict, GARP: g.garp, ChecksumAsV2: g.checksumAsV2,
			SkipCheckAdvAddr: g.skipCheck, CheckUnicastSource: g.CheckUnicastSource,
		},
	}
	d.drafts = append(d.drafts, v)
	d.draftByName[name.Text] = v
	d.cfg.Instances = append(d.cfg.Instances, v.Instance)
	return v
}

// at is where a keyword of the instance was given last; its name, if it was not.
func (v *draft) at(keywords ...string) syntax.Span {
	if v.block != nil {
		for _, s := range slices.Backward(v.block.Statements) {
			if slices.Contains(keywords, s.Keyword()) {
				return s.Words[0].Span
			}
		}
	}
	return v.Span
}

// takeFamily fixes the family with the first address of an instance, and says whether one fits.
func (v *draft) takeFamily(ipv6 bool) bool {
	if !v.familyKnown {
		v.familyKnown, v.IPv6 = true, ipv6
	}
	return v.IPv6 == ipv6
}

var coreKeywords = []instanceKeyword{
	{Name: "state", Args: "MASTER|BACKUP", Priority: schema.P1, Doc: "State to begin with.",
		Without: "MASTER for priority 255, else BACKUP",
		Note:    "Where the election begins, not how it ends: priorities decide. nopreempt and preempt_delay need BACKUP. BACKUP after MASTER is an error, and ignored.",
		Set:     setState},
	{Name: "interface", Args: "INTERFACE", Priority: schema.P1, Doc: "Where adverts are sent and received.",
		Note:    "Needed, unless the instance is unicast with a source address. Names have at most 15 characters.",
		Example: "interface eth0",
		Set:     setInterface},
	{Name: "virtual_router_id", Args: "1-255", Priority: schema.P1, Doc: "VRID: the number that all routers of this Virtual Router share.",
		Note:    "Needed. On an interface an IPv4 and an IPv6 instance may share it; two of one family may only where their multicast groups or their peers differ.",
		Example: "virtual_router_id 51",
		Set:     schema.Int(schema.Between(1, 255).Exactly(), func(v *draft) *vrrp.VRID { return &v.VRID })},
	{Name: "priority", Args: "1-255", Priority: schema.P1, Doc: "Base priority; 255 is the owner of the addresses.",
		Without: "100; with state MASTER 255",
		Note:    "The router with the highest priority is Master. What trackers add or take away keeps it within 1 to 254; 255 never changes.",
		Set: schema.IntFunc(schema.Between(1, 255).Exactly().Or(int64(vrrp.PriorityDefault)),
			func(v *draft, n int64) { v.priority = new(vrrp.Priority(n)) })},
	{Name: "advert_int", Args: "0.01-255", Unit: "seconds", Default: "1", Priority: schema.P1, Doc: "Advertisement_Interval in seconds.",
		Note: "All routers of a Virtual Router need the same. VRRPv2 knows whole seconds, VRRPv3 hundredths up to 40.95: others are rounded, and reported.",
		Set: schema.Duration(schema.Seconds{Low: 10 * time.Millisecond, High: 255 * time.Second},
			func(v *draft) *time.Duration { return &v.AdvertInterval })},
	{Name: "version", Args: "2|3", Priority: schema.P1, Doc: "VRRP version.",
		Without: "vrrp_version of global_defs; 3 for IPv6",
		Note:    "All routers of a Virtual Router need the same. One that contradicts what stands before it is an error, and ignored.",
		Set:     setVersion},
	{Name: "native_ipv6", Priority: schema.P3, Doc: "The family is IPv6, whatever the addresses are.",
		Note: "Implies version 3.",
		Set:  setNativeIPv6},
	{Name: "nopreempt", Priority: schema.P1, Doc: "A lower priority Master is left alone.",
		Note: "Needs state BACKUP and a priority below 255.",
		Set:  schema.Clear(func(v *draft) *bool { return &v.Preempt })},
	{Name: "preempt", Priority: schema.P1, Doc: "A lower priority Master is replaced; this is the default.",
		Set: schema.Flag(func(v *draft) *bool { return &v.Preempt })},
	{Name: "preempt_delay", Args: "0-1000", Unit: "seconds", Default: "0", Priority: schema.P1, Doc: "Seconds before a lower priority Master is replaced.",
		Note: "Needs state BACKUP, and neither nopreempt nor strict_mode.",
		Set: schema.Duration(schema.Seconds{High: 1000 * time.Second, Else: new(time.Duration(0))},
			func(v *draft) *time.Duration { return &v.PreemptDelay })},
	{Name: "accept", Priority: schema.P2, Doc: "Packets to the addresses are accepted, even if not the owner (Accept_Mode).",
		Note: "This holds anyway, unless strict_mode is on and the priority is not 255.",
		Set:  func(_ *schema.Context, v *draft, _ *syntax.Statement) { v.accept = new(true) }},
	{Name: "no_accept", Priority: schema.P2, Doc: "Packets to the addresses are dropped, if not the owner.",
		Note: "Through nftables, but for neighbour discovery. What the router forwards is not dropped.",
		Set:  func(_ *schema.Context, v *draft, _ *syntax.Statement) { v.accept = new(false) }},
	{Name: "strict_mode", Args: "[on|off]", Default: "off", Priority: schema.P1, Doc: "Keeps to the letter of the RFCs.",
		Note: "vrrp_strict changes the default. Refuses unicast and instances without address, among other things.",
		Set:  schema.Switch(func(v *draft, on bool) { v.Strict = on })},
	{Name: "debug", Args: "0-4", Default: "0", Priority: schema.P3, Doc: "A level that keepalived.data shows, and that does nothing else.",
		Set: schema.Int(schema.Between(0, 4), func(v *draft) *int { return &v.Debug })},
	{Name: "dont_track_primary", Priority: schema.P2, Doc: "The state of the own interface does not matter.",
		Set: schema.Flag(func(v *draft) *bool { return &v.DontTrackPrimary })},
	{Name: "linkbeat_use_polling", Priority: schema.P3, Doc: "Polls the link state of the interface.",
		Note: "An old place: write linkbeat_interfaces, outside of any block.",
		Set: func(c *schema.Context, v *draft, s *syntax.Statement) {
			v.Linkbeat = true
			c.Errorf(CodeOldName, s.Words[0].Span, "linkbeat_use_polling is deprecated in vrrp_instance")
			c.Hint("use linkbeat_interfaces, outside of any block")
		}},
	{Name: "vrf", Args: "INTERFACE", Priority: schema.P3, Doc: "VRF of an instance without interface.",
		Note: "For unicast instances without interface only.",
		Set:  setVRF},
	{Name: "promote_secondaries", Priority: schema.P2, Doc: "Secondary addresses survive the loss of their primary.",
		Note: "Not for instances with a virtual MAC device.",
		Set:  schema.Flag(func(v *draft) *bool { return &v.PromoteSecondaries })},
	{Name: "lvs_sync_daemon_interface", Args: "INTERFACE", Priority: schema.P3, Effect: schema.LVS, Doc: "Old place of lvs_sync_daemon.",
		Set: func(c *schema.Context, _ *draft, s *syntax.Statement) {
			if _, ok := c.Word(s, 1); !ok {
				return
			}
			c.Warnf(CodeOldName, s.Words[0].Span, syntax.ClassGeneral, "specifying lvs_sync_daemon_interface against a vrrp is deprecated")
			c.Hint("use global lvs_sync_daemon")
		}},
	{Name: "kernel_rx_buf_size", Args: "BYTES", Range: "0-4294967295", Unit: "bytes", Priority: schema.P3, Doc: "What the instance adds to the receive buffer of its socket.",
		Without: "as vrrp_rx_bufs_policy says",
		Set:     setReceiveBuffer},
}

func setReceiveBuffer(c *schema.Context, v *draft, s *syntax.Statement) {
	if len(s.Words) > 2 {
		c.Errorf(CodeBadArgument, s.Words[2].Span, "kernel_rx_buf_size takes one number; it is ignored")
		return
	}
	word, ok := c.Arg(s, 1)
	if !ok {
		return
	}
	if n, ok := c.Int(s.Keyword(), word, schema.Between(0, 1<<32-1).Exactly()); ok {
		v.ReceiveBuffer = int(n)
	}
}

func setState(c *schema.Context, v *draft, s *syntax.Statement) {
	word, ok := c.Word(s, 1)
	if !ok {
		return
	}
	switch {
	case word.Text != "MASTER" && word.Text != "BACKUP":
		c.Errorf(CodeBadState, word.Span, "unknown state %s, defaulting to BACKUP", schema.Quote(word.Text))
		c.Hint("write MASTER or BACKUP, in capitals")
		v.state = "BACKUP"
	case word.Text == "BACKUP" && v.state == "MASTER":
		c.Errorf(CodeBadState, word.Span, "state BACKUP after state MASTER is ignored")
		c.Hint("leave one of the two out")
	default:
		v.state = word.Text
	}
}

func setInterface(c *schema.Context, v *draft, s *syntax.Statement) {
	word, ok := c.Word(s, 1)
	if !ok {
		return
	}
	switch {
	case word.Text == "":
		c.Refusef(CodeNoInterface, word.Span, "write: interface INTERFACE", "the name of the interface is empty")
		return
	case len(word.Text) > 15:
		c.Errorf(CodeNameTooLong, word.Span, "interface name %s is longer than 15 characters; it is ignored", schema.Quote(word.Text))
		if v.interfaceGiven == "" {
			v.interfaceGiven, v.noInterface = word.Text, len(c.Diagnostics)
		}
		return
	}
	v.interfaceGiven = word.Text
	v.Interface, v.device, v.deviceThere = "", Interface{}, false // whatever was given before
	device, there := v.d.device(word.Text)
	if there && device.Loopback {
		c.Errorf(CodeLoopback, word.Span, "cannot use loopback interface %s for vrrp; it is ignored", word.Text)
		c.Hint("name the interface that leads to the other routers")
		v.noInterface = len(c.Diagnostics)
		return
	}
	if _, ok := v.d.wantDevice(word, " of vrrp_instance "+v.Name); ok {
		v.Interface, v.device, v.deviceThere = word.Text, device, there
	}
}

func setVersion(c *schema.Context, v *draft, s *syntax.Statement) {
	word, ok := c.Word(s, 1)
	if !ok {
		return
	}
	n, ok := c.Int("version", word, schema.Between(2, 3))
	if !ok {
		return
	}
	version := vrrp.Version(n)
	switch {
	case v.version != nil && *v.version != version:
		c.Errorf(CodeVersionConflict, word.Span, "version %d conflicts with version %d, given or implied before; it is ignored", n, *v.version)
		c.Hint("write one version only, the same on all routers")
	case version == vrrp.Version2 && v.familyKnown && v.IPv6:
		c.Errorf(CodeVersionConflict, word.Span, "version 2 after IPv6 addresses is ignored; 3 is used")
		c.Hint("leave it out: IPv6 has VRRP version 3")
	default:
		v.version = &version
	}
}

func setNativeIPv6(c *schema.Context, v *draft, s *syntax.Statement) {
	at := s.Words[0].Span
	if !v.takeFamily(true) {
		c.Errorf(CodeVersionConflict, at, "native_ipv6 does not go with IPv4 addresses; it is ignored")
		c.Hint("leave native_ipv6 out, or the IPv4 addresses")
		return
	}
	if v.version != nil && *v.version == vrrp.Version2 {
		c.Notef(CodeVersionConflict, at, "native_ipv6 makes this VRRP version 3, although version 2 was given before")
		c.Hint("leave version 2 out")
	}
	v.version = new(vrrp.Version3)
}

func setVRF(c *schema.Context, v *draft, s *syntax.Statement) {
	word, ok := c.Word(s, 1)
	if !ok {
		return
	}
	device, there := v.d.device(word.Text)
	switch {
	case len(word.Text) > 15:
		c.Errorf(CodeVRF, word.Span, "vrf name %s is longer than 15 characters; it is ignored", schema.Quote(word.Text))
		c.Hint("write the name of a VRF device")
	case v.interfaceGiven != "" || v.VRF != "":
		c.Errorf(CodeVRF, word.Span, "vrf does not go with interface, or with a vrf before; it is ignored")
		c.Hint("leave vrf out, or interface")
	case !there || device.Loopback:
		c.Errorf(CodeVRF, word.Span, "vrf %s does not exist; it is ignored", schema.Quote(word.Text))
		c.Hint("write the name of a VRF device")
	default:
		v.VRF = word.Text
	}
}
