package notify

import (
	"testing"
	"time"
)

func TestAccountIsOneLineOfJSON(t *testing.T) {
	at := time.Date(2026, 11, 27, 18, 33, 1, 250_000_000, time.FixedZone("", 3600))
	for _, c := range []struct {
		account Account
		want    string
	}{
		{
			Account{
				Event: Event{Name: `a "b"`, State: Master, Priority: 150}, OldState: Backup, Reason: "Receive advertisement timeout", At: at,
				VRID: 51, VRRPVersion: 3, Interface: "eth0", Addresses: []string{"10.9.0.100/24"},
			},
			`{"version":1,"time":"2026-11-27T18:33:01.25+01:00","type":"INSTANCE","name":"a \"b\"","state":"MASTER","old_state":"BACKUP",` +
				`"reason":"Receive advertisement timeout","priority":150,"vrid":51,"vrrp_version":3,"interface":"eth0","family":"IPv4",` +
				`"addresses":["10.9.0.100/24"]}`,
		},
		{
			Account{Event: Event{Name: "v6", State: Stop}, At: at, VRID: 1, VRRPVersion: 3, IPv6: true},
			`{"version":1,"time":"2026-11-27T18:33:01.25+01:00","type":"INSTANCE","name":"v6","state":"STOP","priority":0,"vrid":1,` +
				`"vrrp_version":3,"family":"IPv6"}`,
		},
		{
			Account{Event: Event{Group: true, Name: "G", State: Fault}, At: at, Members: []string{"A", "B"}, VRID: 7},
			`{"version":1,"time":"2026-11-27T18:33:01.25+01:00","type":"GROUP","name":"G","state":"FAULT","members":["A","B"]}`,
		},
	} {
		if got := string(c.account.JSON()); got != c.want+"\n" {
			t.Errorf("got  %swant %s", got, c.want)
		}
	}
}
