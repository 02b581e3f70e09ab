package config

import (
	"time"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

var timingKeywords = []instanceKeyword{
	{Name: "garp_master_delay", Args: "SECONDS", Range: "0-4294", Unit: "seconds", Default: "5", Priority: schema.P1, Doc: "Time to the second announcement of a new Master; 0 is none.",
		Note: "vrrp_garp_master_delay changes the default.",
		Set:  wholeSeconds(schema.Between(0, 4294), func(v *draft) *time.Duration { return &v.GARP.MasterDelay })},
	{Name: "garp_master_repeat", Args: "COUNT", Range: "1-4294967295", Default: "5", Priority: schema.P1, Doc: "How often each announcement is repeated.",
		Note: "vrrp_garp_master_repeat changes the default.",
		Set:  atLeastOne(func(v *draft) *int { return &v.GARP.MasterRepeat })},
	{Name: "garp_master_refresh", Args: "SECONDS", Range: "0-4294967295", Unit: "seconds", Default: "0", Priority: schema.P1, Doc: "Period of the Master's announcements; 0 is none.",
		Note: "vrrp_garp_master_refresh changes the default.",
		Set:  wholeSeconds(schema.Between(0, 1<<32-1).Or(0), func(v *draft) *time.Duration { return &v.GARP.MasterRefresh })},
	{Name: "garp_master_refresh_repeat", Args: "COUNT", Range: "1-4294967295", Default: "1", Priority: schema.P1, Doc: "How often each periodic announcement is repeated.",
		Note: "vrrp_garp_master_refresh_repeat changes the default.",
		Set:  atLeastOne(func(v *draft) *int { return &v.GARP.MasterRefreshRepeat })},
	{Name: "garp_lower_prio_delay", Args: "SECONDS", Range: "0-4294", Unit: "seconds", Priority: schema.P2, Doc: "Time to the second announcement after an advert of lower priority.",
		Without: "garp_master_delay",
		Set:     schema.IntFunc(schema.Between(0, 4294), func(v *draft, n int64) { v.lowerPrioDelay = new(time.Duration(n) * time.Second) })},
	{Name: "garp_lower_prio_repeat", Args: "COUNT", Range: "0-2147483647", Priority: schema.P2, Doc: "How often an announcement after an advert of lower priority is repeated.",
		Without: "garp_master_repeat",
		Set:     schema.IntFunc(schema.Between(0, 1<<31-1), func(v *draft, n int64) { v.lowerPrioCount = new(int(n)) })},
	{Name: "garp_extra_if", Args: "[all] 0-86400", Unit: "seconds", Default: "0", Priority: schema.P2, Doc: "Period of announcements on other interfaces; 0 is none.",
		Note:    "For the addresses of a virtual MAC device that are on other interfaces; with all for every interface. vrrp_garp_extra_if changes the default.",
		Example: "garp_extra_if all 60",
		Set:     func(c *schema.Context, v *draft, s *syntax.Statement) { readExtra(c, s, &v.GARP, 0, false) }},
	{Name: "vmac_garp_intvl", Args: "[all] 0-86400", Unit: "seconds", Priority: schema.P2, Doc: "Old name of garp_extra_if.",
		Set: func(c *schema.Context, v *draft, s *syntax.Statement) { readExtra(c, s, &v.GARP, 0, true) }},
	{Name: "down_timer_adverts", Args: "1-100", Default: "3", Priority: schema.P2, Doc: "How many adverts of the Master may be missing.",
		Note: "vrrp_down_timer_adverts changes the default. All routers of a Virtual Router should have the same.",
		Set:  schema.Int(schema.Between(1, 100), func(v *draft) *int { return &v.downAdverts })},
	{Name: "lower_prio_no_advert", Args: "[on|off]", Default: "off", Priority: schema.P2, Doc: "A Master does not answer an advert of lower priority at once.",
		Note: "vrrp_lower_prio_no_advert changes the default. strict_mode turns it on.",
		Set:  schema.Switch(func(v *draft, on bool) { v.lowerNoAdvert = &on })},
	{Name: "higher_prio_send_advert", Args: "[on|off]", Default: "off", Priority: schema.P2, Doc: "A Master that gives way sends one more advert.",
		Note: "vrrp_higher_prio_send_advert changes the default. strict_mode turns it off.",
		Set:  schema.Switch(func(v *draft, on bool) { v.higherAdvert = &on })},
	{Name: "owner_ignore_adverts", Args: "[on|off]", New: true, Priority: schema.P3, Doc: "The owner of the addresses does not listen to others.",
		Without: "vrrp_owner_ignore_adverts, for priority 255",
		Set:     schema.Switch(func(v *draft, on bool) { v.ownerIgnore = &on })},
	{Name: "timer_expired_backup", Args: "[1-254]", New: true, Priority: schema.P3, Doc: "A Master that stood still for so long that another has taken over becomes Backup.",
		Note: "The number is the highest priority that another router has, 254 if left out. Needs nopreempt.",
		Set:  setExpiredBackup(false)},
	{Name: "thread_timer_expired", Args: "[1-254]", New: true, Priority: schema.P3, Doc: "Old name of timer_expired_backup.", Set: setExpiredBackup(true)},
}

func setExpiredBackup(old bool) schema.Setter[draft] {
	return func(c *schema.Context, v *draft, s *syntax.Statement) {
		if old {
			c.Errorf(CodeOldName, s.Words[0].Span, "thread_timer_expired is an old name")
			c.Hint("write timer_expired_backup")
		}
		v.expiredBackup = 254
		if len(s.Words) < 2 {
			return
		}
		n, ok := c.Int(s.Keyword(), s.Words[1], schema.Between(1, 254).Exactly())
		if !ok {
			n = 0
		}
		v.expiredBackup = int(n)
	}
}

// completeDelays shortens what interface_up_down_delays asks for the own interface: a Master that learns too
// late that its link is down would come back to one that has taken over.
func (v *draft) completeDelays() {
	for i := range v.d.cfg.Delays {
		delay := &v.d.cfg.Delays[i]
		if delay.Interface != v.Interface || v.Interface == "" {
			continue
		}
		limit := time.Duration(v.DownTimerAdverts-1)*v.AdvertInterval - v.AdvertInterval/256
		switch {
		case delay.Down == 0 && (delay.Up == 0 || v.DownTimerAdverts > 1):
		case v.DownTimerAdverts == 1:
			v.d.Notef(CodeDelayShortened, v.valueAt("down_timer_adverts"), "with down_timer_adverts 1 there is no time for interface_up_down_delays of %s; they are 0", delay.Interface)
			v.d.Hint("leave the delays out, or down_timer_adverts")
			delay.Down, delay.Up = 0, 0
		case delay.Down > limit:
			v.d.Notef(CodeDelayShortened, v.at("interface"), "the delay of %s, %s seconds, is longer than a Backup waits for adverts; %s are used", delay.Interface, inSeconds(delay.Down), inSeconds(limit))
			v.d.Hint("write a shorter delay in interface_up_down_delays")
			if delay.Up == delay.Down {
				delay.Up = limit
			}
			delay.Down = limit
		}
	}
}
