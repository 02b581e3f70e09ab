package lint

import (
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/syntax"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// What was measured of a process of usual priority beside four busy ones on two processors: keepalived's adverts
// were up to 51 ms late. A busy hypervisor makes it worse; a real-time priority makes it 0.1.
const (
	fast          = 100 * time.Millisecond
	measuredDelay = 51 * time.Millisecond
)

// checkPace finds adverts that a busy machine makes late.
func (l *linter) checkPace(vi *config.Instance) {
	down := vrrp.MasterDownInterval(vi.Version, vi.Priority, vi.AdvertInterval, vi.DownTimerAdverts)
	slack := down - vi.AdvertInterval
	g := &l.cfg.Global
	if vi.AdvertInterval < fast && g.RealtimePriority == 0 && g.Priority >= 0 {
		say := l.note
		if slack < 2*measuredDelay {
			say = l.warn
		}
		say(CodeFastAdverts, l.at(vi, "advert_int"), "write vrrp_rt_priority 50 in global_defs",
			"(%s) an advert each %v from a process of usual priority: a Backup of this priority takes over when one is %v late, and beside four busy programs %v were measured",
			vi.Name, vi.AdvertInterval, slack.Round(time.Millisecond), measuredDelay)
	}
	if down > slow {
		l.note(CodeSlowTakeover, l.at(vi, "advert_int", "down_timer_adverts"), "advert_int is in seconds; 1 is usual", "(%s) a dead Master is replaced after %v: %d adverts, one in %v, are waited for", vi.Name, down.Round(time.Second), vi.DownTimerAdverts, vi.AdvertInterval)
	}
	if vi.DownTimerAdverts == 1 {
		l.warn(CodeOneLostAdvert, l.at(vi, "down_timer_adverts"), "write 2 or more; 3 is the RFCs' value", "(%s) with down_timer_adverts 1 one lost advert is enough for a takeover", vi.Name)
	}
}

// manyAdverts is what takes up to a processor: an advert costs 2 to 10 microseconds.
const manyAdverts = 100_000

// checkLoad adds up the adverts that this router sends when it is Master of everything.
func (l *linter) checkLoad() {
	var most *config.Instance
	total, fastest := 0.0, 0.0
	for _, vi := range l.cfg.Instances {
		if vi.AdvertInterval <= 0 {
			continue
		}
		rate := float64(max(len(vi.Peers), 1)) / vi.AdvertInterval.Seconds()
		if total += rate; rate > fastest {
			most, fastest = vi, rate
		}
	}
	if total > manyAdverts {
		l.warn(CodeManyAdverts, l.at(most, "advert_int"), "use a longer advert_int",
			"%d instances send %.0f adverts a second when they are Master: that keeps a processor busy", len(l.cfg.Instances), total)
	}
}

// checkMail finds mails that have nowhere to go.
func (l *linter) checkMail(vi *config.Instance) {
	if !vi.SMTPAlert {
		return
	}
	lacking := ""
	switch g := &l.cfg.Global; {
	case g.SMTPServer == "" && len(g.NotificationEmails) == 0:
		lacking = "smtp_server and no notification_email"
	case g.SMTPServer == "":
		lacking = "smtp_server"
	case len(g.NotificationEmails) == 0:
		lacking = "notification_email"
	}
	if lacking == "" {
		return
	}
	l.warn(CodeNoMailTarget, l.alertAt(vi), "write smtp_server HOST and notification_email { ADDRESS } there", "smtp_alert sends nothing: global_defs has no %s", lacking)
}

// alertAt is where mails were asked for: in the instance, or for all of them.
func (l *linter) alertAt(vi *config.Instance) syntax.Span {
	if s := l.statement(vi, "smtp_alert"); s != nil {
		return s.Words[0].Span
	}
	for _, s := range l.tree.Root.Statements {
		if s.Keyword() != "global_defs" || s.Block == nil {
			continue
		}
		for _, inner := range s.Block.Statements {
			if inner.Keyword() == "smtp_alert" || inner.Keyword() == "smtp_alert_vrrp" {
				return inner.Words[0].Span
			}
		}
	}
	return vi.Span
}
