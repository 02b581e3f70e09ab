// Package mail tells people of transitions by mail (smtp_alert), with the texts that keepalived sends.
//
// A [Sender] promises that queueing a mail never blocks, that mails leave in the background one after
// another, each over a connection of its own to the configured server (no TLS, no authentication: it is
// meant to be a relay nearby), and that a mail is tried again when the server cannot be reached or asks
// to come back later. keepalived gives up at the first error; an alert about an outage is worth more than
// that, because the same outage often hits the mail server too. The server's name is resolved anew for
// each connection.
//
// Who is told of what (smtp_alert, no_email_faults, repetitions) is decided by the caller.
package mail
