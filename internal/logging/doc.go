// Package logging carries log records to syslog, the terminal and a file, in the form that people's
// scripts expect of keepalived: the text of a line is the record's message, nothing else.
//
// It promises never to delay whoever logs. A record goes into the bounded queue of each output, and a
// goroutine of that output writes it. What does not fit is dropped and counted, and the count is
// written as soon as the output works again. An output that fails (no syslog daemon, a full disk) is
// reported once to the other outputs.
//
// Attributes are not printed: they are for structured outputs, which lines for grep are not. Which
// lines there are is left to the packages that log.
package logging
