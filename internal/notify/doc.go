// Package notify tells programs of transitions: it runs notify scripts, and knows the words that
// scripts and FIFOs hear. The FIFOs themselves are in notify/fifo, mails in notify/mail.
//
// [Scripts] promises that the scripts of one subject (a Virtual Router or a sync group) run one after
// another, in the order in which they were queued, and that subjects do not wait for each other. So a
// script that hangs delays only the later scripts of its own subject, and nobody who queues one ever
// waits. keepalived starts them all at once instead, and a slow BACKUP script may there finish after the
// MASTER script that came later.
//
// When somebody is to be told, and in which order scripts, FIFO, traps and mail come, is the caller's
// business.
package notify
