package notify

import (
	"encoding/json"
	"time"
)

// accountVersion is the version of the form of accounts. Fields may be added without a new one.
const accountVersion = 1

// Account is an event in full, as scripts read it on their standard input. Its JSON is an interface:
// docs/DIFFERENCES.md describes it.
type Account struct {
	Event    Event
	OldState string // "" if none
	Reason   string // for people; "" if none is known
	At       time.Time

	// Of instances only.
	VRID        int
	VRRPVersion int
	Interface   string
	IPv6        bool
	Addresses   []string

	Members []string // of sync groups only: the instances
}

// accountJSON fixes the names and the order of the fields.
type accountJSON struct {
	Version     int      `json:"version"`
	Time        string   `json:"time"`
	Type        string   `json:"type"`
	Name        string   `json:"name"`
	State       string   `json:"state"`
	OldState    string   `json:"old_state,omitempty"`
	Reason      string   `json:"reason,omitempty"`
	Priority    *int     `json:"priority,omitempty"`
	VRID        int      `json:"vrid,omitempty"`
	VRRPVersion int      `json:"vrrp_version,omitempty"`
	Interface   string   `json:"interface,omitempty"`
	Family      string   `json:"family,omitempty"`
	Addresses   []string `json:"addresses,omitempty"`
	Members     []string `json:"members,omitempty"`
}

// JSON is the account as one line, with its newline.
func (a *Account) JSON() []byte {
	form := accountJSON{
		Version: accountVersion, Time: a.At.Format(time.RFC3339Nano),
		Type: a.Event.kind(), Name: a.Event.Name, State: a.Event.State, OldState: a.OldState, Reason: a.Reason,
	}
	if a.Event.Group {
		form.Members = a.Members
	} else {
		form.Priority, form.VRID, form.VRRPVersion = &a.Event.Priority, a.VRID, a.VRRPVersion
		form.Interface, form.Addresses, form.Family = a.Interface, a.Addresses, "IPv4"
		if a.IPv6 {
			form.Family = "IPv6"
		}
	}
	text, err := json.Marshal(&form)
	if err != nil {
		panic("notify: " + err.Error()) // no field of these types can fail
	}
	return append(text, '\n')
}
