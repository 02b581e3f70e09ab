package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// manyInstances writes out n instances as people write them, on as many interfaces as that needs.
func manyInstances(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `vrrp_instance VI_%d {
    state BACKUP
    interface eth%d
    virtual_router_id %d
    priority 100
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass secret
    }
    virtual_ipaddress {
        10.%d.%d.%d/24
    }
}
`, i, i/255, i%255+1, i>>16, i>>8&255, i&255)
	}
	return b.String()
}

func BenchmarkDecode(b *testing.B) {
	for _, n := range []int{1000, 10_000, 65_024} {
		text := manyInstances(n)
		tree := syntax.ParseString("keepalived.conf", text, options())
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c := Decode(tree, fakeHost{})
				if len(c.Instances) != n || len(c.Diagnostics) != 0 {
					b.Fatalf("%d instances, %d findings", len(c.Instances), len(c.Diagnostics))
				}
			}
		})
		b.Run(fmt.Sprint(n, "-parse"), func(b *testing.B) {
			for b.Loop() {
				syntax.ParseString("keepalived.conf", text, options())
			}
		})
	}
}

// TestUnicastPeersAreNotComparedInPairs has as many unicast instances of one VRID as would take minutes
// if each were compared with each.
func TestUnicastPeersAreNotComparedInPairs(t *testing.T) {
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, "vrrp_instance V%d {\ninterface eth0\nvirtual_router_id 1\nunicast_src_ip 10.0.0.1\nunicast_peer { 11.%d.%d.%d }\nvirtual_ipaddress { 12.0.0.1 }\n}\n",
			i, i>>16, i>>8&255, i&255)
	}
	b.WriteString("vrrp_instance Last {\ninterface eth0\nvirtual_router_id 1\nunicast_src_ip 10.0.0.1\nunicast_peer { 11.0.0.7 }\nvirtual_ipaddress { 12.0.0.1 }\n}\n")
	c := decode(b.String())
	if len(c.Diagnostics) != 1 || !strings.Contains(c.Diagnostics[0].Message, "(V7) and (Last) both use VRID 1") {
		t.Errorf("got %d findings:\n%s", len(c.Diagnostics), printed(c))
	}
}
