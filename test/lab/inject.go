package lab

import (
	"context"
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// Injector sends frames from a host, as they are.
type Injector struct {
	fd   int
	name string
	to   unix.SockaddrLinklayer
}

// NewInjector opens a packet socket on one of the host's links.
func (h *Host) NewInjector(link string) (*Injector, error) {
	in := &Injector{fd: -1, name: link + " of " + h.Name}
	err := h.Do(func() error {
		ifi, err := net.InterfaceByName(link)
		if err != nil {
			return err
		}
		in.to = unix.SockaddrLinklayer{Ifindex: ifi.Index}
		// Protocol 0: it sends and never receives.
		in.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open injector on %s: %w", in.name, err)
	}
	return in, nil
}

// Send sends one frame.
func (in *Injector) Send(frame []byte) error {
	if err := unix.Sendto(in.fd, frame, 0, &in.to); err != nil {
		return fmt.Errorf("inject a frame on %s: %w", in.name, err)
	}
	return nil
}

// Flood sends the frames in turn, that many a second, until ctx ends, and returns how many it sent.
func (in *Injector) Flood(ctx context.Context, rate int, frames ...[]byte) (int, error) {
	tick := max(time.Millisecond, time.Second/time.Duration(rate))
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	start, sent := time.Now(), 0
	for {
		select {
		case <-ctx.Done():
			return sent, nil
		case now := <-ticker.C:
			// By the clock, not by the tick: ticks that were missed are made up for.
			for due := int(now.Sub(start).Seconds() * float64(rate)); sent < due; sent++ {
				if err := in.Send(frames[sent%len(frames)]); err != nil {
					return sent, err
				}
			}
		}
	}
}

// Close ends the injector.
func (in *Injector) Close() { unix.Close(in.fd) }
