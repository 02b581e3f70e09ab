package config

import "testing"

func TestParserIsToldOfBlocks(t *testing.T) {
	for _, tt := range []struct {
		path   []string
		word   string
		block  bool
		values bool // of the block that the word opens
	}{
		{nil, "vrrp_instance", true, false},
		{nil, "virtual_server", true, false},
		{nil, "static_routes", true, true},
		{nil, "net_namespace", false, false},
		{nil, "virtual_ipaddress", false, false},
		{[]string{"vrrp_instance"}, "virtual_ipaddress", true, true},
		{[]string{"vrrp_instance"}, "authentication", true, false},
		{[]string{"vrrp_instance", "authentication"}, "auth_pass", false, false},
		{[]string{"vrrp_instance"}, "priority", false, false},
		{[]string{"vrrp_sync_group"}, "group", true, true},
		{[]string{"unknown"}, "group", false, false},
		{[]string{"vrrp_instance", "priority"}, "group", false, false},
		{[]string{"garp_group"}, "interfaces", true, true},
	} {
		if got := BlockKeyword(tt.path, tt.word); got != tt.block {
			t.Errorf("%v %s: wants a block: got %v", tt.path, tt.word, got)
		}
		if got := ValueBlock(append(tt.path, tt.word)); got != tt.values {
			t.Errorf("%v %s: has entries: got %v", tt.path, tt.word, got)
		}
	}
	if ValueBlock(nil) {
		t.Error("the top level has entries")
	}
}
