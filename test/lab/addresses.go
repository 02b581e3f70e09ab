package lab

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// Watch follows the addresses of a host as the kernel reports them.
type Watch struct {
	done chan struct{}

	mu      sync.Mutex
	present map[netip.Prefix]bool
	losses  map[netip.Prefix]int
	changed chan struct{}
}

// WatchAddresses starts to follow the host's addresses, those that it has included.
func (h *Host) WatchAddresses() (*Watch, error) {
	w := &Watch{
		done:    make(chan struct{}),
		present: map[netip.Prefix]bool{},
		losses:  map[netip.Prefix]int{},
		changed: make(chan struct{}),
	}
	updates := make(chan netlink.AddrUpdate, 64)
	namespace := netns.NsHandle(h.namespace.Fd())
	options := netlink.AddrSubscribeOptions{
		Namespace: &namespace, ListExisting: true, ReceiveBufferSize: 8 << 20, ReceiveBufferForceSize: true,
	}
	err := netlink.AddrSubscribeWithOptions(updates, w.done, options)
	if errors.Is(err, unix.EPERM) { // in a user namespace the machine's limit stands
		options.ReceiveBufferForceSize = false
		err = netlink.AddrSubscribeWithOptions(updates, w.done, options)
	}
	if err != nil {
		return nil, fmt.Errorf("watch the addresses of %s: %w", h.Name, err)
	}
	go func() {
		for update := range updates {
			w.apply(update)
		}
	}()
	return w, nil
}

func (w *Watch) apply(update netlink.AddrUpdate) {
	address, _ := netip.AddrFromSlice(update.LinkAddress.IP)
	ones, _ := update.LinkAddress.Mask.Size()
	prefix := netip.PrefixFrom(address.Unmap(), ones)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.present[prefix] && !update.NewAddr {
		w.losses[prefix]++
	}
	w.present[prefix] = update.NewAddr
	close(w.changed)
	w.changed = make(chan struct{})
}

// Has says whether the host has an address now.
func (w *Watch) Has(prefix netip.Prefix) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.present[prefix]
}

// Losses counts how often an address went away.
func (w *Watch) Losses(prefix netip.Prefix) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.losses[prefix]
}

// Wait returns when the host has an address, or, with present false, when it has it no more.
func (w *Watch) Wait(ctx context.Context, prefix netip.Prefix, present bool) error {
	for {
		w.mu.Lock()
		now, changed := w.present[prefix], w.changed
		w.mu.Unlock()
		if now == present {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for address %v present=%t: %w", prefix, present, ctx.Err())
		}
	}
}

// Close ends the observation.
func (w *Watch) Close() { close(w.done) }

// Addresses lists what the host has on a link, as the kernel describes it.
func (h *Host) Addresses(link string) ([]netlink.Addr, error) {
	var addresses []netlink.Addr
	err := h.Do(func() error {
		l, err := netlink.LinkByName(link)
		if err == nil {
			addresses, err = netlink.AddrList(l, netlink.FAMILY_ALL)
		}
		if err != nil {
			return fmt.Errorf("addresses of %s on %s: %w", link, h.Name, err)
		}
		return nil
	})
	return addresses, err
}
