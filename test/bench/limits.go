package main

import "strings"

// crash begins the rows of a takeover after a crash.
const crash = "crash of the Master"

// limit is what stands in the way of a row.
func limit(work string) string {
	if strings.HasPrefix(work, crash) {
		return "it is one wake-up on an idle processor, from cold caches: 0.3 to 0.5 ms " +
			"here, on either side of the goal from run to run."
	}
	return limits[work]
}

// limits say, for rows that may miss their goal, what stands in the way. They are printed only when the
// row does miss it.
var limits = map[string]string{
	"longest gap between adverts while 4000 addresses are set (advert_int 100 ms)": "one call adds them all, and " +
		"this kernel does not preempt it: the loop's thread may have to wait for a processor.",
	"advert to first gratuitous ARP, 1 address": "the address is set by the deed lane and not by the loop, " +
		"so that no advert ever waits for the kernel's routing lock. Waking that worker on an idle processor is " +
		"about 0.1 ms of the figure. From a dozen addresses on it is far behind what the kernel takes.",
	"advert to every address announced, 1000 addresses": "nearly all of it is the kernel's, adding addresses.",
	"advert to every address announced, 4000 addresses": "nearly all of it is the kernel's, adding addresses. " +
		"The first of them is announced at once, so a client of it does not wait.",
	"CPU per advert, 1 instance at 100 ms, Master": perWake,
	"CPU per advert, 1 instance at 100 ms, Backup": perWake,
	"memory, resident, all processes, 1000 instances": "some 8 MiB are pages of the program's file, most of which only the start needed, 2 MiB the Go " +
		"runtime's, and the rest is about 4 KiB for each Virtual Router.",
	"reload of 1000 unchanged: longest advert gap less the interval": "every Master advertises at once after a " +
		"reload, and a thousand adverts take some milliseconds to leave.",
}

const perWake = "it is the price of waking a process on an idle processor for one advert: the Go scheduler runs " +
	"before and after it, from cold caches. One wake-up is one context switch and eight system calls, and it is " +
	"shared where there are many Virtual Routers."
