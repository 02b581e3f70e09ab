# make            builds build/govrrpd
# make demo       two routers, a client, and the Master loses its power (20 s)
# make test       everything that can be proved here (within 10 minutes on two cores)
# make check      the quick part of it: form, analysis, floor plan, tests without the kernel
# make bench      keepalived and govrrpd in turn on the same work; ROWS=cpu,start QUICK=1 BENCH_WRITE=1
# make lsp      an editor with govrrpd as its language server
# make test-vm    the devices that this kernel may lack (VLAN, ipvlan, VRF, bonds), in a VM (2 minutes); see test/netns/vm.sh
# make differential  the same verdict as keepalived -t on some thousand small files, and on generated ones (40 s)
# make transcript    whole transcripts of scenarios beside keepalived's (90 s)
# make netns, script, kernel, sim SEEDS=10000, fuzz FUZZTIME=1m, golden, install, clean
#
# No target changes the machine but install. What tests need besides Go is downloaded and unpacked into
# a cache (test/peers).

GO       ?= go
SEEDS    ?= 1000
FUZZTIME ?= 10s
ROWS     ?=
QUICK    ?=
BENCH_WRITE ?=
VMLAB    ?= ../shared/vmlab
VMRUN    ?= ^TestInVM

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null)
DATE    := $(shell git log -1 --format=%cs 2>/dev/null)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.date=$(DATE)

# The daemon is pure Go. The race detector alone needs a C compiler; where there is none the tests run
# without it, and CI refuses that.
export CGO_ENABLED = 0
CC_FOUND := $(shell command -v cc || command -v gcc)
ifneq ($(CC_FOUND),)
RACE := CGO_ENABLED=1 $(GO) test -race
else ifeq ($(CI),)
RACE := echo "no C compiler: the race detector is left out" && $(GO) test
else
RACE := echo "CI needs a C compiler for the race detector (apt-get install gcc libc6-dev)" && false
endif

# Packages whose tests make namespaces, and the suites that run the daemon itself.
KERNEL := $(shell grep -rl --include='*_test.go' internal/nettest internal | xargs -n1 dirname | sort -u | sed 's|^|./|') ./internal/nettest
SUITES := ./test/peers ./test/script ./test/differential ./test/lsp ./test/netns ./test/transcript

.PHONY: build check test test-vm unit race kernel script differential lsp netns transcript peers sim fuzz golden demo bench install uninstall clean
.DEFAULT_GOAL := build

build:
	@mkdir -p build
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o build/govrrpd ./cmd/govrrpd

# The form first: it fails in seconds.
check: form race

.PHONY: form
form: build/staticcheck
	@unformatted=$$(gofmt -l cmd internal pkg test); [ -z "$$unformatted" ] || { echo "gofmt: $$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags vm ./test/netns
	build/staticcheck ./...
	build/staticcheck -tags vm ./test/netns
	$(GO) test -count=1 ./test/floorplan

build/staticcheck: test/tools/go.mod
	@mkdir -p build
	cd test/tools && $(GO) build -o ../../build/staticcheck honnef.co/go/tools/cmd/staticcheck

# PLAIN is worked out when needed: go list takes a second.
PLAIN = $(shell $(GO) list ./... | grep -v -x -F "$$($(GO) list $(KERNEL) $(SUITES) ./test/floorplan ./test/sim)")

race:
	@$(RACE) $(PLAIN)

# Once more without the race detector, under which nothing can be said about allocations.
unit:
	@$(GO) test $(PLAIN)

kernel:
	$(GO) test $(KERNEL)

script:
	$(GO) test -count=1 ./test/script

differential:
	$(GO) test -count=1 ./test/differential

lsp:
	$(GO) test -count=1 ./test/lsp

transcript:
	$(GO) test -count=1 ./test/transcript

netns:
	$(GO) test -count=1 ./test/netns

peers:
	$(GO) test ./test/peers

sim:
	$(GO) test -count=1 -timeout 1h ./test/sim -seeds $(SEEDS)

# One after the other: suites that watch the clock do not compete with compilers.
test: build
	$(MAKE) check
	$(MAKE) unit
	$(MAKE) peers
	$(MAKE) kernel
	$(MAKE) sim
	$(MAKE) script
	$(MAKE) differential
	$(MAKE) lsp
	$(MAKE) netns
	$(MAKE) transcript
	$(MAKE) demo

# What make test leaves out, because it needs a kernel that has the devices: in a VM, or here.
test-vm: build
	@mkdir -p build/vm
	$(GO) test -c -tags vm -o build/vm/netns.test ./test/netns
	test/netns/vm.sh $(VMLAB) build/vm/netns.test build/govrrpd -test.v -test.run '$(VMRUN)'

fuzz:
	@grep -rn --include='*_test.go' -o '^func Fuzz[A-Za-z]*' cmd internal pkg | while IFS=: read -r file line name; do \
		echo "$$file: $${name#func }"; \
		$(GO) test -run '^$$' -fuzz "^$${name#func }$$" -fuzztime $(FUZZTIME) ./$$(dirname $$file) || exit 1; \
	done

# Rewrites what tests expect; read the difference before committing it.
golden:
	@for dir in $$(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -n1 dirname | sort -u); do \
		$(GO) test -count=1 $$dir -update || exit 1; \
	done
	git status --short

demo: build
	$(GO) build -o build/demo ./test/demo
	build/demo -daemon build/govrrpd

bench: build
	$(GO) build -o build/bench ./test/bench
	build/bench -daemon build/govrrpd $(if $(ROWS),-rows $(ROWS)) $(if $(QUICK),-quick) \
		-write $(if $(BENCH_WRITE),docs/BENCHMARKS.md,build/BENCHMARKS.md)

# Copies what make has built and starts nothing (root often has no Go); scripts/install.sh --replace takes
# keepalived's place.
install:
	scripts/install.sh

uninstall:
	scripts/uninstall.sh

clean:
	rm -rf build
