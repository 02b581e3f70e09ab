// Package linkbeat asks network interfaces whether they have a link, again and again: for drivers that do not tell the
// kernel when a cable is pulled.
//
// It promises to report each interface's state once when it is first known and then each change, from one goroutine,
// and to find out by itself in which way an interface can be asked. Whoever has no interface of that name has no link.
//
// What a state means is left to the caller.
package linkbeat

import (
	"context"
	"time"
)

// Interval is how often interfaces are asked.
const Interval = time.Second

// Method is how an interface is asked.
type Method string

// The methods, in the order in which they are tried.
const (
	MII     Method = "MII"     // a register of its transceiver (SIOCGMIIREG)
	Ethtool Method = "ETHTOOL" // its driver (ETHTOOL_GLINK)
	IOCTL   Method = "IOCTL"   // its flags (SIOCGIFFLAGS), as the kernel has them
)

// Interface is an interface to be asked. Method is the wanted one; where the interface does not have it, or none is
// wanted, it is the first of the list that it has.
type Interface struct {
	Name   string
	Method Method
}

// Choose finds for each interface the method that it can be asked by.
func Choose(interfaces []Interface) []Interface {
	asker, err := open()
	chosen := make([]Interface, len(interfaces))
	for i, one := range interfaces {
		chosen[i] = Interface{one.Name, IOCTL}
		if err != nil {
			continue
		}
		for _, method := range []Method{one.Method, MII, Ethtool} {
			if asker.knows(one.Name, method) {
				chosen[i].Method = method
				break
			}
		}
	}
	if err == nil {
		asker.close()
	}
	return chosen
}

// Run reports the states of the interfaces, as Choose has given them, until ctx ends. It has to run in a thread of their
// network namespace.
func Run(ctx context.Context, interfaces []Interface, interval time.Duration, report func(name string, up bool)) error {
	asker, err := open()
	if err != nil {
		return err
	}
	defer asker.close()
	known := make(map[string]bool, len(interfaces))
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		for _, one := range interfaces {
			up := asker.up(one)
			if before, told := known[one.Name]; !told || before != up {
				known[one.Name] = up
				report(one.Name, up)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
