package sim

import (
	"net/netip"
	"strings"

	"github.com/govrrpd/govrrpd/internal/router"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// In some worlds adverts are authenticated. What is late or comes twice is refused there, and a router that has just
// booted does not know the others' numbers: all the same there must be one Master in the end.

// authenticate makes a Virtual Router do as the plan says. Clocks are not looked at, since those of this world stop
// when a machine sleeps.
func authenticate(p *plan, vr *router.VRConfig) {
	if p.ah {
		vr.AuthType, vr.AuthData = vrrp.AuthAH, [vrrp.AuthDataLength]byte{'x'}
	}
	if p.hmac {
		key := router.HMACKey{ID: 1, Secret: strings.Repeat("k", 32)}
		vr.HMAC = &router.HMACConfig{Keys: []router.HMACKey{key}, Active: 1, Monotonic: true}
	}
}

// headers is how many bytes stand before a message.
func (p *plan) headers() int {
	if p.ah {
		return 20 + vrrp.AHLength
	}
	return 20
}

// ipv4Header is what stands before a message, as far as anybody here looks at it.
func ipv4Header(p *plan, source netip.Addr) []byte {
	b := make([]byte, p.headers())
	b[0] = 0x45
	copy(b[12:], source.AsSlice())
	copy(b[16:], vrrp.GroupIPv4.AsSlice())
	return b
}
