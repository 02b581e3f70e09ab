package dump

import (
	"fmt"
	"net/netip"
	"time"
)

// page is keepalived.data as it grows: sections of blocks, whose heads are indented by one blank, their
// lines by three and the members of a list by five.
type page struct{ b []byte }

func (p *page) section(title string) {
	p.b = fmt.Appendf(p.b, "------< %s >------\n", title)
}

func (p *page) head(format string, args ...any) { p.indent(" ", format, args) }
func (p *page) line(format string, args ...any) { p.indent("   ", format, args) }
func (p *page) item(format string, args ...any) { p.indent("     ", format, args) }

func (p *page) indent(blanks, format string, args []any) {
	p.b = append(p.b, blanks...)
	p.b = fmt.Appendf(p.b, format, args...)
	p.b = append(p.b, '\n')
}

// list is a title with its members, left out when there are none.
func (p *page) list(title string, members []string) {
	if len(members) == 0 {
		return
	}
	p.line("%s", title)
	for _, member := range members {
		p.item("%s", member)
	}
}

// tracks is a list of tracked things, `NAME weight N`; separator stands behind the name.
func (p *page) tracks(title, separator string, tracks []Track) {
	if len(tracks) == 0 {
		return
	}
	p.line("%s", title)
	for i := range tracks {
		p.item("%s", trackLine(&tracks[i], separator))
	}
}

func trackLine(t *Track, separator string) string {
	return fmt.Sprintf("%s%s %s", t.Name, separator, "weight "+weight(t.Weight, t.Reverse))
}

func weight(value int, reverse bool) string {
	if reverse {
		return fmt.Sprintf("%d reverse", value)
	}
	return fmt.Sprint(value)
}

func (p *page) notify(n *Notify) {
	for _, script := range []struct {
		name    string
		command *Command
	}{
		{"Backup", n.Backup}, {"Master", n.Master}, {"Fault", n.Fault}, {"Stop", n.Stop},
		{"Deleted", n.Deleted}, {"Generic", n.Any}, {"Master rx lower pri", n.MasterRxLowerPri},
	} {
		if c := script.command; c != nil {
			p.line("%s state transition script = %s, uid:gid %d:%d", script.name, quoteCommand(c.Args), c.UID, c.GID)
		}
	}
}

// The words for truth values that keepalived uses in different places.
func yesNo(v bool) string     { return choose(v, "yes", "no") }
func trueFalse(v bool) string { return choose(v, "true", "false") }
func enabled(v bool) string   { return choose(v, "enabled", "disabled") }

func choose(v bool, yes, no string) string {
	if v {
		return yes
	}
	return no
}

// orNone is an address, or `(none)`.
func orNone(a netip.Addr) string {
	if !a.IsValid() {
		return "(none)"
	}
	return a.String()
}

// stamp is an instant as seconds and, in brackets, as the local date with microseconds.
func stamp(t time.Time) string {
	t = t.Local()
	return fmt.Sprintf("%s (%s.%06d %d)", unixMicro(t), t.Format("Mon Jan _2 15:04:05"), t.Nanosecond()/1000, t.Year())
}

// wholeSeconds is a duration in seconds, without a fraction.
func wholeSeconds(d time.Duration) int64 { return int64(d / time.Second) }
