package pidfile

import (
	"cmp"
	"path/filepath"
)

// directory is where the files of several daemons on one host are.
const directory = "/run/keepalived"

// Settings is what the names of the pid files depend on.
type Settings struct {
	PID, VRRPPID, BFDPID string // of the command line; "" means the default
	Namespace            string // net_namespace, -s
	Instance             string // instance
	UsePIDDir            bool   // use_pid_dir
}

// Names returns the paths of the parent's and the VRRP process's pid file. Several daemons on one host
// (told apart by namespace or instance) have their files in /run/keepalived.
func (s Settings) Names() (parent, vrrp string) {
	parent, vrrp = s.PID, s.VRRPPID
	if parent == "" {
		parent = s.path("keepalived")
	}
	if vrrp == "" {
		vrrp = s.path("keepalived_vrrp")
	}
	return parent, vrrp
}

// BFDName returns the path of the BFD process's pid file.
func (s Settings) BFDName() string { return cmp.Or(s.BFDPID, s.path("keepalived_bfd")) }

func (s Settings) path(name string) string {
	dir := "/run"
	if s.Namespace != "" || s.Instance != "" || s.UsePIDDir {
		dir = filepath.Join(directory, s.Namespace)
	}
	if s.Instance != "" {
		name += "_" + s.Instance
	}
	return filepath.Join(dir, name+".pid")
}
