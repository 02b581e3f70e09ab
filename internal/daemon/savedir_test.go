package daemon

import (
	"testing"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// TestMergedSourcesAreOneFile: each file stands where it was included, whatever way it was named.
func TestMergedSourcesAreOneFile(t *testing.T) {
	got := mergedSources([]*syntax.Source{
		{Name: "/etc/keepalived/keepalived.conf", Text: "a\n  include conf.d/*.conf\nb\n@here includer \"/srv/x.conf\"\ninclude none.conf\nc"},
		{Name: "conf.d/1.conf", Text: "one\ninclude ../deep.conf\nmore\n"},
		{Name: "/etc/keepalived/deep.conf", Text: "deep\n"},
		{Name: "conf.d/2.conf", Text: "two\n"},
		{Name: "/srv/x.conf", Text: "x\n"},
		{Name: "odd", Text: "odd\n"},
	})
	want := `# /etc/keepalived/keepalived.conf
a
# include conf.d/*.conf
# conf.d/1.conf
one
# include ../deep.conf
# /etc/keepalived/deep.conf
deep
!
more
!
# conf.d/2.conf
two
!
b
# @here includer "/srv/x.conf"
# /srv/x.conf
x
!
include none.conf
c
!
# odd
odd
!
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
