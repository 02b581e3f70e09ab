// Package netowner says which program manages a network interface, as far as it leaves a trace: whoever
// wonders who removes addresses wants a name.
//
// It promises to look at a handful of small files and at nothing else. "" means that nobody was found, which
// proves nothing.
package netowner

import (
	"bytes"
	"io/fs"
	"strconv"
)

// An Owner is a program that manages interfaces, and what to tell it.
type Owner struct {
	Name   string
	Advice string
}

// Of finds who manages the interface with this index and name. root is the machine's / (os.DirFS).
func Of(root fs.FS, index int, name string) Owner {
	for _, known := range []struct {
		manages func(root fs.FS, index int, name string) bool
		owner   Owner
	}{
		{networkd, Owner{"systemd-networkd", "KeepConfiguration=yes in its .network file has it keep them, and ManageForeignRoutes=no and ManageForeignRoutingPolicyRules=no in networkd.conf"}},
		{networkManager, Owner{"NetworkManager", "`nmcli device set " + name + " managed no` has it leave the interface alone"}},
		{dhcpcd, Owner{Name: "dhcpcd"}},
		{dhclient, Owner{Name: "dhclient"}},
		{ifupdown, Owner{Name: "ifupdown"}},
	} {
		if known.manages(root, index, name) {
			return known.owner
		}
	}
	return Owner{}
}

// networkd keeps a file for each interface, those that it does not manage included.
func networkd(root fs.FS, index int, _ string) bool {
	state, err := fs.ReadFile(root, "run/systemd/netif/links/"+strconv.Itoa(index))
	return err == nil && !bytes.Contains(state, []byte("ADMIN_STATE=unmanaged"))
}

func networkManager(root fs.FS, index int, _ string) bool {
	state, err := fs.ReadFile(root, "run/NetworkManager/devices/"+strconv.Itoa(index))
	return err == nil && !bytes.Contains(state, []byte("managed=false"))
}

func dhcpcd(root fs.FS, _ int, name string) bool {
	return anyOf(root, "run/dhcpcd/pid", "run/dhcpcd/"+name+".pid", "run/dhcpcd-"+name+".pid")
}

func dhclient(root fs.FS, _ int, name string) bool {
	return anyOf(root, "run/dhclient."+name+".pid", "run/dhclient-"+name+".pid", "run/dhclient/dhclient-"+name+".pid")
}

// ifupdown has a line for each interface that is up, in one file or in one of its own.
func ifupdown(root fs.FS, _ int, name string) bool {
	for _, file := range []string{"run/network/ifstate", "run/network/ifstate." + name} {
		state, _ := fs.ReadFile(root, file) // not there, most likely
		for line := range bytes.Lines(state) {
			if iface, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte("=")); string(iface) == name {
				return true
			}
		}
	}
	return false
}

func anyOf(root fs.FS, files ...string) bool {
	for _, file := range files {
		if _, err := fs.Stat(root, file); err == nil {
			return true
		}
	}
	return false
}
