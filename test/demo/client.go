package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/govrrpd/govrrpd/test/lab"
)

// client pings an address without pause and knows when each ping that was answered had left.
type client struct {
	host   *lab.Host
	target netip.Addr
	conn   net.PacketConn

	done    chan struct{}
	running sync.WaitGroup

	mu       sync.Mutex
	sent     []time.Time // by sequence number
	answered []bool
	answers  int
}

func newClient(host *lab.Host, target netip.Addr) (*client, error) {
	c := &client{host: host, target: target, done: make(chan struct{})}
	err := host.Do(func() (err error) {
		c.conn, err = net.ListenPacket("ip4:icmp", "0.0.0.0")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open the client's socket: %w", err)
	}
	return c, nil
}

// start begins to ping.
func (c *client) start() {
	c.running.Go(c.send)
	c.running.Go(c.receive)
}

func (c *client) send() {
	ticker := time.NewTicker(probeEvery)
	defer ticker.Stop()
	to := &net.IPAddr{IP: c.target.AsSlice()}
	for {
		select {
		case <-c.done:
			return
		case <-ticker.C:
			c.mu.Lock()
			sequence := len(c.sent)
			c.sent, c.answered = append(c.sent, time.Now()), append(c.answered, false)
			c.mu.Unlock()
			// While nobody has the address a ping cannot leave: that is the outage, not an error.
			_, _ = c.conn.WriteTo(echoRequest(uint16(sequence)), to)
		}
	}
}

const icmpEchoRequest, icmpEchoReply = 8, 0

// echoRequest is an ICMP message without data. RFC 792.
func echoRequest(sequence uint16) []byte {
	b := []byte{icmpEchoRequest, 0, 0, 0, 0x47, 0x4f, 0, 0}
	binary.BigEndian.PutUint16(b[6:], sequence)
	sum := uint32(icmpEchoRequest<<8) + 0x474f + uint32(sequence)
	sum = sum>>16 + sum&0xffff
	binary.BigEndian.PutUint16(b[2:], ^uint16(sum+sum>>16))
	return b
}

func (c *client) receive() {
	buffer := make([]byte, 1500)
	for {
		n, from, err := c.conn.ReadFrom(buffer)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue
		}
		if n >= 8 && buffer[0] == icmpEchoReply && from.String() == c.target.String() {
			c.answer(int(binary.BigEndian.Uint16(buffer[6:])))
		}
	}
}

func (c *client) answer(sequence int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if sequence < len(c.answered) && !c.answered[sequence] {
		c.answered[sequence] = true
		c.answers++
	}
}

func (c *client) counts() (sent, answered int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.sent), c.answers
}

// outage is the longest time between two pings that were answered, one after the other, of those
// sent since an instant and the last one before it.
func (c *client) outage(since time.Time) (time.Duration, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var last time.Time
	var longest time.Duration
	for i, at := range c.sent {
		if !c.answered[i] {
			continue
		}
		if at.After(since) && !last.IsZero() {
			longest = max(longest, at.Sub(last))
		}
		last = at
	}
	if !last.After(since) {
		return 0, fmt.Errorf("the client has had no answer from %v", c.target)
	}
	return longest, nil
}

func (c *client) close() {
	close(c.done)
	c.conn.Close()
	c.running.Wait()
}
