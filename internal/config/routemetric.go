package config

import (
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// routeMetricOptions are the RTAX_* values of a route, and what only one family has. lock keeps the kernel
// from changing the value by itself.
var routeMetricOptions = []routeOption{
	{Name: "mtu", Args: "[lock] 0-4294967295", Unit: "bytes", Priority: schema.P2, Doc: "Largest packet that goes along the route; with lock, packets may be fragmented.", Read: lockable(1<<32 - 1)},
	{Name: "advmss", Args: "[lock] 0-4294967295", Unit: "bytes", Priority: schema.P2, Doc: "Largest TCP segment that is asked for.", Read: lockable(1<<32 - 1)},
	{Name: "reordering", Args: "[lock] 0-4294967295", Unit: "segments", Priority: schema.P2, Doc: "How far TCP segments may arrive out of order.", Read: lockable(1<<32 - 1)},
	{Name: "cwnd", Args: "[lock] 0-4294967295", Unit: "segments", Priority: schema.P2, Doc: "Limit of the congestion window of TCP; counts only with lock.", Read: lockable(1<<32 - 1)},
	{Name: "ssthresh", Args: "[lock] 0-4294967295", Unit: "segments", Priority: schema.P2, Doc: "Slow start threshold of TCP.", Read: lockable(1<<32 - 1)},
	{Name: "rtt", Args: "[lock] TIME[s|ms]", Priority: schema.P3, Doc: "First guess of the round trip time of TCP.", Note: "Between 0.2 and 120 seconds. Without a unit, eighths of a millisecond.", Read: timeMetric(8)},
	{Name: "rttvar", Args: "[lock] TIME[s|ms]", Priority: schema.P3, Doc: "First guess of how much the round trip time varies.", Note: "Between 0.2 and 120 seconds. Without a unit, quarters of a millisecond.", Read: timeMetric(4)},
	{Name: "rto_min", Args: "[lock] TIME[s|ms]", Priority: schema.P3, Doc: "Shortest time to a retransmission of TCP.", Note: "Between 0.2 and 120 seconds. Without a unit, milliseconds.", Read: timeMetric(1)},
	{Name: "window", Args: "0-4294967295", Unit: "bytes", Priority: schema.P3, Doc: "Largest receive window that TCP offers.", Read: plainMetric(1<<32 - 1)},
	{Name: "initcwnd", Args: "0-4294967295", Unit: "segments", Priority: schema.P3, Doc: "First congestion window of TCP.", Read: plainMetric(1<<32 - 1)},
	{Name: "initrwnd", Args: "0-4294967295", Unit: "segments", Priority: schema.P3, Doc: "First receive window of TCP.", Read: plainMetric(1<<32 - 1)},
	{Name: "hoplimit", Args: "0-255", Priority: schema.P3, Doc: "Hop limit or TTL of packets.", Read: plainMetric(255)},
	{Name: "quickack", Args: "0|1", Priority: schema.P3, Doc: "Acknowledges TCP segments at once.", Read: plainMetric(1)},
	{Name: "fastopen_no_cookie", Args: "0|1", Priority: schema.P3, Doc: "TCP fast open works without a cookie.", Read: plainMetric(1)},
	{Name: "features", Args: "ecn", Priority: schema.P3, Doc: "Uses explicit congestion notification.", Read: (*routeLine).readFeatures},
	{Name: "congctl", Args: "[lock] NAME", Priority: schema.P3, Doc: "Congestion control of TCP.", Read: (*routeLine).readCongestion},
	{Name: "pref", Args: "low|medium|high|0-255", Priority: schema.P3, Doc: "Preference of a router (RFC 4191); IPv6 only.", Read: (*routeLine).readPref},
	{Name: "expires", Args: "0-4294967295", Unit: "seconds", Priority: schema.P3, Doc: "The route goes after so long; IPv6 only.", Read: (*routeLine).readExpires},
	{Name: "ttl-propagate", Args: "enabled|disabled", Priority: schema.P3, Doc: "Carries the TTL over from and to MPLS.", Read: (*routeLine).readPropagate},
}

// lock takes an optional `lock`.
func (r *routeLine) lock() bool {
	word, ok := r.peek()
	if ok && word.Text == "lock" {
		r.next++
		return true
	}
	return false
}

// setMetric adds a metric, or replaces it.
func (r *routeLine) setMetric(m Metric) {
	r.Metrics = slices.DeleteFunc(r.Metrics, func(other Metric) bool { return other.Name == m.Name })
	r.Metrics = append(r.Metrics, m)
}

func lockable(high int64) func(*routeLine, syntax.Word) {
	return func(r *routeLine, at syntax.Word) {
		lock := r.lock()
		if n, ok := r.number(at.Text, high); ok {
			r.setMetric(Metric{Name: at.Text, Value: n, Lock: lock})
		}
	}
}

func plainMetric(high int64) func(*routeLine, syntax.Word) {
	return func(r *routeLine, at syntax.Word) {
		if n, ok := r.number(at.Text, high); ok {
			r.setMetric(Metric{Name: at.Text, Value: n})
		}
	}
}

// Limits of the times of a route, in milliseconds: TCP works with nothing outside of them.
const (
	minRouteTime = 200
	maxRouteTime = 120_000
)

// timeMetric reads a time. Without a unit it is in the kernel's own, of which perMilli are a millisecond.
func timeMetric(perMilli int64) func(*routeLine, syntax.Word) {
	return func(r *routeLine, at syntax.Word) {
		lock := r.lock()
		word, ok := r.value()
		if !ok {
			return
		}
		raw, ok := routeTime(word.Text, perMilli)
		if !ok {
			r.drop(CodeBadLineValue, word, "%s %s is no time", at.Text, schema.Quote(word.Text))
			r.d.Hint("write a number, with s or ms behind it")
			return
		}
		if limited := min(max(raw, minRouteTime*perMilli), maxRouteTime*perMilli); limited != raw {
			r.d.Errorf(CodeBadLineValue, word.Span, "%s %s is outside 0.2 to 120 seconds; %dms is used", at.Text, schema.Quote(word.Text), limited/perMilli)
			raw = limited
		}
		r.setMetric(Metric{Name: at.Text, Value: uint32(raw), Lock: lock})
	}
}

func routeTime(text string, perMilli int64) (raw int64, ok bool) {
	for _, unit := range []struct {
		suffix string
		millis int64
	}{{"msecs", 1}, {"msec", 1}, {"ms", 1}, {"secs", 1000}, {"sec", 1000}, {"s", 1000}} {
		digits, found := strings.CutSuffix(text, unit.suffix)
		if !found {
			continue
		}
		n, fault := schema.ParseDecimal(digits, 6)
		return n * unit.millis * perMilli / 1_000_000, fault == schema.Good && digits != "" && n < 1<<40
	}
	n, fault := schema.ParseDecimal(text, 0)
	return n, (fault == schema.Good || fault == schema.Surplus) && text != "" && n < 1<<32
}

func (r *routeLine) readFeatures(syntax.Word) {
	word, ok := r.value()
	if !ok {
		return
	}
	if word.Text != "ecn" {
		r.d.Errorf(CodeLineIgnored, word.Span, "feature %s not supported; it is ignored", schema.Quote(word.Text))
		return
	}
	r.setMetric(Metric{Name: "features", Value: 1, Text: "ecn"})
}

func (r *routeLine) readCongestion(syntax.Word) {
	lock := r.lock()
	if word, ok := r.value(); ok {
		r.setMetric(Metric{Name: "congctl", Lock: lock, Text: word.Text})
	}
}

// routePreferences are the numbers of RFC 4191, 2.1.
var routePreferences = map[string]uint8{"low": 3, "medium": 0, "high": 1}

func (r *routeLine) readPref(at syntax.Word) {
	if r.familyKnown && !r.ipv6 {
		r.drop(CodeLineMismatch, at, "pref is for IPv6 only")
		r.d.Hint("to prefer one route to another, write metric NUMBER")
		return
	}
	word, ok := r.value()
	if !ok || !r.takeFamily(word, true) {
		return
	}
	pref, known := routePreferences[word.Text]
	if !known {
		n, fault := schema.ParseInt(word.Text, 0, 255)
		if fault != schema.Good {
			r.drop(CodeBadLineValue, word, "pref %s is none of low, medium and high, nor a number from 0 to 255", schema.Quote(word.Text))
			return
		}
		pref = uint8(n)
	}
	r.Pref = &pref
}

func (r *routeLine) readExpires(at syntax.Word) {
	if r.familyKnown && !r.ipv6 {
		r.drop(CodeLineMismatch, at, "expires is for IPv6 only")
		return
	}
	if n, ok := r.number("expires", 1<<32-1); ok {
		r.Expires = &n
	}
}

func (r *routeLine) readPropagate(syntax.Word) {
	word, ok := r.value()
	if !ok {
		return
	}
	states := map[string]uint8{"disabled": 0, "enabled": 1}
	state, known := states[word.Text]
	if !known {
		r.d.Errorf(CodeLineIgnored, word.Span, "ttl-propagate is enabled or disabled, not %s; it is ignored", schema.Quote(word.Text))
		return
	}
	r.TTLPropagate = &state
}
