package host

import (
	"net"
	"os"
)

// Running reports whether an interface is up and has a carrier now.
func (*Host) Running(name string) bool {
	link, err := net.InterfaceByName(name)
	return err == nil && link.Flags&net.FlagUp != 0 && link.Flags&net.FlagRunning != 0
}

// FileExists reports whether there is something of that name.
func (*Host) FileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
