package route

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// answerTimeout bounds the wait for the kernel, which answers at once.
const answerTimeoutSeconds = 10

// Programmer adds and removes routes and rules in the network namespace it was
// opened in. It belongs to one goroutine at a time.
type Programmer struct {
	socket *nl.NetlinkSocket
	handle map[int]*nl.SocketHandle
	port   uint32
}

// Open opens the connection to the kernel. Adding and removing needs
// CAP_NET_ADMIN, opening does not.
func Open() (*Programmer, error) {
	socket, err := nl.Subscribe(unix.NETLINK_ROUTE) // to no group: just a socket of our own
	if err != nil {
		return nil, fmt.Errorf("open netlink socket for routes: %w", err)
	}
	port, err := socket.GetPid()
	err = errors.Join(err,
		socket.SetSendTimeout(&unix.Timeval{Sec: answerTimeoutSeconds}),
		socket.SetReceiveTimeout(&unix.Timeval{Sec: answerTimeoutSeconds}),
		socket.SetExtAck(true))
	if err != nil {
		socket.Close()
		return nil, fmt.Errorf("prepare netlink socket for routes: %w", err)
	}
	return &Programmer{
		socket: socket,
		handle: map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: {Socket: socket}},
		port:   port,
	}, nil
}

// Port identifies this Programmer in the kernel's reports of what it did.
func (p *Programmer) Port() uint32 { return p.port }

// Close ends the connection. The routes and rules stay.
func (p *Programmer) Close() { p.socket.Close() }

// AddRoute adds a route. The same route being there already counts as success,
// but with AddOnly any route to the destination with this metric is in the way
// (EEXIST). Errors wrap the kernel's error number.
func (p *Programmer) AddRoute(r Route) error {
	flags := map[Insert]int{
		Prepend: 0, Append: unix.NLM_F_APPEND, AddOnly: unix.NLM_F_EXCL, Replace: unix.NLM_F_REPLACE,
	}[r.Insert]
	e := p.request(unix.RTM_NEWROUTE, unix.NLM_F_CREATE|flags)
	err := e.route(&r)
	if err == nil {
		err = e.execute()
	}
	if err == nil || r.Insert != AddOnly && errors.Is(err, unix.EEXIST) {
		return nil
	}
	return fmt.Errorf("add route %v: %w", r, err)
}

// RemoveRoute removes exactly this route. None being there counts as success, and
// so does its interface being gone.
func (p *Programmer) RemoveRoute(r Route) error {
	e := p.request(unix.RTM_DELROUTE, 0)
	err := e.route(&r)
	if err == nil {
		err = e.execute()
	}
	if err == nil || absent(err) {
		return nil
	}
	return fmt.Errorf("remove route %v: %w", r, err)
}

// AddRule adds a rule. The same rule being there already counts as success.
func (p *Programmer) AddRule(r Rule) error {
	e := p.request(unix.RTM_NEWRULE, unix.NLM_F_CREATE|unix.NLM_F_EXCL)
	e.rule(&r)
	if err := e.execute(); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("add rule %v: %w", r, err)
	}
	return nil
}

// RemoveRule removes exactly this rule. None being there counts as success.
func (p *Programmer) RemoveRule(r Rule) error {
	e := p.request(unix.RTM_DELRULE, 0)
	e.rule(&r)
	if err := e.execute(); err != nil && !absent(err) {
		return fmt.Errorf("remove rule %v: %w", r, err)
	}
	return nil
}

func absent(err error) bool {
	return errors.Is(err, unix.ESRCH) || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENODEV) ||
		errors.Is(err, unix.EOPNOTSUPP) // a kernel without that encapsulation has no such route
}

func (p *Programmer) request(kind, flags int) encoder {
	req := nl.NewNetlinkRequest(kind, flags|unix.NLM_F_ACK)
	req.Sockets = p.handle
	return encoder{req}
}

func (e encoder) execute() error {
	_, err := e.Execute(unix.NETLINK_ROUTE, 0)
	return err
}
