package macvlan

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// The kernel drops packets by the greater of an interface's rp_filter and that of
// "all", so a device can only be exempt when "all" is 0. While there are IPv4
// devices, the other interfaces therefore have themselves what "all" had.

const reversePathFilter = "rp_filter"

// filterReversePaths moves the filter to where the present devices want it.
func (m *Manager) filterReversePaths() error {
	wanted := false
	for _, d := range m.devices {
		wanted = wanted || !d.cfg.IPv6 && d.cfg.IPVLAN == nil
	}
	switch {
	case wanted && m.filters == nil:
		return m.spreadFilter()
	case !wanted && m.filters != nil:
		return m.gatherFilter()
	}
	return nil
}

func (m *Manager) spreadFilter() error {
	all := conf("ipv4", "all", reversePathFilter)
	text, err := m.settings.read(all)
	if err != nil || text == "0" {
		return err
	}
	mode, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	links, err := os.ReadDir(filepath.Join(m.settings.root, "net/ipv4/conf"))
	if err != nil {
		return err
	}
	for _, link := range links {
		path := conf("ipv4", link.Name(), reversePathFilter)
		if _, own := m.devices[link.Name()]; own || link.Name() == "all" || m.atLeast(path, mode) {
			continue
		}
		if err := m.settings.hold(path, text); err != nil {
			return errors.Join(err, m.gatherFilter()) // better filtered twice than not at all
		}
		m.filters = append(m.filters, path)
		m.noticeFilter(link.Name(), "setting", text)
	}
	if err := m.settings.hold(all, "0"); err != nil {
		return errors.Join(err, m.gatherFilter())
	}
	m.filters = append(m.filters, all)
	m.noticeFilter("all", "setting", "0")
	return nil
}

// noticeFilter tells of a change to one of the settings that are about more than one interface.
func (m *Manager) noticeFilter(link, what, value string) {
	if m.Notice == nil || link != "all" && link != "default" {
		return
	}
	from := ""
	if h := m.settings.held[conf("ipv4", link, reversePathFilter)]; h != nil {
		from = " from " + h.before
	}
	m.Notice(fmt.Sprintf("%s sysctl net.ipv4.conf.%s.%s%s to %s", what, link, reversePathFilter, from, value))
}

// atLeast says whether an interface filters as much already. One that has gone
// meanwhile counts.
func (m *Manager) atLeast(path string, mode int) bool {
	text, err := m.settings.read(path)
	if err != nil {
		return true
	}
	own, err := strconv.Atoi(text)
	return err == nil && own >= mode
}

// gatherFilter undoes spreadFilter from its end, "all" first, so that no interface
// is without its filter meanwhile.
func (m *Manager) gatherFilter() (err error) {
	for i := len(m.filters) - 1; i >= 0; i-- {
		path := m.filters[i]
		before := m.settings.held[path].before
		err = errors.Join(err, m.settings.release(path))
		m.noticeFilter(filepath.Base(filepath.Dir(path)), "resetting", before)
	}
	m.filters = nil
	return err
}
