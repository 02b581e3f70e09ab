// Package netns tests govrrpd on the real kernel, next to Debian's keepalived: elections and
// takeovers in every dialect, the documented site from configuration to mail, bad packets and bad
// days. Each test builds its own LAN of namespaces (package lab), so that all run side by side and
// none touches the machine.
//
// With GOVRRPD_SUBJECT=keepalived the suite judges itself: keepalived takes govrrpd's place.
package netns
