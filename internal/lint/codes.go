package lint

import "github.com/govrrpd/govrrpd/pkg/syntax"

// What is valid, and hardly meant.
const (
	CodeWeightIdle      syntax.Code = 501 // a weight that changes nothing, since the priority is limited
	CodePriorityLimited syntax.Code = 502 // a priority that is limited when all is well
	CodeWeightTooSmall  syntax.Code = 503 // weights that cannot bring a Master below a Backup
	CodeWeightOfOne     syntax.Code = 504 // weights that can bring about a tie at best
	CodeWeightNopreempt syntax.Code = 505 // weights of an instance with nopreempt
	CodeCannotFail      syntax.Code = 506 // a script that always succeeds
	CodeAlwaysFails     syntax.Code = 507 // a script that never succeeds
	CodeUnusedTracker   syntax.Code = 508 // a tracker that nobody tracks
	CodeSlowTracker     syntax.Code = 509 // a script whose failure or recovery takes long to count
	CodeShellSyntax     syntax.Code = 510 // words for a shell where there is none
	CodeWritablePlace   syntax.Code = 511 // a script in a directory where everybody may write
	CodeLowestPriority  syntax.Code = 512 // nopreempt or preempt_delay of a priority that preempts nobody
	CodeGroupPreempt    syntax.Code = 513 // a sync group in which some members preempt and some do not
	CodeGroupDiffers    syntax.Code = 514 // members of a sync group that want different things
	CodeImpliedOwner    syntax.Code = 515 // state MASTER without a priority, which means 255
	CodeMasterBelow     syntax.Code = 516 // state MASTER with a priority below the default
	CodeSharedAddress   syntax.Code = 517 // an address in two instances
	CodeSourceIsVIP     syntax.Code = 518 // adverts whose source is a virtual address
	CodeSubnetAddress   syntax.Code = 519 // an address that names a whole subnet
	CodeSecondSubnet    syntax.Code = 520 // a prefix length that repeats the subnet of the interface
	CodeVRIDReused      syntax.Code = 521 // one VRID on several interfaces
	CodeSameMAC         syntax.Code = 522 // one virtual MAC address on several interfaces
	CodeMixedVersions   syntax.Code = 523 // two VRRP versions where one would be expected
	CodeVersion2IPv6    syntax.Code = 524 // IPv6 with VRRP version 2
	CodePeerIsSelf      syntax.Code = 525 // a unicast peer that is this router
	CodePeerIsVIP       syntax.Code = 526 // a unicast peer that is a virtual address
	CodeUnicastNoSource syntax.Code = 527 // unicast without a source address
	CodePeersDiffer     syntax.Code = 528 // instances whose unicast peers differ
	CodeHopLimit        syntax.Code = 529 // a TTL that the same configuration refuses
	CodeFastAdverts     syntax.Code = 530 // adverts faster than a process of usual priority can keep
	CodeManyAdverts     syntax.Code = 531 // more adverts than a processor sends with ease
	CodeOneLostAdvert   syntax.Code = 532 // a takeover after a single lost advert
	CodeNoMailTarget    syntax.Code = 533 // mails that nobody gets
	CodeWeightOfDevice  syntax.Code = 534 // a weight of an interface that an address needs
	CodeStaticIsVIP     syntax.Code = 535 // a virtual address that is a static one too
	CodeGatewayIsVIP    syntax.Code = 536 // a route through an own address
	CodeSlowTakeover    syntax.Code = 537 // adverts so rare that a takeover takes long
	CodeSourceMissing   syntax.Code = 538 // adverts from an address that this machine does not have
	CodeForeignSubnet   syntax.Code = 539 // an address outside of the subnets of its interface
)
