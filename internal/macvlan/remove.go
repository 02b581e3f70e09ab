package macvlan

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Remove deletes the device and gives back the settings that only it needed. A
// device that is gone already, or has become something else, is left as it is.
func (m *Manager) Remove(name string) error { return m.RemoveAll([]string{name})[0] }

// RemoveAll is Remove for many, which go together: with each deletion the kernel waits for
// all processors. The errors are those of the names at the same places.
func (m *Manager) RemoveAll(names []string) []error {
	problems := make([]error, len(names))
	links := make([]netlink.Link, len(names)) // nil: nothing to delete
	for i, name := range names {
		problems[i] = m.forget(name)
		link, err := m.handle.LinkByName(name)
		switch {
		case errors.Is(linkError(err), unix.ENODEV):
		case err != nil:
			problems[i] = errors.Join(problems[i], err)
		case ours(link):
			links[i] = link
		}
	}
	if !m.deleteTogether(links) {
		for i, link := range links {
			if link != nil {
				problems[i] = errors.Join(problems[i], m.handle.LinkDel(link))
			}
		}
	}
	for i, name := range names {
		if problems[i] != nil {
			problems[i] = fmt.Errorf("remove virtual MAC interface %s: %w", name, problems[i])
		}
	}
	return problems
}

// deleteTogether deletes links in one request: as those of an interface group that nobody else is in. It tells
// whether that went well; where it did not, they are still there.
func (m *Manager) deleteTogether(links []netlink.Link) bool {
	links = slices.DeleteFunc(slices.Clone(links), func(link netlink.Link) bool { return link == nil })
	if len(links) < 2 {
		return false
	}
	group, err := m.unusedGroup()
	if err != nil {
		return false
	}
	for _, link := range links {
		if m.handle.LinkSetGroup(link, int(group)) != nil {
			return false
		}
	}
	request := nl.NewNetlinkRequest(unix.RTM_DELLINK, unix.NLM_F_ACK)
	request.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	request.AddData(nl.NewRtAttr(unix.IFLA_GROUP, nl.Uint32Attr(group)))
	_, err = request.Execute(unix.NETLINK_ROUTE, 0)
	return err == nil
}

// unusedGroup is an interface group without any interface.
func (m *Manager) unusedGroup() (uint32, error) {
	links, err := m.handle.LinkList()
	if err != nil {
		return 0, err
	}
	used := make(map[uint32]bool, len(links))
	for _, link := range links {
		used[link.Attrs().Group] = true
	}
	const first = 1 << 30 // far from the numbers that people choose
	group := first + uint32(os.Getpid())
	for used[group] {
		group++
	}
	return group, nil
}
