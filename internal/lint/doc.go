// Package lint finds what keepalived.conf says rightly and hardly means: weights that move nothing, a
// preemption that one member of a sync group forbids the rest, a unicast peer that is oneself, an address in
// two instances. It does the arithmetic and shows the numbers.
//
// It promises to say only what follows from the file (or, where it must assume something, to name the
// assumption), each thing once and at the word that should change. Its findings are warnings and notices
// without a class: they never change what `govrrpd -t` returns, nor what runs.
//
// Errors, and all that keepalived reports too, are left to package config; what only the files of all routers
// together show, to package fleet; users, permissions and paths of this machine, to a check against the host.
package lint
