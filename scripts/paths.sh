# paths.sh: what install.sh and uninstall.sh share. Sourced, not run.
PREFIX=${PREFIX:-/usr/local}
sbin=$PREFIX/sbin
share=$PREFIX/share/govrrpd
man=$PREFIX/share/man
bash_completion=$PREFIX/share/bash-completion/completions/govrrpd
zsh_completion=$PREFIX/share/zsh/site-functions/_govrrpd
fish_completion=$PREFIX/share/fish/vendor_completions.d/govrrpd.fish
units=${UNITDIR:-/etc/systemd/system}
unit=$units/govrrpd.service
alias=$units/keepalived.service
state=${STATEDIR:-/var/lib/govrrpd}

have_systemd() { [ -d /run/systemd/system ] && command -v systemctl >/dev/null; }

# is_our_alias: whether govrrpd goes by the name of keepalived.service.
is_our_alias() { [ "$(readlink "$alias" 2>/dev/null)" = "$unit" ]; }

# put_back: govrrpd stops and gives the name back; keepalived becomes what it was before.
put_back() {
	systemctl disable --now govrrpd.service 2>/dev/null || true
	systemctl daemon-reload
	[ -e "$state/keepalived" ] || return 0
	enabled=$(sed -n 's/^enabled=//p' "$state/keepalived")
	active=$(sed -n 's/^active=//p' "$state/keepalived")
	rm -rf "$state"
	[ "$enabled" != enabled ] || systemctl enable keepalived.service 2>/dev/null ||
		echo "keepalived could not be enabled again: systemctl enable keepalived" >&2
	[ "$active" != active ] || systemctl start keepalived.service ||
		echo "keepalived does not start either: systemctl status keepalived" >&2
}
