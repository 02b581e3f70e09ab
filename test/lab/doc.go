// Package lab builds small networks inside this machine: hosts that are namespaces, LANs between
// them, routing daemons on them, and an observer that sees every packet with the kernel's time.
//
// The interoperation tests, the demo and the benchmark stand on it. It promises that nothing of the
// machine itself is touched (links, addresses, mounts and files belong to the lab's own namespaces
// and directories), that everything it waits for is an event with a deadline, never a pause, and
// that Close ends what was started. Two of those users are programs, not tests, so it returns errors
// and knows nothing of package testing.
//
// It decodes VRRP itself, with few words and without package vrrp: a judge that shares its
// arithmetic with the judged would miss the judged one's mistakes. What the daemons are told and
// what must follow is left to its users.
package lab
