package daemon

import (
	"cmp"
	"strconv"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// usualMTU is that of unicast without an interface.
const usualMTU = 1500

// receiveBuffer is how many bytes the received adverts of an instance need (kernel_rx_buf_size, or else
// vrrp_rx_bufs_policy), 0 if the configuration leaves that to the system.
func receiveBuffer(vi *config.Instance, g *config.Global, mtu int) int {
	if vi.ReceiveBuffer > 0 {
		return vi.ReceiveBuffer
	}
	switch g.ReceiveBufferPolicy {
	case "":
		return 0
	case "MTU":
		return cmp.Or(mtu, usualMTU) * g.ReceiveBufferFactor
	case "ADVERT":
		size := vrrp.MessageLength(vi.Version, vi.IPv6, len(vi.VIPs))
		if !vi.IPv6 {
			size += 20 // the IPv4 header, which comes along
		}
		if vi.AuthType == vrrp.AuthAH {
			size += vrrp.AHLength
		}
		if vi.HMAC != nil {
			size += vrrp.TrailerLength
		}
		return size * g.ReceiveBufferFactor
	}
	bytes, err := strconv.Atoi(g.ReceiveBufferPolicy)
	if err != nil {
		panic("daemon: vrrp_rx_bufs_policy " + g.ReceiveBufferPolicy + " was not checked")
	}
	return bytes
}
