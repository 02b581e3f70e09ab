#!/bin/sh
# vm.sh runs the tests of devices that this machine's kernel may lack: VLANs, ipvlan, VRF, bonds, lossy links.
#
#   vm.sh LAB TEST GOVRRPD [TEST'S ARGUMENTS]
#
# LAB is a folder with a run.sh that runs a program as root in a VM whose kernel has those devices
# ("run.sh [-t SECONDS] [-i] [-e K=V] [-c FILE] PROGRAM [ARG...]", status 125 where it cannot), or "here": then
# TEST runs on this machine, in namespaces of its own, as root on a kernel that has them. TEST is the compiled
# suite, GOVRRPD the daemon. Exit status: the suite's; 1 where it cannot be run.
set -eu

lab=$1 suite=$2 daemon=$3
shift 3

cannot() {
	echo "make test-vm: $1" >&2
	cat >&2 <<-'END'
	These tests need devices that not every kernel has: vlan, dummy, ipvlan, vrf, bonding, and netem.
	  make test-vm VMLAB=DIR    runs them in a VM; DIR/run.sh starts it (see test/netns/vm.sh)
	  make test-vm VMLAB=here   runs them on this kernel, as root, in namespaces of their own. Load the
	                            modules first: modprobe -a 8021q dummy ipvlan vrf bonding sch_netem
	END
	exit 1
}

if [ "$lab" = here ]; then
	[ "$(id -u)" = 0 ] || cannot "VMLAB=here has to be root's"
	export GOVRRPD_SUBJECT="$daemon"
	exec "$suite" "$@"
fi
[ -x "$lab/run.sh" ] || cannot "there is no $lab/run.sh"

# -i: time in the VM stands still while this machine is busy, and passes at once while all wait.
status=0
"$lab/run.sh" -i -t 600 -e GOVRRPD_SUBJECT="./$(basename "$daemon")" -c "$daemon" "$suite" "$@" || status=$?
[ $status != 125 ] || cannot "$lab/run.sh cannot run the VM"
exit $status
