package dump

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What follows are settings of global_defs that have lines only where they are given.

func (p *page) reload(r *Reload) {
	switch {
	case !r.Check:
		p.head("No test config before reload")
	case r.CheckLog == "":
		p.head("Test config before reload")
	default:
		p.head("Test config before reload, log to %s", r.CheckLog)
	}
	if r.TimeFile != "" {
		p.head("Reload time file = %s%s", r.TimeFile, choose(r.Repeat, " (repeat)", ""))
	}
	if r.Flag != "" {
		p.head("Reload_file = %s", r.Flag)
	}
}

func (p *page) fifos(list []FIFO) {
	for i := range list {
		f := &list[i]
		p.head("%s notify fifo = %s, uid:gid %d:%d", f.Name, f.Path, f.UID, f.GID)
		if c := f.Script; c != nil {
			p.head("%s notify fifo script = %s, uid:gid %d:%d", f.Name, quoteCommand(c.Args), c.UID, c.GID)
		}
	}
}

func (p *page) receiveBuffers(g *Global) {
	switch g.ReceiveBuffers {
	case "":
	case "MTU", "ADVERT":
		p.head("rx_bufs_policy = %s", g.ReceiveBuffers)
	default:
		p.head("rx_bufs_size = %s", g.ReceiveBuffers)
	}
	p.head("rx_bufs_multiples = %d", g.BufferFactor)
}

// paces is a section of its own, with a head for each group.
func (p *page) paces(list []Pace) {
	if len(list) == 0 {
		return
	}
	p.section("Gratuitous ARP delays")
	for i := range list {
		pace := &list[i]
		p.section(fmt.Sprintf("GARP delay group %d", pace.Group))
		for _, kind := range []struct {
			name     string
			interval time.Duration
		}{{"GARP", pace.ARP}, {"GNA", pace.NA}} {
			if kind.interval > 0 {
				p.head("%s interval = %g", kind.name, kind.interval.Seconds())
			}
		}
		p.head("Interfaces")
		for _, name := range slices.SortedFunc(slices.Values(pace.Interfaces), cmp.Compare[string]) {
			p.head(" %s", name)
		}
	}
}

func onOff(v *bool) string {
	if v == nil {
		return "unset"
	}
	return choose(*v, "on", "off")
}

func spaced(numbers []int) string { return strings.Trim(fmt.Sprint(numbers), "[]") }
