package macvlan

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// settings writes files below /proc/sys and remembers what was there, for as long
// as anybody holds them.
type settings struct {
	root string
	held map[string]*held // by path below root
}

type held struct {
	holders int
	before  string
	wrote   string
}

// hold sets a value and keeps it until as many releases. All holders of a setting
// want the same value.
func (s *settings) hold(path, value string) error {
	before, err := s.read(path)
	if err != nil {
		return err
	}
	if h, ok := s.held[path]; ok {
		h.holders++
		if before == value {
			return nil
		}
		h.before = before // the interface has been made again, or somebody has changed it
		return s.write(path, value)
	}
	if before != value {
		if err := s.write(path, value); err != nil {
			return err
		}
	}
	s.held[path] = &held{holders: 1, before: before, wrote: value}
	return nil
}

// release gives up one hold. The last one puts back what was there before, unless
// somebody has changed it since or its interface is gone.
func (s *settings) release(path string) error {
	h, ok := s.held[path]
	if !ok {
		return nil
	}
	if h.holders--; h.holders > 0 {
		return nil
	}
	delete(s.held, path)
	if now, err := s.read(path); errors.Is(err, fs.ErrNotExist) || err == nil && now != h.wrote || h.before == h.wrote {
		return nil
	}
	return s.write(path, h.before)
}

func (s *settings) read(path string) (string, error) {
	text, err := os.ReadFile(filepath.Join(s.root, path))
	return strings.TrimSpace(string(text)), err
}

func (s *settings) write(path, value string) error {
	file, err := os.OpenFile(filepath.Join(s.root, path), os.O_WRONLY, 0) // never creates
	if err != nil {
		return err
	}
	_, err = file.WriteString(value)
	return errors.Join(err, file.Close())
}

func conf(family, link, name string) string {
	return filepath.Join("net", family, "conf", link, name)
}

// setting is one file and the value a device wants in it.
type setting struct{ path, value string }

// ofDevice are the settings of the device itself, which end with it.
func (cfg Config) ofDevice() []setting {
	if cfg.IPVLAN != nil {
		return cfg.withoutIPv6()
	}
	// The device answers for its own addresses alone.
	list := []setting{{conf("ipv4", cfg.Name, "arp_ignore"), "1"}}
	if !cfg.IPv6 {
		list = append(list,
			// Packets from another router with the same addresses are welcome, and so
			// are those whose way back leads over the parent.
			setting{conf("ipv4", cfg.Name, "accept_local"), "1"},
			setting{conf("ipv4", cfg.Name, "rp_filter"), "0"},
			setting{conf("ipv4", cfg.Name, "promote_secondaries"), "1"})
	}
	return append(list, cfg.withoutIPv6()...)
}

// withoutIPv6 keeps a device from having addresses of a family that it has no use for.
func (cfg Config) withoutIPv6() []setting {
	if cfg.hasIPv6() {
		return nil
	}
	return []setting{{conf("ipv6", cfg.Name, "disable_ipv6"), "1"}}
}

// ofParent are the paths of the settings that an IPv4 device wants to be 1 on its
// parent: without them that would answer ARP for the device's addresses with its
// own MAC.
func (cfg Config) ofParent() []string {
	if cfg.IPv6 || cfg.IPVLAN != nil {
		return nil
	}
	return []string{conf("ipv4", cfg.Parent, "arp_ignore"), conf("ipv4", cfg.Parent, "arp_filter")}
}

// apply makes a device's settings. What cannot be set is reported and the rest set.
// What an earlier configuration of the device held is given up only afterwards, so
// that nothing goes back and forth.
func (m *Manager) apply(cfg Config) (err error) {
	d := device{cfg: cfg}
	for _, path := range cfg.ofParent() {
		if holdErr := m.settings.hold(path, "1"); holdErr != nil {
			err = errors.Join(err, holdErr)
			continue
		}
		d.held = append(d.held, path)
	}
	for _, path := range m.devices[cfg.Name].held {
		err = errors.Join(err, m.settings.release(path))
	}
	m.devices[cfg.Name] = d
	err = errors.Join(err, m.filterReversePaths())
	for _, s := range cfg.ofDevice() {
		writeErr := m.settings.write(s.path, s.value)
		if errors.Is(writeErr, fs.ErrNotExist) && strings.HasPrefix(s.path, "net/ipv6/") {
			continue // a kernel without IPv6
		}
		err = errors.Join(err, writeErr)
	}
	return err
}

// forget gives up what a device holds.
func (m *Manager) forget(name string) (err error) {
	d, ok := m.devices[name]
	if !ok {
		return nil
	}
	delete(m.devices, name)
	for _, path := range d.held {
		err = errors.Join(err, m.settings.release(path))
	}
	return errors.Join(err, m.filterReversePaths())
}

const localReports = "net/ipv4/igmp_link_local_mcast_reports"

// SilenceLocalReports keeps the kernel from reporting membership of the groups of
// 224.0.0.0/24, which switches forward everywhere in any case (RFC 4541, 2.1.2), until
// ReleaseLocalReports.
func (m *Manager) SilenceLocalReports() error { return m.settings.hold(localReports, "0") }

// ReleaseLocalReports gives up SilenceLocalReports.
func (m *Manager) ReleaseLocalReports() error { return m.settings.release(localReports) }

// KeepSecondaries makes a subnet's other addresses on the interface survive the
// removal of its first (the setting promote_secondaries), until as many calls of
// ReleaseSecondaries. After an error there is nothing to release.
func (m *Manager) KeepSecondaries(link string) error {
	return m.settings.hold(conf("ipv4", link, "promote_secondaries"), "1")
}

// ReleaseSecondaries gives up one KeepSecondaries.
func (m *Manager) ReleaseSecondaries(link string) error {
	return m.settings.release(conf("ipv4", link, "promote_secondaries"))
}
