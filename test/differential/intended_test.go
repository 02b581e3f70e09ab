package differential

import (
	"regexp"
	"strings"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/schema"
)

// An intention is a difference that is meant, for generated files. It is recognized by what all of its
// expressions find.
type intention struct {
	reason string         // the first cell of a row of docs/DIFFERENCES.md, or, of the specification, what begins with "2.4: "
	theirs *regexp.Regexp // in what keepalived says
	ours   *regexp.Regexp // in what govrrpd says
	text   *regexp.Regexp // in a file
}

var intended = []intention{
	{reason: "2.4: keywords that 2.2.7 does not know", theirs: unknownKeyword(func(r schema.Row) bool { return r.New })},
	{reason: "a keyword of govrrpd's own is an unknown keyword", theirs: unknownKeyword(func(r schema.Row) bool { return r.Own })},
	{reason: "2.4: keywords that Debian's build does not have", theirs: regexp.MustCompile(`iptables not supported|Unknown keyword '(vrrp_ipsets|dbus_no_interface_name)'`)},
	{reason: "2.4: a tracked route needs no interface", theirs: regexp.MustCompile(`cannot track (route|rule)`)},
	{reason: "2.4: strict mode does not allow unicast on a multicast interface", ours: regexp.MustCompile(`GV0411`)},
	{reason: "2.4: unicast may do without an interface", theirs: regexp.MustCompile(`Unknown interface!`), text: regexp.MustCompile(`unicast_|old_unicast`)},
	{reason: "2.4: duplicate addresses and peers are found", ours: regexp.MustCompile(`GV0228`)},
	{reason: "2.4: words behind notification_email_from, and vrrp_strict neither on nor off, are errors", ours: regexp.MustCompile(`GV0209|GV0104`)},
	{reason: "2.4: the interval of a script may be a fraction", theirs: regexp.MustCompile(`vrrp script (interval|timeout) '[^']*' (must be between 1|invalid)`)},
	{reason: "2.4: a notify keyword without its script is only logged", theirs: regexp.MustCompile("keyword `notify")},
	{reason: "2.4: vmac_xmit_base goes with use_ipvlan", theirs: regexp.MustCompile(`vmac_xmit_base is only valid`), text: regexp.MustCompile(`use_ipvlan`)},
	{reason: "2.4: instances with a virtual MAC conflict as those on the interface below", ours: regexp.MustCompile(`GV0402`), text: regexp.MustCompile(`use_vmac|use_ipvlan`)},
	{reason: "2.4: an insecure script is an error", ours: regexp.MustCompile(`GV0307`)},
	{reason: "2.4: a script that its user may not run is disabled", ours: regexp.MustCompile(`GV0302`)},
	{reason: "2.4: vrrp_strict off is off", text: regexp.MustCompile(`vrrp_strict[ \t]+"?(off|no|false)`)},
	{reason: "`smtp_server` is resolved while the file is read; a name that does not resolve is an error, and no mail is ever sent", theirs: regexp.MustCompile(`Invalid smtp server`)},
	{reason: "`include` behind `@id` or from a definition: read twice", text: regexp.MustCompile(`(?m)^\s*@\S+\s+include|[{}]\s*include|include \$|^\s*include.*\\$`)},
	{reason: "`inet` and `inet6` in routes and rules swallow the next word", text: regexp.MustCompile(`\binet6?\b`)},
	{reason: "two unicast instances of one VRID and interface, with a common peer and without a source address, conflict when the interface has an address", theirs: regexp.MustCompile(`duplicate VRID conflict`)},
	{reason: "two unicast instances of one VRID and interface, with a common peer and without a source address, conflict when the interface has an address", ours: regexp.MustCompile(`for a common peer`)},
	{reason: "a missing `}`: the blocks behind it are read as part of the one that is open", ours: regexp.MustCompile(`GV0011`),
		theirs: regexp.MustCompile(`Unknown keyword '` + topNames + `'|parsed invalid IP `)},
	{reason: "an unknown keyword with a block: the block's lines are read as keywords of the block around it, whose rest is lost", theirs: regexp.MustCompile(`Unexpected '\{' - ignoring|Group list already specified`)},
}

// topNames are the keywords that open a block outside of any other.
const topNames = `(global_defs|vrrp_instance|vrrp_sync_group|vrrp_script|track_file|vrrp_track_process|virtual_server|static_\w+|garp_group)`

func unknownKeyword(which func(schema.Row) bool) *regexp.Regexp {
	var names []string
	var collect func([]schema.Row)
	collect = func(rows []schema.Row) {
		for _, r := range rows {
			if which(r) {
				names = append(names, r.Name)
			}
			collect(r.Children)
		}
	}
	collect(config.Keywords())
	return regexp.MustCompile(`Unknown keyword '(` + strings.Join(names, "|") + `)'`)
}

// intendedReason is why the verdicts on the sample differ, or "".
func intendedReason(s sample, v *verdicts) string {
	for _, i := range intended {
		if finds(i.theirs, v.theirs.said) && finds(i.ours, v.ours.said) && (i.text == nil || anyFinds(i.text, s)) {
			return i.reason
		}
	}
	return ""
}

func finds(pattern *regexp.Regexp, said []byte) bool { return pattern == nil || pattern.Match(said) }

func anyFinds(pattern *regexp.Regexp, s sample) bool {
	for _, text := range s {
		if pattern.MatchString(text) {
			return true
		}
	}
	return false
}

// refusal is what keepalived says when it would not run with a configuration.
var refusal = regexp.MustCompile(
	`Non-existent interface specified in configuration|virtual router id must be set|Unknown interface!|` +
		`both use VRID|duplicate VRID conflict|unknown interface .* specified for (linkbeat|up/down)|at least one is required`)

// insecure is the other reason for exit code 6 than a file that is missing.
var insecure = regexp.MustCompile(`SECURITY VIOLATION|insecure`)

func (v verdict) refused() bool {
	return v.code == 6 && !insecure.Match(v.said) || v.code == 2 || v.code == 4 || refusal.Match(v.said)
}
