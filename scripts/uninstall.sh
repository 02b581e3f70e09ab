#!/bin/sh
# uninstall.sh undoes install.sh: govrrpd is stopped and removed, and keepalived is enabled and started
# again if it was before. The configuration in /etc/keepalived is not touched. What is gone already is
# no error.
#
#   scripts/uninstall.sh
#
# Environment: PREFIX, UNITDIR, STATEDIR and DESTDIR as for install.sh. The copy that install.sh puts in
# $PREFIX/share/govrrpd knows them already.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
DESTDIR=${DESTDIR:-}
. "$here/paths.sh"

if [ -z "$DESTDIR" ] && have_systemd; then
	put_back
fi
rm -f "$DESTDIR$sbin/govrrpd" "$DESTDIR$sbin/govrrpd.before" "$DESTDIR$sbin/govrrpd.new" \
	"$DESTDIR$unit" "$DESTDIR$unit.before" "$DESTDIR$unit.new" "$DESTDIR$share/strict.conf" \
	"$DESTDIR$share/uninstall.sh" "$DESTDIR$share/paths.sh" \
	"$DESTDIR$man/man8/govrrpd.8" "$DESTDIR$man/man5/govrrpd.conf.5" \
	"$DESTDIR$bash_completion" "$DESTDIR$zsh_completion" "$DESTDIR$fish_completion"
[ ! -d "$DESTDIR$share" ] || rmdir "$DESTDIR$share" 2>/dev/null || true
if [ -z "$DESTDIR" ] && have_systemd; then
	systemctl daemon-reload
fi
echo "uninstall.sh: govrrpd is removed"
