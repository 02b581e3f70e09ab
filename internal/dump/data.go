package dump

import "strings"

// Data returns keepalived.data. A section without content is left out, but for the first two, the
// instances, the sockets and the interfaces, which keepalived always has.
func Data(s *State) []byte {
	p := &page{}
	p.global(&s.Global)
	p.statics(s)
	p.trackGroups(s.TrackGroups)
	if len(s.Instances) > 0 {
		p.section("VRRP Topology")
		for i := range s.Instances {
			p.instance(&s.Instances[i])
		}
		p.section("VRRP Sockpool")
		for i := range s.Sockets {
			p.socket(&s.Sockets[i])
		}
	}
	p.syncGroups(s.SyncGroups)
	p.scripts(s.Scripts)
	p.trackFiles(s.TrackFiles)
	p.trackProcesses(s.TrackProcesses)
	p.trackBFDs(s.BFDs)
	p.paces(s.Paces)
	p.section("Interfaces")
	for i := range s.Interfaces {
		p.netInterface(&s.Interfaces[i])
	}
	p.own(s.Own)
	return p.b
}

// own is what keepalived does not have: the last section, so that it is in nobody's way.
func (p *page) own(lines []Line) {
	if len(lines) == 0 {
		return
	}
	p.section("govrrpd")
	for _, line := range lines {
		p.head("%s = %s", line.Name, line.Value)
	}
}

// ParentData returns keepalived_parent.data: the global settings alone.
func ParentData(g *Global) []byte {
	p := &page{}
	p.global(g)
	return p.b
}

func (p *page) statics(s *State) {
	for _, part := range []struct {
		title string
		lines []string
	}{
		{"Static Addresses", addressStrings(s.StaticAddresses)},
		{"Static Routes", s.StaticRoutes},
		{"Static Rules", s.StaticRules},
	} {
		if len(part.lines) == 0 {
			continue
		}
		p.section(part.title)
		for _, line := range part.lines {
			p.item("%s", line)
		}
	}
}

func (p *page) trackGroups(groups []TrackGroup) {
	if len(groups) == 0 {
		return
	}
	p.section("Static Track groups")
	for _, g := range groups {
		p.head("Static Track Group = %s", g.Name)
		p.line("VRRP member instances :")
		for _, name := range g.Instances {
			p.item("%s", name)
		}
	}
}

func (p *page) socket(s *Socket) {
	p.head("fd_in %d fd_out = %d", s.ReceiveFD, s.SendFD)
	if s.Interface != "" {
		p.line("Interface = %s", s.Interface)
	}
	p.line("Family = %s", choose(s.IPv6, "IPv6", "IPv4"))
	p.line("Protocol = %s", choose(s.AH, "AH", "VRRP"))
	p.line("Type = %s", choose(s.Unicast, "Unicast", "Multicast"))
	if s.Unicast {
		p.line("Address = %s", s.Addr)
	}
	p.line("Rx buf size = %d", s.ReceiveBuffer)
	p.line("VRRP instances")
	for _, user := range s.Instances {
		p.item("%s vrid %d", user.Name, user.VRID)
	}
}

func (p *page) syncGroups(groups []SyncGroup) {
	if len(groups) == 0 {
		return
	}
	p.section("VRRP Sync groups")
	for i := range groups {
		g := &groups[i]
		p.head("VRRP Sync Group = %s, %s", g.Name, g.State)
		p.line("Num member fault %d, num member init %d", g.MembersAtFault, g.MembersInInit)
		p.list("VRRP member instances :", g.Members)
		if g.TrackingWeight {
			p.line("sync group tracking weight set")
		}
		p.line("Using smtp notification = %s", yesNo(g.SMTPAlert))
		p.tracks("Tracked interfaces :", "", g.TrackInterfaces)
		p.tracks("Tracked scripts :", "", g.TrackScripts)
		p.tracks("Tracked files :", ",", g.TrackFiles)
		p.tracks("Tracked processes :", ",", g.TrackProcesses)
		p.tracks("Tracked BFDs :", ":", g.TrackBFDs)
		p.notify(&g.Notify)
	}
}

func (p *page) scripts(scripts []Script) {
	if len(scripts) == 0 {
		return
	}
	p.section("VRRP Scripts")
	for i := range scripts {
		s := &scripts[i]
		p.head("VRRP Script = %s", s.Name)
		p.line("Command = %s", quoteCommand(s.Command.Args))
		p.line("Interval = %g sec", s.Interval.Seconds())
		p.line("Timeout = %g sec", s.Timeout.Seconds())
		p.line("Weight = %s", weight(s.Weight, s.Reverse))
		p.line("Rise = %d", s.Rise)
		p.line("Fall = %d", s.Fall)
		p.line("Result = %d", s.Result)
		p.line("Insecure = no")
		p.line("Init state = %s", choose(s.InitFailed, "failed", "unknown"))
		p.line("Status = %s", choose(s.Good, "GOOD", "BAD"))
		p.line("Script uid:gid = %d:%d", s.Command.UID, s.Command.GID)
		p.line("VRRP instances :")
		p.tracking(s.Instances)
		p.line("State = %s", choose(s.Running, "running", "idle"))
	}
}

func (p *page) tracking(instances []Track) {
	p.line("Tracking instances :")
	for i := range instances {
		p.item("%s", trackLine(&instances[i], ","))
	}
}

func (p *page) trackFiles(files []TrackFile) {
	if len(files) == 0 {
		return
	}
	p.section("VRRP Track files")
	for i := range files {
		f := &files[i]
		p.head("Track file = %s", f.Name)
		p.line("File = %s", f.File)
		p.line("Status = %d", f.Status)
		p.line("Weight = %s", weight(f.Weight, f.Reverse))
		p.tracking(f.Instances)
	}
}

func (p *page) trackProcesses(processes []TrackProcess) {
	if len(processes) == 0 {
		return
	}
	p.section("VRRP Track processes")
	for i := range processes {
		p.trackProcess(&processes[i])
	}
}

func (p *page) trackProcess(t *TrackProcess) {
	p.head("VRRP Track process = %s", t.Name)
	p.line("Process = %s", t.Process)
	if len(t.Parameters) > 0 {
		p.line("Parameters = %s", strings.Join(t.Parameters, " "))
	}
	if t.ParamMatch != "" {
		p.line("Param match = %s", t.ParamMatch)
	}
	p.line("Min processes = %d", t.Min)
	if t.Max >= 0 {
		p.line("Max processes = %d", t.Max)
	}
	p.line("Current processes = %d", t.Current)
	p.line("Have quorum = %s", trueFalse(t.Quorum))
	p.line("Weight = %s", weight(t.Weight, t.Reverse))
	p.line("Terminate delay = %.6fs", t.TerminateDelay.Seconds())
	p.line("Fork delay = %.6fs", t.ForkDelay.Seconds())
	p.line("Fork delay timer %s", choose(t.ForkRunning, "running", "not running"))
	p.line("Terminate delay timer %s", choose(t.TerminateRunning, "running", "not running"))
	p.line("Full command = %s", trueFalse(t.FullCommand))
	p.tracking(t.Instances)
}

func (p *page) netInterface(i *Interface) {
	p.head("Name = %s", i.Name)
	p.line("index = %d", i.Index)
	p.line("IPv4 address = %s", orNone(i.IPv4))
	p.line("IPv6 address = %s", orNone(i.IPv6))
	if i.MAC != "" {
		p.line("MAC = %s", i.MAC)
	}
	p.line("State = %s", interfaceState(i))
	if i.Base != "" {
		p.line("VMAC type private, underlying interface = %s", i.Base)
	}
	if i.Created {
		p.line("I/f created by govrrpd")
	}
	p.line("MTU = %d", i.MTU)
	p.line("HW Type = %s", choose(i.Loopback, "LOOPBACK", "ETHERNET"))
	if i.Polling != "" {
		p.line("NIC %s", nicLine(i.Polling))
	}
	if len(i.Instances) > 0 {
		p.line("Tracking VRRP instances :")
		for n := range i.Instances {
			p.item("%s", trackLine(&i.Instances[n], ","))
		}
	}
}

// nicLine tells how the link of an interface is polled.
func nicLine(method string) string {
	switch method {
	case "MII":
		return "support MII regs"
	case "ETHTOOL":
		return "support ETHTOOL GLINK interface"
	}
	return "ioctl refresh polling"
}

func interfaceState(i *Interface) string {
	state := choose(i.Up, "UP", "DOWN")
	for _, word := range []struct {
		on   bool
		text string
	}{
		{i.Running, "RUNNING"}, {i.NoBroadcast, "no broadcast"}, {i.Loopback, "loopback"},
		{i.PointToPoint, "point to point"}, {i.NoMulticast, "no multicast"},
	} {
		if word.on {
			state += ", " + word.text
		}
	}
	return state
}
