package floorplan

// module is what import paths of this repository begin with.
const module = "github.com/govrrpd/govrrpd/"

// room is a package's place in the floor plan of docs/ARCHITECTURE.md.
type room struct {
	// mayImport are the packages of this repository that it may import. A name that ends in "/" stands
	// for everything below it.
	mayImport []string
	// pure: no I/O, no clock, no log, no goroutine, and the standard library alone.
	pure bool
	// mayUse excuses files of a pure package from the ban on I/O, each for the reason beside it.
	mayUse map[string]string
	why    string
}

// plan is the floor plan. Imports point down only: what a package may not import is not in its row, and
// a package without a row has no place in the house.
var plan = map[string]room{
	"cmd/govrrpd": {
		mayImport: []string{"internal/check", "internal/cli", "internal/config", "internal/daemon", "internal/detach", "internal/explain", "internal/format", "internal/host", "internal/logging", "internal/lsp", "internal/manual", "internal/netspace", "internal/report", "internal/schema", "pkg/"},
		why:       "wiring: it joins the command line, the configuration test and the daemon, and knows nothing of the rest",
	},
	"internal/daemon": {
		mayImport: []string{
			"internal/config", "internal/router", "internal/host", "internal/logging", "internal/pidfile", "internal/dump",
			"internal/bfd", "internal/bfdsock",
			"internal/poll", "internal/rawsock", "internal/netmon", "internal/linkbeat", "internal/address", "internal/route", "internal/announce",
			"internal/macvlan", "internal/firewall", "internal/guardian", "internal/netowner", "internal/claims", "internal/track", "internal/notify", "internal/notify/", "internal/script", "pkg/",
		},
		why: "the loop: the only one who knows both the core and the adapters; it leaves flags and terminal to cmd",
	},

	"internal/cli":      {mayImport: []string{"internal/logging"}, why: "flags to settings; what they mean is another's"},
	"internal/manual":   {mayImport: []string{"internal/schema"}, why: "the reference, from rows that are handed in: it knows no keyword by name"},
	"internal/logging":  {why: "usable by everybody, so it knows nobody"},
	"internal/pidfile":  {why: "usable without a daemon"},
	"internal/detach":   {why: "usable without a daemon"},
	"internal/netspace": {why: "usable without a daemon"},
	"internal/dump":     {why: "prints plain values: a file's form must not follow the core's shape"},
	"internal/host":     {mayImport: []string{"internal/config", "internal/script", "internal/netmon"}, why: "answers config's questions about this machine"},
	"internal/script":   {why: "runs a program: what for is track's and notify's affair"},

	"internal/poll":        {mayImport: adapters, why: adapterReason},
	"internal/rawsock":     {mayImport: adapters, why: adapterReason},
	"internal/bfdsock":     {mayImport: adapters, why: adapterReason},
	"internal/netmon":      {mayImport: adapters, why: adapterReason},
	"internal/address":     {mayImport: adapters, why: adapterReason},
	"internal/route":       {mayImport: adapters, why: adapterReason},
	"internal/announce":    {mayImport: adapters, why: adapterReason},
	"internal/macvlan":     {mayImport: adapters, why: adapterReason},
	"internal/firewall":    {mayImport: adapters, why: adapterReason},
	"internal/linkbeat":    {mayImport: adapters, why: adapterReason},
	"internal/claims":      {mayImport: adapters, why: adapterReason},
	"internal/netowner":    {mayImport: adapters, why: adapterReason},
	"internal/track":       {mayImport: []string{"internal/script", "pkg/vrrp"}, why: adapterReason},
	"internal/notify":      {mayImport: []string{"internal/script", "pkg/vrrp"}, why: adapterReason},
	"internal/notify/fifo": {mayImport: []string{"internal/notify", "internal/script"}, why: adapterReason},
	"internal/notify/mail": {mayImport: []string{"internal/notify"}, why: adapterReason},

	"internal/config": {
		mayImport: []string{"internal/schema", "pkg/syntax", "pkg/vrrp"}, pure: true,
		why: "the file's meaning, the same on every machine: what the machine says comes through Host",
	},
	"internal/lint": {
		mayImport: []string{"internal/config", "pkg/syntax", "pkg/vrrp"}, pure: true,
		why: "what a file says rightly and hardly means follows from the file alone",
	},
	"internal/fleet": {
		mayImport: []string{"internal/config", "pkg/"}, pure: true,
		why: "compares configurations of several machines: it reads none of them",
	},
	"internal/check": {
		mayImport: []string{"internal/config", "internal/lint", "internal/fleet", "pkg/syntax"}, pure: true,
		why: "judges a configuration, the same everywhere: files, machine and environment are handed in",
	},
	"internal/lsp": {
		mayImport: []string{"internal/check", "internal/config", "internal/explain", "internal/format", "internal/lint", "internal/manual", "internal/schema", "pkg/syntax"},
		why:       "an editor sees what check, format and the keyword rows know: it finds nothing out itself",
	},
	"internal/report":  {mayImport: []string{"pkg/syntax"}, why: "prints findings: what they are about is another's"},
	"internal/explain": {mayImport: []string{"pkg/syntax"}, why: "articles about codes: it finds no mistake itself"},
	"internal/format":  {mayImport: []string{"pkg/syntax"}, pure: true, why: "lays out the lines of a file: what keywords mean changes nothing"},
	"internal/schema":  {mayImport: []string{"pkg/syntax"}, pure: true, why: "keyword tables know no keyword"},
	"internal/router": {
		mayImport: []string{"pkg/vrrp"}, pure: true,
		why: "the state machine is a function: the machine must not care how a file spells nopreempt",
	},
	"internal/guardian": {pure: true, why: "when to put something back is a question of time and number alone"},
	"internal/bfd": {
		pure: true,
		why:  "the machine of RFC 5880 is a function, like router",
	},
	"pkg/syntax": {
		pure:   true,
		mayUse: map[string]string{"fs.go": "OSFS hands the real files in; everything else sees the FS interface"},
		why:    "frozen by keepalived's documents: it knows no keyword",
	},
	"pkg/vrrp": {pure: true, why: "frozen by the RFCs: the wire format and its timers"},

	// Only tests import these.
	"internal/nettest":  {why: "network namespaces for tests"},
	"test/floorplan":    {why: "this plan"},
	"test/script":       {why: "runs the binary, and sees it from outside"},
	"test/differential": {mayImport: []string{"internal/config", "internal/host", "pkg/syntax", "test/peers"}, why: "our verdict on a file beside keepalived's"},
	"test/sim":          {mayImport: []string{"internal/router", "internal/config", "internal/fleet", "pkg/"}, why: "a simulated LAN of state machines"},
	"test/lsp":          {mayImport: []string{"test/peers"}, why: "an editor and the binary, seen from outside"},
	"test/peers":        {why: "finds the programs that tests run beside govrrpd"},
	"test/lab":          {mayImport: []string{"internal/nettest", "test/peers", "pkg/vrrp"}, why: "hosts with routers on them"},
	"test/netns":        {mayImport: []string{"internal/nettest", "test/lab", "test/peers", "pkg/vrrp"}, why: "real kernels, real peers"},
	"test/transcript":   {mayImport: []string{"internal/nettest", "test/lab", "test/peers"}, why: "what can be seen of a run beside what can be seen of keepalived's"},
	"test/demo":         {mayImport: []string{"internal/nettest", "test/lab", "test/peers", "pkg/vrrp"}, why: "make demo"},
	"test/bench":        {mayImport: []string{"internal/nettest", "test/lab", "test/peers", "pkg/vrrp"}, why: "make bench"},
}

// Adapters know the kernel. The core knows the RFC, and only daemon knows both: a change of a netlink
// library touches one folder, a change of the RFC another.
const adapterReason = "an adapter knows the kernel: neither other adapters, nor the core"

var adapters = []string{"pkg/vrrp"}

// impure are the standard packages that a pure package may not import, with the reason.
var impure = map[string]string{
	"os":          "no I/O",
	"os/exec":     "no I/O",
	"os/user":     "no I/O",
	"net":         "no I/O, and addresses are netip.Addr",
	"syscall":     "no I/O",
	"log":         "no log",
	"log/slog":    "no log: what is to be said is an effect or a diagnostic",
	"sync":        "no goroutine, so nothing to lock",
	"sync/atomic": "no goroutine, so nothing to lock",
	"context":     "no goroutine, so nothing to cancel",
	"math/rand":   "chance comes from a seeded *rand.Rand of math/rand/v2 that is handed in",
	"crypto/rand": "chance comes from a seeded *rand.Rand that is handed in",
	"unsafe":      "nothing here talks to the kernel",
	"runtime":     "nothing here depends on the runtime",
	"testing":     "tests are in _test.go files",
	"embed":       "no files",
}

// clocks are the functions of package time that read or start a clock.
var clocks = map[string]bool{
	"Now": true, "Since": true, "Until": true, "After": true, "AfterFunc": true, "Tick": true,
	"NewTimer": true, "NewTicker": true, "Sleep": true,
}
