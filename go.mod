module github.com/govrrpd/govrrpd

go 1.26.0

// Each dependency, with what it is for. The core (pkg, router, config, schema) uses the standard library alone.
// Not among them: fsnotify, which does not tell when a writer closes a file; package track speaks inotify itself.
require (
	github.com/coreos/go-systemd/v22 v22.7.0 // sd_notify and the watchdog; package daemon only, no D-Bus
	github.com/emersion/go-smtp v0.25.1 // tests: the mail server that receives alerts
	github.com/google/nftables v0.3.0 // no_accept: sets and rules in one transaction, without the nft program; package firewall only
	github.com/mdlayher/netlink v1.11.2 // what nftables speaks through; package firewall listens with it for what others remove
	github.com/rogpeppe/go-internal v1.16.0 // the unified diff of `govrrpd fmt -d`; tests: testscript and txtar
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // tests: holds SARIF output against the schema of OASIS
	github.com/sourcegraph/jsonrpc2 v0.2.3 // JSON-RPC with the framing of the Language Server Protocol; package lsp only, nothing behind it
	github.com/spf13/cobra v1.10.2 // the command line
	github.com/spf13/pflag v1.0.9 // cobra's flags, whose table the GNU reading of options walks
	github.com/vishvananda/netlink v1.3.1 // links and netlink constants; the bulk of addresses is our own
	github.com/vishvananda/netns v0.0.5 // tests: the namespaces in which netlink works
	github.com/wneessen/go-mail v0.8.1 // SMTP, with the server's extensions
	golang.org/x/net v0.62.0 // socket options, group membership and packet filters of raw sockets
	golang.org/x/sys v0.49.0 // system calls that the standard library does not have
	golang.org/x/tools v0.51.0 // txtar: the articles about findings, which are their golden files too
)

require (
	github.com/emersion/go-sasl v0.0.0-20241020182733-b788ff22d5a6 // indirect
	github.com/google/go-cmp v0.7.0 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/mdlayher/socket v0.6.0 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)
