package check

import (
	"fmt"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// Each mistake is a keyword of its own, so that a finding tells where it is from.
const several = `$LIST= \
    virtual_ipaddress { \
        in_definition \
    }
vrrp_script used {
    script /bin/true
    in_used
}
vrrp_script unused {
    script /bin/true
    in_unused
}
vrrp_script of_group {
    script /bin/true
    in_of_group
}
vrrp_sync_group G {
    group {
        A
    }
    track_script {
        of_group
    }
    in_group
}
vrrp_instance A {
    interface eth0
    virtual_router_id 1
    in_a
    include rest.conf
    $LIST
    track_script {
        used
    }
}
vrrp_instance B {
    interface eth0
    virtual_router_id 2
    in_b
}
outside
`

func TestFindingsAboutAnInstance(t *testing.T) {
	files := fstest.MapFS{
		"a.conf":    &fstest.MapFile{Data: []byte(several)},
		"rest.conf": &fstest.MapFile{Data: []byte("in_include\n")},
	}
	r := File("a.conf", Options{FS: syntax.IOFS(files)})
	if got := r.Instances(); !slices.Equal(got, []string{"A", "B"}) {
		t.Errorf("instances %v, want A and B", got)
	}
	for name, want := range map[string][]string{
		"A": {"in_a", "in_definition", "in_group", "in_include", "in_of_group", "in_used"},
		"B": {"in_b"},
		"C": nil,
	} {
		var got []string
		for _, d := range r.About([]string{name}) {
			if d.Code == 101 || d.Code == 224 {
				got = append(got, d.Span.Text())
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("about %s: %v, want %v", name, got, want)
		}
	}
}

func TestWhatPreventsTheStartIsAboutEveryInstance(t *testing.T) {
	r := Text("a.conf", "include absent.conf\nvrrp_instance A {\n~SEQ(i, 3000000) x\n}\n"+instance, Options{})
	if !slices.ContainsFunc(r.About([]string{"B"}), func(d syntax.Diagnostic) bool { return d.Code == syntax.CodeBound }) {
		t.Errorf("found %v, without the bound that was passed", r.About([]string{"B"}))
	}
}

// TestNamesOfManyInstancesTakeLinearTime: finding the names costs less than the check that goes before it.
func TestNamesOfManyInstancesTakeLinearTime(t *testing.T) {
	const count = 40_000
	start := time.Now()
	r := Text("a.conf", fmt.Sprintf("~SEQ(n, %d) vrrp_instance V$n { }\n", count), Options{})
	checked := time.Now()
	names := r.Instances()
	if took := time.Since(checked); took > checked.Sub(start) {
		t.Errorf("the names took %v, the check %v", took, checked.Sub(start))
	}
	if len(names) != count {
		t.Errorf("%d names", len(names))
	}
}
