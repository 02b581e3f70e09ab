// Package notify tells programs of transitions: it runs notify scripts, and knows the words that
// scripts and FIFOs hear. The FIFOs themselves are in notify/fifo, mails in notify/mail.
//
// [Scripts] promises that a subject (a Virtual Router or a sync group) is told of one event after
// another, in the order in which they were queued, and that subjects do not wait for each other. The
// scripts that are told of one event are started together, in their order. What still waits when a newer
// event makes it pointless is dropped, so that a slow script never falls behind: the last state is always
// told. So a script that hangs delays only its own subject, and nobody who queues an event ever waits.
// keepalived starts all scripts at once instead, and a slow BACKUP script may there finish after the MASTER
// script that came later.
//
// When somebody is to be told, and in which order scripts, FIFO, traps and mail come, is the caller's
// business.
package notify
