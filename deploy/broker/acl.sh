#!/usr/bin/env bash
# Writes the access list of a broker for many boxes: a box writes what is its own, reads what is said to it, and nothing
# else; a box that is not named may do nothing. A name is `area.box`, as in the box's certificate: a box's name is its own
# within its area only, and mosquitto's patterns cannot take a name apart.
#
#   deploy/broker/acl.sh 530127.box-7f3a 530127.box-81c0 >boxes.acl
#   deploy/broker/acl.sh <names >boxes.acl                one name a line
#
# LOOKOUT_PREFIX is the boxes' `[mqtt] prefix`, where it is not lookout/v1. `systemctl reload mosquitto` takes it up.
set -euo pipefail

prefix="${LOOKOUT_PREFIX:-lookout/v1}"
fail() { printf 'error: %s\n  hint: %s\n' "$1" "$2" >&2; exit 1; }

case "${1:-}" in -h|--help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
if [ $# -gt 0 ]; then names=("$@"); else mapfile -t names; fi

list=
for name in "${names[@]}"; do
    name="${name%%#*}"
    name="${name//[[:space:]]/}"
    [ -n "$name" ] || continue
    [[ "$name" =~ ^[0-9]{6}\.[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$ ]] || fail "\`$name\` is no name of a box" \
        "six digits of the area, a dot, and the box as in \`[site] box\`, for example 530127.box-7f3a"
    base="$prefix/${name%%.*}/${name#*.}"
    list+="
user $name
topic write $base/up/#
topic read $base/up/state
topic read $base/down/#
"
done
[ -n "$list" ] || fail "no box is named" "name them as arguments, or one a line on standard input"

cat <<END
# Written by deploy/broker/acl.sh. A box (its certificate's name is area.box) writes what is its own and reads what is said
# to it. Its own state it reads, too: how it learns of a late will, and of another box under its name.
$list
# The command centre's certificate has this name.
user centre
topic read $prefix/+/+/up/#
topic write $prefix/+/+/down/#
END
