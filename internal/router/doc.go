// Package router is VRRP's state machine: what a Virtual Router does about adverts, time, trackers and
// lost addresses, alone and in a sync group (RFC 3768, RFC 5798, RFC 9568, and keepalived's additions).
//
// It is a function of what it is told: the caller hands in the instant and the event, and gets back what must
// be done, in order. It has no sockets, clock, log or goroutines, and allocates nothing while adverts come
// and go. Whoever drops an effect breaks the machine; whoever cannot do one says so with another event.
//
//	                      Start
//	                        │ a script has to give its first result: stays
//	                        ▼
//	                  ┌──────────┐   priority 255, wants MASTER
//	                  │   INIT   ├────────────────────────────┐
//	                  └─┬──────┬─┘                            │
//	   fault at the     │      │ else                         │
//	   start            │      ▼                              ▼
//	┌─────────┐         │  ┌────────┐  Master_Down_Timer  ┌────────┐
//	│  FAULT  │◀────────┘  │        ├────────────────────▶│        │
//	│         │            │ BACKUP │                     │ MASTER │
//	│         │◀───────────┤        │◀────────────────────┤        │
//	│         │ fault      └────────┘  higher priority or └───┬────┘
//	│         │───────────────▲        address; an address    │
//	│         │ all faults gone        was taken away (then   │
//	│         │                        with priority 0)       │
//	│         │◀──────────────────────────────────────────────┘
//	└─────────┘ fault (with priority 0)
//
// A fault is a link or tracker of weight 0 that is down, a missing source address, or sockets that cannot be
// opened. In a sync group FAULT is contagious, and MASTER is entered when the last member's timer has run out.
//
// Each advert that is authenticated (AH, auth_hmac) has a number of its own: SendAdvert says which, and a Signer puts
// it in as the packet leaves.
//
// Adverts are never late because of what a transition costs: SendAdvert comes before Install. Those of one
// interval gather in one wake (schedule.go). No Master_Down_Timer ever runs out early.
package router
