#!/bin/sh
# install.sh puts govrrpd on this machine; uninstall.sh takes it away again.
#
#   scripts/install.sh [--replace] [BINARY]
#
# Without --replace it only copies files: the program, the systemd unit, manual pages, completion for bash,
# zsh and fish. keepalived is not touched, nothing is started. With --replace govrrpd then takes keepalived's place: keepalived is
# stopped and disabled, govrrpd enabled (also under the name keepalived.service) and started. If it does
# not come up, keepalived is put back. What keepalived's state was is written down for uninstall.sh.
# Where govrrpd has that place already, the new program is started in it; if it does not come up, the one
# before is put back.
#
# BINARY is build/govrrpd unless given. The configuration in /etc/keepalived is never written to.
# Environment: PREFIX (/usr/local), UNITDIR (/etc/systemd/system), STATEDIR (/var/lib/govrrpd), and
# DESTDIR for packagers: with it, files are copied below that directory and the running system is left
# alone.
#
# Exit status: 0 installed; 1 not, and then what ran before runs again.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
PREFIX=${PREFIX:-/usr/local}
DESTDIR=${DESTDIR:-}
. "$here/paths.sh"

say() { echo "install.sh: $*"; }
die() { echo "install.sh: $*" >&2; exit 1; }

replace=no
binary=$here/../build/govrrpd
for word; do
	case $word in
	--replace) replace=yes ;;
	-h | --help) sed -n '2,/^set/{/^#/!d;s/^# \{0,1\}//p;}' "$0"; exit 0 ;;
	-*) die "unknown option $word" ;;
	*) binary=$word ;;
	esac
done
[ -x "$binary" ] || die "there is no program $binary: run make first, or name one"

# What can be known beforehand is said before anything is changed.
if [ "$replace" = yes ]; then
	[ -z "$DESTDIR" ] || die "--replace is for the running system, DESTDIR for another one"
	have_systemd || die "--replace needs systemd; without it, start $sbin/govrrpd as you start keepalived"
	# A file there is the administrator's own unit, a link to /dev/null a masked one.
	if [ -e "$alias" ] || [ -L "$alias" ]; then
		is_our_alias || die "$alias is in the way of the name keepalived.service: remove it (systemctl unmask, systemctl revert) and try again"
	fi
fi

copy() { # copy MODE FILE TARGET: in one step, also over a program that runs
	mkdir -p "$(dirname "$3")"
	cp "$2" "$3.new"
	chmod "$1" "$3.new"
	mv -f "$3.new" "$3"
}

# What runs now is kept until its successor does.
again=no
if [ "$replace" = yes ] && is_our_alias; then
	again=yes
	for file in "$sbin/govrrpd" "$unit"; do
		[ ! -e "$file" ] || cp -p "$file" "$file.before"
	done
fi

copy 755 "$binary" "$DESTDIR$sbin/govrrpd"
mkdir -p "$DESTDIR$(dirname "$unit")"
sed "s|^ExecStart=/usr/local/sbin/|ExecStart=$sbin/|" "$here/govrrpd.service" >"$DESTDIR$unit.new"
chmod 644 "$DESTDIR$unit.new"
mv -f "$DESTDIR$unit.new" "$DESTDIR$unit"
copy 644 "$here/strict.conf" "$DESTDIR$share/strict.conf"
copy 644 "$here/../docs/govrrpd.8" "$DESTDIR$man/man8/govrrpd.8"
copy 644 "$here/../docs/govrrpd.conf.5" "$DESTDIR$man/man5/govrrpd.conf.5"
copy 644 "$here/../completions/govrrpd.bash" "$DESTDIR$bash_completion"
copy 644 "$here/../completions/_govrrpd" "$DESTDIR$zsh_completion"
copy 644 "$here/../completions/govrrpd.fish" "$DESTDIR$fish_completion"
copy 755 "$here/uninstall.sh" "$DESTDIR$share/uninstall.sh"
sed -e "s|^PREFIX=.*|PREFIX=$PREFIX|" -e "s|^units=.*|units=$units|" -e "s|^state=.*|state=$state|" "$here/paths.sh" >"$DESTDIR$share/paths.sh"
[ -n "$DESTDIR" ] && exit 0
! have_systemd || systemctl daemon-reload
say "installed $sbin/govrrpd and $unit"
if [ "$replace" = no ]; then
	say "to take keepalived's place: $0 --replace"
	exit 0
fi

# From here on the running system changes. This terminal may be reached over an address that moves now:
# what is begun is finished all the same.
trap '' HUP INT TERM PIPE
if [ "$again" = yes ]; then # a new program for the same place
	if systemctl restart govrrpd.service && systemctl is-active --quiet govrrpd.service; then
		rm -f "$sbin/govrrpd.before" "$unit.before"
		say "restarted govrrpd"
		exit 0
	fi
	journalctl -u govrrpd.service -n 20 --no-pager >&2 2>/dev/null || true
	for file in "$sbin/govrrpd" "$unit"; do
		[ ! -e "$file.before" ] || mv -f "$file.before" "$file"
	done
	systemctl daemon-reload
	systemctl restart govrrpd.service || die "neither the new govrrpd starts nor the one before (see above)"
	die "the new govrrpd did not start (see above); the one before runs again"
fi
mkdir -p "$state"
{
	echo "enabled=$(systemctl is-enabled keepalived.service 2>/dev/null || true)"
	echo "active=$(systemctl is-active keepalived.service 2>/dev/null || true)"
} >"$state/keepalived"
systemctl disable --now keepalived.service 2>/dev/null || true # it may not be installed
if systemctl enable govrrpd.service && systemctl start govrrpd.service &&
	systemctl is-active --quiet govrrpd.service; then
	say "govrrpd runs in keepalived's place; to go back: $share/uninstall.sh"
	exit 0
fi
journalctl -u govrrpd.service -n 20 --no-pager >&2 2>/dev/null || true
put_back
die "govrrpd did not start (see above); keepalived is as it was"
