package linkbeat

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// asker is a socket to ask through.
type asker struct{ fd int }

func open() (asker, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return asker{}, fmt.Errorf("open socket to poll links: %w", err)
	}
	return asker{fd}, nil
}

func (a asker) close() { unix.Close(a.fd) }

// knows tells whether an interface can be asked so.
func (a asker) knows(name string, method Method) bool {
	var err error
	switch method {
	case MII:
		_, err = a.mii(name)
	case Ethtool:
		_, err = a.ethtool(name)
	case IOCTL:
		_, err = a.flags(name)
	default:
		return false
	}
	return err == nil
}

// up tells whether an interface is set up and has a link. One that cannot be asked has none.
func (a asker) up(one Interface) bool {
	up, err := a.flags(one.Name)
	if err != nil || one.Method == IOCTL || up&unix.IFF_UP == 0 {
		return err == nil && up&(unix.IFF_UP|unix.IFF_RUNNING) == unix.IFF_UP|unix.IFF_RUNNING
	}
	link := false
	if one.Method == MII {
		link, err = a.mii(one.Name)
	} else {
		link, err = a.ethtool(one.Name)
	}
	return err == nil && link
}

func (a asker) flags(name string) (uint16, error) {
	request, err := unix.NewIfreq(name)
	if err == nil {
		err = unix.IoctlIfreq(a.fd, unix.SIOCGIFFLAGS, request)
	}
	if err != nil {
		return 0, err
	}
	return request.Uint16(), nil
}

// ifreqData is struct ifreq with the part of its union that these calls use.
type ifreqData[T any] struct {
	name [unix.IFNAMSIZ]byte
	data T
	_    [24]byte // the kernel copies a whole ifreq
}

func call[T any](fd int, command uintptr, name string, data T) (T, error) {
	request := ifreqData[T]{data: data}
	if len(name) >= unix.IFNAMSIZ {
		return data, unix.EINVAL
	}
	copy(request.name[:], name)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), command, uintptr(unsafe.Pointer(&request))); errno != 0 {
		return data, errno
	}
	return request.data, nil
}

// ethtool asks the driver (ETHTOOL_GLINK).
func (a asker) ethtool(name string) (bool, error) {
	value := struct{ command, data uint32 }{command: unix.ETHTOOL_GLINK}
	_, err := call(a.fd, unix.SIOCETHTOOL, name, unsafe.Pointer(&value))
	return value.data != 0, err
}

// miiData is struct mii_ioctl_data of linux/mii.h.
type miiData struct{ phy, register, in, out uint16 }

// The register that has the state of the link, and its bit there (IEEE 802.3, 22.2.4.2).
const (
	statusRegister = 1
	linkStatus     = 0x0004
)

// mii reads the transceiver's status. A link that was lost since the last reading shows as lost once, so it is read
// twice.
func (a asker) mii(name string) (bool, error) {
	data, err := call(a.fd, unix.SIOCGMIIPHY, name, miiData{})
	for range 2 {
		if err != nil {
			return false, err
		}
		request := miiData{phy: data.phy, register: statusRegister, in: 0} // nothing goes in when it is read
		data, err = call(a.fd, unix.SIOCGMIIREG, name, request)
	}
	return data.out&linkStatus != 0, err
}
