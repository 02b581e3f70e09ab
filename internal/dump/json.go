package dump

import (
	"strings"
)

// hidden stands where a password would.
const hidden = "********"

// JSON returns keepalived.json in the given version (json_version, 1 or 2), or nil when there is no
// instance: then no file is written.
func JSON(s *State, version int) []byte {
	if len(s.Instances) == 0 {
		return nil
	}
	o := &object{}
	if version == 2 {
		o.open()
		o.key("vrrp")
	}
	o.b = append(o.b, '[')
	for i := range s.Instances {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.instance(&s.Instances[i])
	}
	o.b = append(o.b, ']')
	if version == 2 {
		o.trackProcesses(s.TrackProcesses)
		o.close()
	}
	return append(o.b, '\n')
}

func (o *object) instance(vi *Instance) {
	o.open()
	o.object("data")
	o.settings(vi)
	o.state(vi)
	o.scripts(&vi.Notify)
	o.lists(vi)
	if vi.Auth != AuthNone {
		o.number("auth_type", uint64(vi.Auth))
		o.string("auth_data", hidden)
	}
	o.close()
	o.object("stats")
	o.counters(&vi.Counters)
	o.close()
	o.close()
}

func (o *object) settings(vi *Instance) {
	vmac := ""
	if vi.BaseInterface != "" {
		vmac = vi.Interface
	}
	o.string("iname", vi.Name)
	o.bit("dont_track_primary", vi.DontTrackPrimary)
	o.bit("skip_check_adv_addr", vi.SkipCheckAdvAddr)
	o.bit("strict_mode", vi.Strict)
	o.string("vmac_ifname", vmac)
	if vi.Interface != "" {
		o.string("ifp_ifname", vi.Interface)
	}
	o.number("master_priority", uint64(vi.MasterPriority))
	o.instant("last_transition", vi.LastTransition)
	o.seconds("garp_delay", vi.GARP.Delay)
	o.number("garp_refresh", uint64(vi.GARP.Refresh.Seconds()))
	o.signed("garp_rep", vi.GARP.Repeat)
	o.signed("garp_refresh_rep", vi.GARP.RefreshRepeat)
	o.number("garp_lower_prio_delay", uint64(vi.GARP.LowerPrioDelay.Seconds()))
	o.signed("garp_lower_prio_rep", vi.GARP.LowerPrioRepeat)
	o.bit("lower_prio_no_advert", vi.LowerPrioNoAdvert)
	o.bit("higher_prio_send_advert", vi.HigherPrioSendAdvert)
}

func (o *object) state(vi *Instance) {
	interval := vi.MasterAdvertInterval
	if interval == 0 {
		interval = vi.AdvertInterval
	}
	o.number("vrid", uint64(vi.VRID))
	o.number("base_priority", uint64(vi.BasePriority))
	o.number("effective_priority", uint64(vi.EffectivePriority))
	o.bool("vipset", vi.VIPSet)
	o.bool("promote_secondaries", vi.PromoteSecondaries)
	o.seconds("adver_int", vi.AdvertInterval)
	o.seconds("master_adver_int", interval)
	o.bit("accept", vi.Accept)
	o.bool("nopreempt", !vi.Preempt)
	o.number("preempt_delay", uint64(vi.PreemptDelay.Seconds()))
	o.number("state", uint64(vi.State))
	o.number("wantstate", uint64(vi.Want))
	o.signed("version", vi.Version)
	o.bool("smtp_alert", vi.SMTPAlert)
	o.bool("notify_deleted", vi.NotifyDeleted)
}

func (o *object) scripts(n *Notify) {
	for _, script := range []struct {
		key     string
		command *Command
	}{
		{"script_backup", n.Backup}, {"script_master", n.Master}, {"script_fault", n.Fault},
		{"script_stop", n.Stop}, {"script_deleted", n.Deleted}, {"script", n.Any},
		{"script_master_rx_lower_pri", n.MasterRxLowerPri},
	} {
		if script.command != nil {
			o.string(script.key, quoteCommand(script.command.Args))
		}
	}
}

func (o *object) lists(vi *Instance) {
	o.strings("vips", addressStrings(vi.VIPs))
	o.strings("evips", addressStrings(vi.ExcludedVIPs))
	o.strings("vroutes", vi.Routes)
	o.strings("vrules", vi.Rules)
	o.strings("track_ifp", trackNames(vi.TrackInterfaces))
	o.strings("track_script", trackCommands(vi.TrackScripts))
	o.strings("track_process", trackNames(vi.TrackProcesses))
}

func (o *object) counters(c *Counters) {
	o.number("advert_rcvd", c.AdvertsReceived)
	o.number("advert_sent", c.AdvertsSent)
	o.number("become_master", c.BecameMaster)
	o.number("release_master", c.ReleasedMaster)
	o.number("packet_len_err", c.LengthErrors)
	o.number("advert_interval_err", c.IntervalErrors)
	o.number("ip_ttl_err", c.TTLErrors)
	o.number("invalid_type_rcvd", c.TypeErrors)
	o.number("addr_list_err", c.AddressListErrors)
	o.number("invalid_authtype", c.InvalidAuthType)
	o.number("authtype_mismatch", c.AuthMismatch)
	o.number("auth_failure", c.AuthFailed)
	o.number("auth_ext_missing", c.ExtMissing)
	o.number("auth_ext_malformed", c.ExtMalformed)
	o.number("auth_ext_unknown_key", c.ExtUnknownKey)
	o.number("auth_ext_invalid_hmac", c.ExtInvalidHMAC)
	o.number("auth_ext_stale", c.ExtStale)
	o.number("auth_ext_replay", c.ExtReplay)
	o.number("pri_zero_rcvd", c.PriorityZeroReceived)
	o.number("pri_zero_sent", c.PriorityZeroSent)
}

func (o *object) trackProcesses(processes []TrackProcess) {
	o.key("track_process")
	o.b = append(o.b, '[')
	for i := range processes {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.trackProcess(&processes[i])
	}
	o.b = append(o.b, ']')
}

func (o *object) trackProcess(p *TrackProcess) {
	o.open()
	o.string("process", p.Process)
	if len(p.Parameters) > 0 {
		o.string("parameters", strings.Join(p.Parameters, " "))
	}
	o.string("param_match", p.ParamMatch)
	o.signed("min_processes", p.Min)
	if p.Max >= 0 {
		o.signed("max_processes", p.Max)
	}
	o.signed("current_processes", p.Current)
	o.bool("have_quorum", p.Quorum)
	o.signed("weight", p.Weight)
	o.seconds("terminate_delay", p.TerminateDelay)
	o.seconds("fork_delay", p.ForkDelay)
	o.bool("fork_delay_timer_running", p.ForkRunning)
	o.bool("terminate_delay_timer_running", p.TerminateRunning)
	o.bool("full_command", p.FullCommand)
	o.close()
}

func addressStrings(addresses []Address) []string {
	out := make([]string, len(addresses))
	for i := range addresses {
		out[i] = addresses[i].String()
	}
	return out
}

func trackNames(tracks []Track) []string {
	out := make([]string, len(tracks))
	for i := range tracks {
		out[i] = tracks[i].Name
	}
	return out
}

func trackCommands(tracks []Track) []string {
	out := make([]string, len(tracks))
	for i := range tracks {
		out[i] = quoteCommand(tracks[i].Command)
	}
	return out
}

// quoteCommand puts each word into single quotes.
func quoteCommand(args []string) string {
	return "'" + strings.Join(args, "' '") + "'"
}
