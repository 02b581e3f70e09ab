// Package dump prints the state of the daemon in the files that keepalived writes on a signal, byte for
// byte as monitoring reads them: keepalived.data and keepalived_parent.data, keepalived.stats,
// keepalived.json.
//
// It promises that a file is complete or not there at all, that no link in /tmp leads it elsewhere, and
// that it never looks at anything but the values it is given: State is filled by the daemon from one
// snapshot. When a file is written, and what is in the values, is left to the daemon.
package dump
