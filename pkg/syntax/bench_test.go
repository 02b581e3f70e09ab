package syntax

import (
	"fmt"
	"strings"
	"testing"
)

// instances is a configuration of n Virtual Routers of ten lines each, written out.
func instances(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, `vrrp_instance VI_%d {
    state BACKUP
    interface eth%d
    virtual_router_id %d # a comment
    priority 100
    advert_int 1
    virtual_ipaddress {
        10.%d.%d.1/24 dev eth0
    }
}
`, i, i/255, i%255+1, i/250, i%250)
	}
	return out.String()
}

func BenchmarkWrittenOut(b *testing.B) {
	const n = 10_000
	text := instances(n)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		tree := ParseString("f", text, Options{BlockKeyword: testBlockKeyword, ValueBlock: testValueBlock})
		if len(tree.Root.Statements) != n || len(tree.Diagnostics) != 0 {
			b.Fatalf("%d instances, %v", len(tree.Root.Statements), tree.Diagnostics)
		}
	}
}

func BenchmarkIterated(b *testing.B) {
	const n = 256 * 254
	text := "$BODY= \\\n  state BACKUP \\\n  interface eth$a \\\n  virtual_router_id $v \\\n  priority 100 \\\n" +
		"  virtual_ipaddress { 10.$a.$v.1/24 dev eth0 } }\n" +
		"~SEQ(a,0,255) ~SEQ(v,1,254) vrrp_instance VI_${a}_${v} { $BODY\n"
	text = strings.Replace(text, "~SEQ(a,0,255) ~SEQ(v,1,254) vrrp_instance VI_${a}_${v} { $BODY",
		"~SEQ(a,0,255) ~SEQ(v,1,254) $HEAD", 1)
	text = "$HEAD=vrrp_instance VI_${a}_${v} { \\\n $BODY\n" + text
	b.ReportAllocs()
	for b.Loop() {
		tree := ParseString("f", text, Options{BlockKeyword: testBlockKeyword, ValueBlock: testValueBlock})
		if len(tree.Root.Statements) != n || len(tree.Diagnostics) != 0 {
			b.Fatalf("%d instances, %v", len(tree.Root.Statements), tree.Diagnostics)
		}
	}
}

func BenchmarkOneLineIterated(b *testing.B) {
	const n = 256 * 254
	text := "~SEQ(a,0,255) ~SEQ(v,1,254) vrrp_instance VI_${a}_${v} { interface eth0 } \n"
	b.ReportAllocs()
	for b.Loop() {
		tree := ParseString("f", text, Options{})
		if len(tree.Root.Statements) != n || len(tree.Diagnostics) != 0 {
			b.Fatalf("%d instances, %v", len(tree.Root.Statements), tree.Diagnostics)
		}
	}
}
