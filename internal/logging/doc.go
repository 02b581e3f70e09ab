// Package logging carries log records to syslog, the terminal and a file, in the form that people's
// scripts expect of keepalived: the text of a line is the record's message, with the record's attributes
// behind it in parentheses. Lines that people match have no attributes.
//
// It promises never to delay whoever logs. A record goes into the bounded queue of each output, and a
// goroutine of that output writes it. What does not fit is dropped and counted, and the count is
// written as soon as the output works again. An output that fails (no syslog daemon, a full disk) is
// reported once to the other outputs.
//
// Which lines there are is left to the packages that log.
package logging
