#!/usr/bin/env bash
# From nothing to a first alert: installs what is missing, builds Lookout, plays a clip through a real RTSP
# server on the loopback address, runs the daemon on it with its own broker (mosquitto), and shows the alerts as
# they arrive, each acknowledged as a command centre would.
#
#   deploy/demo.sh [--video FILE] [--model NAME] [--seconds N]
#
# Without --seconds it runs until Ctrl-C. Exit code 0 only if an alert was published and acknowledged.
# Can be run again and again.
set -euo pipefail
# Paths in the arguments mean what they mean where the caller stands.
arguments=()
while [ $# -gt 0 ]; do
    case "$1" in
        --video|--manifest|--config)
            [ $# -ge 2 ] || { echo "error: $1 needs a value" >&2; exit 2; }
            arguments+=("$1" "$(realpath -m -- "$2")"); shift 2 ;;
        -h|--help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) arguments+=("$1"); shift ;;
    esac
done
cd "$(dirname "$0")/.."

. deploy/setup.sh

# The build folder lives in the user's cache, so that a fresh clone starts warm.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$cache/target}"
say "building (the first time about fifteen minutes on two cores)"
cargo build --release --locked
say "the program is $CARGO_TARGET_DIR/release/lookout"
exec "$CARGO_TARGET_DIR/release/lookout" demo "${arguments[@]}"
