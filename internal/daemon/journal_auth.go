package daemon

import (
	"encoding/binary"
	"fmt"

	"github.com/govrrpd/govrrpd/internal/router"
)

// authLine are the adverts whose authentication header or auth_hmac trailer is not as it should be.
func authLine(name string, e *router.Effect) string {
	switch e.Reason {
	case router.LogAHSync:
		return fmt.Sprintf("(%s) IPSEC-AH : Syncing seq_num - Increment seq", name)
	case router.LogAHWrongSPI:
		source := e.Addr.As4()
		return fmt.Sprintf("IPSEC AH : invalid IPSEC SPI value. %d and expect %d", binary.LittleEndian.Uint32(source[:]), e.Value)
	case router.LogAHWrongValue:
		return fmt.Sprintf("(%s) IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation or bad password !", name)
	case router.LogAHRepeated:
		return fmt.Sprintf("(%s) IPSEC-AH : sequence number %d already processed. Packet dropped. Local(%d)", name, e.Value, e.Want)
	case router.LogExtMissing:
		return fmt.Sprintf("(%s) authentication extension missing in advert from %s", name, e.Addr)
	case router.LogExtMalformed:
		return fmt.Sprintf("(%s) malformed authentication extension in advert from %s", name, e.Addr)
	case router.LogExtStale:
		return fmt.Sprintf("(%s) stale authenticated advert from %s: clock skew %d sec exceeds window %d sec", name, e.Addr, seconds(e.Value), seconds(e.Want))
	case router.LogExtUnknownKey:
		return fmt.Sprintf("(%s) unknown authentication key id %d in advert from %s", name, e.Value, e.Addr)
	case router.LogExtWrongHMAC:
		return fmt.Sprintf("(%s) invalid HMAC (key id %d) in advert from %s", name, e.Value, e.Addr)
	case router.LogExtReplay:
		return fmt.Sprintf("(%s) replayed authenticated advert from %s", name, e.Addr)
	case router.LogExtSkew:
		return fmt.Sprintf("(%s) authentication clock skew %d sec from %s approaching window %d sec", name, seconds(e.Value), e.Addr, seconds(e.Want))
	}
	return ""
}
