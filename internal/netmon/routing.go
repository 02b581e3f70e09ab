package netmon

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Routing is a picture of the routes with protocol 18 (keepalived), and of all routing rules.
type Routing struct {
	Routes []Route
	Rules  []Rule
}

// ReadRouting takes a picture of the routes and rules there are now, in the calling thread's network namespace. A
// picture that changes while it is being taken is taken again, as that of links is.
func ReadRouting() (*Routing, error) {
	fd, err := openSocket(0, 0)
	if err != nil {
		return nil, fmt.Errorf("open netlink socket: %w", err)
	}
	defer unix.Close(fd)
	// The kernel then looks at the protocol itself: there may be a million other routes. One that is too old for it
	// sends all of them, which are left out here.
	_ = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_GET_STRICT_CHK, 1)
	buf := make([]byte, bufferBytes)
	for attempt := 1; ; attempt++ {
		r := new(Routing)
		err := r.read(fd, buf)
		if !errors.Is(err, errInterrupted) || attempt == dumpAttempts {
			if errors.Is(err, errInterrupted) {
				err = nil
			}
			return r, err
		}
	}
}

func (r *Routing) read(fd int, buf []byte) (err error) {
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		routes, rules := make([]byte, unix.SizeofRtMsg), make([]byte, sizeofFibRuleHeader)
		routes[0], routes[rtmProtocol], rules[0] = family, routeProtocol, family
		for _, part := range []struct {
			kind uint16
			body []byte
		}{{unix.RTM_GETROUTE, routes}, {unix.RTM_GETRULE, rules}} {
			partErr := request(fd, buf, part.kind, part.body, r.add)
			if errors.Is(partErr, unix.EAFNOSUPPORT) || errors.Is(partErr, unix.EOPNOTSUPP) {
				continue // a kernel without IPv6
			}
			if err == nil || errors.Is(err, errInterrupted) && partErr != nil {
				err = partErr
			}
		}
	}
	return err
}

func (r *Routing) add(m message) {
	switch m.kind {
	case unix.RTM_NEWROUTE:
		if route, ok := parseRoute(m.body); ok && route.Protocol == routeProtocol {
			r.Routes = append(r.Routes, route)
		}
	case unix.RTM_NEWRULE:
		if rule, ok := parseRule(m.body); ok {
			r.Rules = append(r.Rules, rule)
		}
	}
}
