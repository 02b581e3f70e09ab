package dump

import (
	"cmp"
	"fmt"
	"time"
)

// global is the first section of both data files. Settings of parts that govrrpd has not are left out.
func (p *page) global(g *Global) {
	p.section("Global definitions")
	p.head("Network namespace = %s", cmp.Or(g.NetworkNamespace, "(default)"))
	if g.InstanceName != "" {
		p.head("Instance name = %s", g.InstanceName)
	}
	if g.ProcessName != "" {
		p.head("VRRP process name = %s", g.ProcessName)
	}
	p.head("Router ID = %s", g.RouterID)
	p.mail(g)
	p.reload(&g.Reload)
	if g.NamedFiles {
		p.head("Use instance name in data dumps")
	}
	p.head("Dynamic interfaces = %s", trueFalse(g.DynamicInterfaces))
	if g.DynamicInterfaces {
		p.head("Allow interface changes = %s", trueFalse(g.IfChanges))
	}
	if g.NoFaultEmails {
		p.head("Send emails for fault transitions = off")
	}
	if g.DefaultInterface != "" {
		p.head("Default interface = %s", g.DefaultInterface)
	}
	p.head("Disable local IGMP = %s", yesNo(g.DisableLocalIGMP))
	p.fifos(g.FIFOs)
	p.head("FIFO write vrrp states on reload = %s", trueFalse(g.FIFOStates))
	p.head("VRRP notify priority changes = %s", trueFalse(g.NotifyPriority))
	p.head("VRRP IPv4 mcast group = %s", g.Multicast4)
	p.head("VRRP IPv6 mcast group = %s", g.Multicast6)
	p.globalAnnouncements(g)
	p.head("VRRP default protocol version = %d", g.Version)
	if g.Firewall != nil {
		p.firewall(g.Firewall)
	}
	p.head("VRRP check unicast_src = %s", trueFalse(g.CheckUnicastSrc))
	p.head("VRRP skip check advert addresses = %s", trueFalse(g.SkipCheckAdvAddr))
	p.head("VRRP strict mode = %s", trueFalse(g.Strict))
	p.head("Max auto priority = %d", g.MaxAutoPriority)
	p.head("Min auto priority delay = %d usecs", g.AutoPriorityDelay.Microseconds())
	p.head("VRRP process priority = %d", g.Priority)
	p.head("VRRP don't swap = %s", trueFalse(g.NoSwap))
	p.head("VRRP realtime priority = %d", g.RealtimePriority)
	if len(g.CPUs) > 0 {
		p.head("VRRP CPU Affinity = %s", spaced(g.CPUs))
	}
	p.head("Script security %s", enabled(g.ScriptSecurity))
	p.head("Default script uid:gid %d:%d", g.ScriptUID, g.ScriptGID)
	p.receiveBuffers(g)
	p.head("umask = 0%o", g.Umask)
	if g.StartupDelay > 0 {
		p.head("vrrp_startup_delay = %g", g.StartupDelay.Seconds())
	}
	if g.LogUnknownVRIDs {
		p.head("log_unknown_vrids")
	}
	if g.VMACPrefix != "" {
		p.head("VMAC prefix = %s", g.VMACPrefix)
	}
	if g.VMACAddressPrefix != "" {
		p.head("VMAC address prefix = %s", g.VMACAddressPrefix)
	}
}

// Firewall is how packets to addresses are dropped that are not to be accepted.
type Firewall struct {
	Table      string
	Priority   int32
	ForceIndex bool
	Counters   bool
}

func (p *page) firewall(f *Firewall) {
	force, counters := "don't force", "without"
	if f.ForceIndex {
		force = "force"
	}
	if f.Counters {
		counters = "with"
	}
	p.head("nftables table name = %s", f.Table)
	p.head("nftables base chain priority = %d", f.Priority)
	p.head("nftables %s use ifindex for link local IPv6", force)
	p.head("nftables %s counters", counters)
}

func (p *page) mail(g *Global) {
	if g.SMTPServer != "" {
		p.head("Smtp server = %s", g.SMTPServer)
		p.head("Smtp server port = %d", g.SMTPPort)
		p.head("Smtp HELO name = %s", g.SMTPHelo)
		p.head("Smtp server connection timeout = %d", wholeSeconds(g.SMTPTimeout))
		p.head("Email notification from = %s", g.EmailFrom)
	}
	if len(g.Emails) > 0 {
		p.head("Email notification to:")
		for _, address := range g.Emails {
			p.line("%s", address)
		}
	}
	p.head("Default smtp_alert = %s", onOff(g.SMTPAlert))
	p.head("Default smtp_alert_vrrp = %s", onOff(g.SMTPAlertVRRP))
}

func (p *page) globalAnnouncements(g *Global) {
	p.head("Gratuitous ARP delay = %d", wholeSeconds(g.GARP.Delay))
	p.head("Gratuitous ARP repeat = %d", g.GARP.Repeat)
	p.head("Gratuitous ARP refresh timer = %d", wholeSeconds(g.GARP.Refresh))
	p.head("Gratuitous ARP refresh repeat = %d", g.GARP.RefreshRepeat)
	p.head("Gratuitous ARP lower priority delay = %d", wholeSeconds(g.GARP.LowerPrioDelay))
	p.head("Gratuitous ARP lower priority repeat = %d", g.GARP.LowerPrioRepeat)
	p.head("Num adverts before down = %d", g.DownTimerAdverts)
	if g.ExtraInterval > 0 {
		p.head("Gratuitous ARP for each secondary %s = %ds", choose(g.ExtraAll, "i/f", "VMAC"), wholeSeconds(g.ExtraInterval))
	}
	p.head("Send advert after receive lower priority advert = %s", trueFalse(!g.LowerNoAdvert))
	p.head("Send advert after receive higher priority advert = %s", trueFalse(g.HigherSendAdvert))
	p.head("Gratuitous ARP interval = %s", fraction(g.GARPInterval))
	p.head("Gratuitous NA interval = %s", fraction(g.NAInterval))
}

func fraction(d time.Duration) string { return fmt.Sprintf("%.6f", d.Seconds()) }
