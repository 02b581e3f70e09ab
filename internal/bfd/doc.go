// Package bfd is the machine of Bidirectional Forwarding Detection (RFC 5880) as it runs over UDP, over one
// hop (RFC 5881) or several (RFC 5883): asynchronous mode, without authentication and without echo.
//
// It is a function of what it is told: the caller hands in the instant and the packet, and gets back what must
// be done, in order. It has no sockets, clock, log or goroutines; chance (discriminators, jitter) comes from a
// generator that is handed in; and it allocates nothing while packets come and go.
//
//	                          +--+
//	                          |  | UP, ADMIN DOWN, TIMER
//	                          |  V
//	                  DOWN  +------+  INIT
//	           +------------|      |------------+
//	           |            | DOWN |            |
//	           |  +-------->|      |<--------+  |
//	           |  |         +------+         |  |
//	           |  |                          |  |
//	           |  | ADMIN DOWN,              |  |
//	           |  | TIMER         ADMIN DOWN,|  |
//	           V  |               DOWN, TIMER|  V
//	         +------+                      +------+
//	    +----|      |                      |      |----+
//	DOWN|    | INIT |--------------------->|  UP  |    |INIT, UP
//	    +--->|      | INIT, UP             |      |<---+
//	         +------+                      +------+
//
// (RFC 5880, 6.2: the arrows are what the neighbour says of itself, and the end of the detection time.)
//
// A packet that waits in a socket beats a detection time that ran out meanwhile: callers read first and tick
// then, so that a machine which was busy does not take its own absence for the neighbour's.
package bfd
