#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# make install into an empty folder; what is installed works from there, and the man page and the
# completions tell of every command, option and key that there is.
set -u
BUILD=${BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
bin=$work/usr/bin/pagerview
failed=0

check() { # NAME COMMAND...
	name=$1
	shift
	if "$@" >"$work/out" 2>&1; then
		echo "ok - $name"
	else
		echo "not ok - $name"
		tail -5 "$work/out" | sed 's/^/# /'
		failed=1
	fi
}

names_all() { # FILE: every long option and command of --help is in it
	"$bin" --help | grep -o -- '--[a-z-]*' | sort -u | sed 's/-/\\\\-/g' >"$work/roff"
	"$bin" --help | grep -o -- '--[a-z-]*' | sort -u >"$work/plain"
	[ -s "$work/plain" ] || return 1
	case $1 in
	*.1) list=$work/roff ;;
	*) list=$work/plain ;;
	esac
	while read -r option; do
		grep -q -F -- "$(printf %b "$option")" "$1" || {
			echo "$option is not in $1"
			return 1
		}
	done <"$list"
}

bash_completes() {
	bash -c ". $work/usr/share/bash-completion/completions/pagerview
		COMP_WORDS=(pagerview --read ''); COMP_CWORD=2; _pagerview
		[ \"\${COMPREPLY[*]}\" = 'auto local stub el3' ] || exit 1
		COMP_WORDS=(pagerview sna); COMP_CWORD=1; _pagerview
		[ \"\${COMPREPLY[*]}\" = snap ]"
}

snaps_from_there() {
	cd / && "$bin" snap --run "$work/usr/share/pagerview/scenarios/share.scn" --until end -o "$work/s.json"
}

check "make install" ${MAKE:-make} -s BUILD="$BUILD" DESTDIR="$work" PREFIX=/usr install
check "the installed viewer runs the installed target" snaps_from_there
check "the man page names every option" names_all "$work/usr/share/man/man1/pagerview.1"
check "bash's completion names every option" names_all "$work/usr/share/bash-completion/completions/pagerview"
check "zsh's completion names every option" names_all "$work/usr/share/zsh/site-functions/_pagerview"
check "bash completes commands and values" bash_completes
check "the man page has the keys" grep -q 'past the last\|one snapshot back in time' "$work/usr/share/man/man1/pagerview.1"
tells_of_config() { # a key's command, a style and a variable of the environment
	page=$work/usr/share/man/man1/pagerview.1
	grep -q 'pagerview/config' "$page" && grep -q 'fIquit' "$page" && grep -q 'page\\-dirty' "$page" &&
		grep -q '^.fBNO_COLOR' "$page"
}
check "the man page tells of the configuration" tells_of_config
check "a wrong kind of manual is refused" sh -c "! '$bin' manual nonsense"
exit $failed
