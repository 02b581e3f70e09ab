package fleet

import "github.com/govrrpd/govrrpd/pkg/syntax"

// What can be wrong between the files of the routers of one LAN.
const (
	CodeVRIDDiffers        syntax.Code = 601 // one Virtual Router with two VRIDs
	CodeVersionDiffers     syntax.Code = 602 // one Virtual Router with two VRRP versions
	CodeIntervalDiffers    syntax.Code = 603 // one Virtual Router with two advert intervals
	CodeAuthDiffers        syntax.Code = 604 // one Virtual Router with two kinds of authentication
	CodePasswordDiffers    syntax.Code = 605 // one Virtual Router with two passwords
	CodeKeysDiffer         syntax.Code = 606 // auth_hmac whose keys or modes do not fit together
	CodeAddressesDiffer    syntax.Code = 607 // one Virtual Router with two sets of addresses
	CodeAddressOrder       syntax.Code = 608 // one Virtual Router with its addresses in two orders
	CodePrefixDiffers      syntax.Code = 609 // one address with two prefix lengths
	CodeExcludedDiffer     syntax.Code = 610 // excluded addresses that not all routers have
	CodeDestinationDiffers syntax.Code = 611 // adverts to two multicast groups
	CodeCastDiffers        syntax.Code = 612 // unicast here, multicast there
	CodeChecksumDiffers    syntax.Code = 613 // checksums that the others refuse
	CodeAcceptDiffers      syntax.Code = 614 // one Virtual Router that answers here and not there
	CodePeerMissing        syntax.Code = 620 // a router that is not a unicast peer of another
	CodePeerUnknown        syntax.Code = 622 // a unicast peer that is none of the routers
	CodeSourceUnknown      syntax.Code = 623 // unicast from an address that is not written down
	CodeSourceTwice        syntax.Code = 624 // two routers with one source address
	CodeTTLRefused         syntax.Code = 625 // a TTL that the other end refuses
	CodeGroupDiffers       syntax.Code = 630 // a sync group that has other members elsewhere
	CodeGroupMissing       syntax.Code = 631 // a Virtual Router that is in a sync group only here
	CodeGroupTorn          syntax.Code = 632 // a sync group that is better here in one member and there in another
	CodePriorityTie        syntax.Code = 640 // two routers of one priority
	CodeTwoOwners          syntax.Code = 641 // two address owners
	CodeMasterTwice        syntax.Code = 642 // state MASTER on several routers
	CodeNotHighest         syntax.Code = 643 // the Master is not the router with the highest priority written
	CodePreemptDiffers     syntax.Code = 644 // routers that preempt beside routers that do not
	CodeNeverMoves         syntax.Code = 645 // a tracker that can never move the Master
	CodeSharedMoves        syntax.Code = 646 // a failure of all routers that moves the Master
	CodeMissingHere        syntax.Code = 650 // a Virtual Router that a router does not have
	CodeAlone              syntax.Code = 651 // a Virtual Router with one router
)
