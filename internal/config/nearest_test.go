package config

import (
	"fmt"
	"strings"
	"testing"
)

func TestMisspeltNamesAreSuggested(t *testing.T) {
	text := `global_defs {
    enable_script_security
    script_user root
}
vrrp_script chk_http {
    script /chk
}
track_file maintenance {
    file /run/maintenance
}
vrrp_track_process haproxy {
    process haproxy
}
vrrp_sync_group G {
    group {
        LANN
    }
}
vrrp_instance LAN {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress { 192.0.2.1/24 }
    track_script { chk_htpp }
    track_file { maintainance }
    track_process { ha-proxy }
}
`
	said := printed(decode(text))
	for _, name := range []string{"chk_http", "maintenance", "haproxy", "LAN"} {
		if !strings.Contains(said, fmt.Sprintf("did you mean %q?", name)) {
			t.Errorf("%s is not suggested:\n%s", name, said)
		}
	}
}

// TestSuggestionsAreBounded holds the work of suggesting in proportion: here are more slips than are compared.
func TestSuggestionsAreBounded(t *testing.T) {
	d := newDecoder(fakeHost{})
	for i := range 1000 {
		d.scripts[fmt.Sprintf("check_number_%d", i)] = nil
	}
	if near := nearestName(d, "check_numbr_7", d.scripts); near != "check_number_7" {
		t.Errorf("suggested %q", near)
	}
	for range maxCompared / len(d.scripts) {
		nearestName(d, "check_numbr_7", d.scripts)
	}
	if near := nearestName(d, "check_numbr_7", d.scripts); near != "" {
		t.Errorf("still suggested %q", near)
	}
}
