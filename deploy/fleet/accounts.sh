#!/usr/bin/env bash
# Writes the accounts of NATS for a fleet: a box (its certificate's name is area.box) publishes what is its own and reads what is
# said to it, and nothing else; a box that is not named may do nothing. The same on every node.
#
#   deploy/fleet/accounts.sh 530127.box-7f3a 530127.box-81c0 >accounts.conf
#   deploy/fleet/accounts.sh <names >accounts.conf                one name a line
#
# LOOKOUT_PREFIX is the boxes' `[mqtt] prefix`, where it is not lookout/v1. `systemctl reload nats-server` takes it up.
set -euo pipefail

prefix="${LOOKOUT_PREFIX:-lookout/v1}"
prefix="${prefix//\//.}"
fail() { printf 'error: %s\n  hint: %s\n' "$1" "$2" >&2; exit 1; }

case "${1:-}" in -h|--help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
if [ $# -gt 0 ]; then names=("$@"); else mapfile -t names; fi

list=
for name in "${names[@]}"; do
    name="${name%%#*}"
    name="${name//[[:space:]]/}"
    [ -n "$name" ] || continue
    [[ "$name" =~ ^[0-9]{6}\.[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$ ]] || fail "\`$name\` is no name of a box" \
        "six digits of the area, a dot, and the box as in \`[site] box\`, for example 530127.box-7f3a"
    base="$prefix.$name"
    list+="
            { user: \"CN=$name\", permissions: {
                publish: { allow: [\"$base.up.>\"] }
                subscribe: { allow: [\"$base.up.state\", \"$base.down\", \"$base.down.>\", \"\$MQTT.sub.>\"] } } }"
done
[ -n "$list" ] || fail "no box is named" "name them as arguments, or one a line on standard input"

cat <<END
# Written by deploy/fleet/accounts.sh. A box's own state it reads, too: how it learns of a late will, and of another box under its
# name. \$MQTT.sub is how NATS hands QoS 1 messages to a client; no client can subscribe to another's.
accounts {
    LOOKOUT {
        jetstream: enabled
        users: [
            { user: "CN=centre" }$list
        ]
    }
    SYS { users: [ { user: "CN=operator" } ] }
}
system_account: SYS
END
