package syntax

import (
	"fmt"
	"strings"
	"testing"
)

// show writes a tree as people would indent it, every word in brackets if it was quoted.
func show(b *Block) string {
	var out strings.Builder
	showBlock(&out, b, "")
	return out.String()
}

func showBlock(out *strings.Builder, b *Block, indent string) {
	for _, s := range b.Statements {
		out.WriteString(indent)
		for i, w := range s.Words {
			if i > 0 {
				out.WriteByte(' ')
			}
			if w.Quoted {
				fmt.Fprintf(out, "[%s]", w.Text)
			} else {
				out.WriteString(w.Text)
			}
		}
		if s.Block == nil {
			out.WriteByte('\n')
			continue
		}
		out.WriteString(" {\n")
		showBlock(out, s.Block, indent+"  ")
		out.WriteString(indent + "}\n")
	}
}

// told is the messages of a tree, as Print shows them.
func told(tree *Tree) string {
	var out strings.Builder
	Print(&out, Sort(tree.Diagnostics))
	return out.String()
}

func TestTreeOfOrdinaryFile(t *testing.T) {
	tree := ParseString("keepalived.conf", `! a comment
global_defs
{
	router_id "a b"x # comment
}
vrrp_instance VI_1 { state MASTER
  virtual_ipaddress { 10.0.0.1/24 dev eth0 }
  authentication {
    auth_pass "a#b" }
  track_file f\#1
}
`, Options{})
	want := `global_defs {
  router_id [a b] x
}
vrrp_instance VI_1 {
  state MASTER
  virtual_ipaddress {
    10.0.0.1/24 dev eth0
  }
  authentication {
    auth_pass [a#b]
  }
  track_file f#1
}
`
	if got := show(&tree.Root); got != want {
		t.Errorf("tree:\n%s\nwant:\n%s", got, want)
	}
	if got := told(tree); got != "" {
		t.Errorf("messages: %s", got)
	}
}
