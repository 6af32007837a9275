# SPDX-License-Identifier: BSD-2-Clause
# tap.sh with a real terminal: a tmux server of its own, whose window v is looked at and typed into.
# Nothing sleeps for luck: what is to come is waited for.
. pagerview/tests/tap.sh

unset NO_COLOR TMUX
export LC_ALL=C.UTF-8
export XDG_CONFIG_HOME="$work/config"

command -v tmux >/dev/null || {
	echo "not ok 1 tmux is missing"
	exit 1
}

t() {
	tmux -S "$work/tmux" -f "$work/tmux.conf" "$@" 2>>"$work/tmux.err"
}
cat >"$work/tmux.conf" <<'CONF'
set -g default-terminal "tmux-256color"
set -g escape-time 0
set -g status off
CONF
# A server without a session ends, and the next one may come while it does: one always stays.
t new-session -d -s stays -x 80 -y 24 "exec cat"
at_end() {
	t kill-server
}

screen() {
	t capture-pane -p -t v
}
evidence() {
	screen
	tail -3 "$work/err" 2>/dev/null | sed 's/^/stderr: /'
}

# until_true CONDITION...: within 20 seconds the command succeeds.
until_true() {
	turns=0
	until "$@"; do
		turns=$((turns + 1))
		[ $turns -lt 400 ] || return 1
		sleep 0.05
	done
}

shows() { # TEXT
	screen | grep -qF -- "$1"
}
matches() { # REGEX
	screen | grep -qE -- "$1"
}
over() {
	[ -s "$work/status" ]
}

press() {
	for key in "$@"; do
		t send-keys -t v "$key"
	done
}
