// Package transcript plays the same scenario with Debian's keepalived and with govrrpd and compares all
// that can be seen from outside: packets, addresses, routes, rules, links, firewall, sysctls, script calls,
// FIFO lines, mails, log lines, exit codes and what is left behind.
//
// A scenario is text (testdata/*.txt): configurations, and what happens to them. The first run has
// keepalived on all hosts and is the oracle; then govrrpd takes the place of the first host's daemon, then of
// all. What differs must be named: in known_test.go what is true of every scenario, in the scenario's own
// [differs] part what is true of it alone, each with its reason. A reason that no longer applies fails too.
//
// It counts no seconds: an order is compared, and of periodic packets whether one came early or late.
package transcript
