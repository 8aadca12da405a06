#!/usr/bin/env bash
# A whole fleet on this machine, from Debian packages alone: three nodes of NATS JetStream, PostgreSQL, two processes of
# `lookout centre` and some boxes (the real daemon), all with certificates, each box with rights to its own topics only. Boxes raise
# alerts, machines are killed in the middle, and at the end it is counted what is in the database.
#
#   deploy/fleet/run.sh                          four boxes, nothing is killed
#   deploy/fleet/run.sh --boxes 40 --kill        kill -9 of each node, each worker, the database and a quarter of the boxes
#
#   --gauges N      gauges of a box, each of which raises an alert and ends it in each cycle (12)
#   --cycles N      how often (10)
#   --secs N        seconds of one cycle (6)
#   --cameras N     boxes with a camera that plays the bundled clip, whose alerts have pictures (1; it takes the models)
#   --program FILE  the program, built with `--features centre`; else it is built
#   --dir DIR       where everything lies (a new folder below /tmp); logs stay there
#   --keep          leaves everything running and says how to look at it
#
# Prints a table. Exit code 0 only if nothing was lost and nothing is there twice.
set -euo pipefail

boxes=4 gauges=12 cycles=10 secs=6 cameras=1 kill= keep= program= dir=
fail() { printf 'error: %s\n' "$1" >&2; shift; for hint in "$@"; do printf '  hint: %s\n' "$hint" >&2; done; exit 1; }
say() { printf 'fleet: %s\n' "$*" >&2; }
while [ $# -gt 0 ]; do
    case "$1" in
        --boxes|--gauges|--cycles|--secs|--cameras|--program|--dir)
            [ $# -ge 2 ] || fail "$1 needs a value" "see $0 --help"
            printf -v "${1#--}" '%s' "$2"; shift 2 ;;
        --kill) kill=--kill; shift ;;
        --keep) keep=yes; shift ;;
        -h|--help) sed -n '2,17s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) fail "unknown argument $1" "see $0 --help" ;;
    esac
done
here="$(cd "$(dirname "$0")" && pwd)"
top="$(cd "$here/../.." && pwd)"

# ---- what it takes
postgres="$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)"
if ! command -v nats-server >/dev/null || [ -z "$postgres" ]; then
    [ "$(id -u)" -eq 0 ] || fail "nats-server or PostgreSQL is missing" "sudo apt-get install nats-server postgresql"
    say "installing nats-server and postgresql"
    apt-get install -y --no-install-recommends nats-server postgresql >/dev/null
    postgres="$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)"
fi
for one in openssl python3 psql; do command -v "$one" >/dev/null || fail "$one is missing" "sudo apt-get install $one"; done
if [ -z "$program" ]; then
    cache="${LOOKOUT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lookout}"
    export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$cache/target}"
    say "building"
    (cd "$top" && cargo build --release --locked --features centre)
    program="$CARGO_TARGET_DIR/release/lookout"
fi
"$program" centre --help >/dev/null 2>&1 || fail "$program has no command \`centre\`" "build it with --features centre"

dir="${dir:-$(mktemp -d /tmp/lookout-fleet.XXXXXX)}"
mkdir -p "$dir/log" "$dir/boxes" "$dir/keys" "$dir/evidence"
dir="$(cd "$dir" && pwd)"
# The database runs as another user where this runs as root, and has to come through.
chmod 711 "$dir"
tls="$dir/tls"

# Ports that nobody has: the first of so many in a row.
free_ports() {
    python3 - "$1" <<'PYTHON'
import random, socket, sys
def free(port):
    with socket.socket() as one:
        try: one.bind(("127.0.0.1", port)); return True
        except OSError: return False
while True:
    first = random.randrange(20000, 31000)
    if all(free(first + n) for n in range(int(sys.argv[1]))): print(first); break
PYTHON
}
base="$(free_ports $((20 + boxes)))"
nats=("$base" $((base + 1)) $((base + 2)))
cluster=($((base + 3)) $((base + 4)) $((base + 5)))
mqtt=($((base + 6)) $((base + 7)) $((base + 8)))
pg_port=$((base + 9)) rtsp_port=$((base + 10)) webhook=$((base + 20))

# ---- stopping: each thing by the number of its process
stop_all() {
    trap - EXIT INT TERM
    local file
    for file in "$dir"/*.pid; do
        [ -s "$file" ] && kill "$(cat "$file")" 2>/dev/null || true
    done
    [ -d "$dir/pg" ] && as_database "$postgres/pg_ctl" -D "$dir/pg" -m immediate stop >/dev/null 2>&1 || true
    sleep 1
    for file in "$dir"/*.pid; do
        [ -s "$file" ] && kill -9 "$(cat "$file")" 2>/dev/null || true
    done
}
as_database() { if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
trap stop_all EXIT
trap 'exit 130' INT TERM

# ---- certificates, accounts, nodes
names=()
for number in $(seq 1 "$boxes"); do names+=("530127.box-$number"); done
"$here/certificates.sh" authority "$tls"
for number in 1 2 3; do "$here/certificates.sh" server "$tls" "node-$number" 127.0.0.1 localhost; done
"$here/certificates.sh" server "$tls" database 127.0.0.1 localhost
"$here/certificates.sh" client "$tls" centre operator "${names[@]}"
"$here/accounts.sh" "${names[@]}" >"$tls/accounts.conf"
peers="127.0.0.1:${cluster[0]},127.0.0.1:${cluster[1]},127.0.0.1:${cluster[2]}"
for number in 1 2 3; do
    "$here/nats.sh" --node "node-$number" --address 127.0.0.1 --peers "$peers" --dir "$tls" --store "$dir/jetstream-$number" \
        --ports "${nats[number-1]},${cluster[number-1]},${mqtt[number-1]}" --disk 2GB --accounts accounts.conf >"$tls/node-$number.conf"
    # What is started here is started again by fleet.py after it was killed, so its command stands in a file.
    printf 'exec nats-server -c %q\n' "$tls/node-$number.conf" >"$dir/node-$number.cmd"
done

# ---- the database
say "starting PostgreSQL"
install -d -m 700 "$dir/pg"
[ "$(id -u)" -eq 0 ] && chown postgres "$dir/pg"
as_database "$postgres/initdb" -D "$dir/pg" -U postgres -A trust -E UTF8 --no-instructions >"$dir/log/initdb.log"
for file in ca.pem database.pem database.key; do cp "$tls/$file" "$dir/pg/"; done
[ "$(id -u)" -eq 0 ] && chown postgres "$dir"/pg/{ca.pem,database.pem,database.key}
chmod 600 "$dir/pg/database.key"
cat >>"$dir/pg/postgresql.conf" <<END
port = $pg_port
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
ssl = on
ssl_ca_file = 'ca.pem'
ssl_cert_file = 'database.pem'
ssl_key_file = 'database.key'
END
# The centre shows its certificate; this machine's `postgres` looks in by itself.
cat >"$dir/pg/pg_hba.conf" <<END
hostssl lookout lookout 127.0.0.1/32 cert map=lookout
host all postgres 127.0.0.1/32 trust
END
echo "lookout centre lookout" >>"$dir/pg/pg_ident.conf"
database() { as_database "$postgres/pg_ctl" -D "$dir/pg" -l "$dir/pg/server.log" -w "$@" >/dev/null; }
database start
export PGHOST=127.0.0.1 PGPORT="$pg_port" PGUSER=postgres
psql -qc 'CREATE ROLE lookout LOGIN' -c 'CREATE DATABASE lookout OWNER lookout' postgres
as=
[ "$(id -u)" -eq 0 ] && as="runuser -u postgres --"
printf 'exec %s %q -D %q -m immediate stop\n' "$as" "$postgres/pg_ctl" "$dir/pg" >"$dir/database.kill"
printf 'exec %s %q -D %q -l %q -w start >/dev/null\n' "$as" "$postgres/pg_ctl" "$dir/pg" "$dir/pg/server.log" >"$dir/database.start"

# ---- a camera that plays the bundled clip
if [ "$cameras" -gt 0 ]; then
    if ! /usr/bin/python3 -c 'import gi; gi.require_version("GstRtspServer", "1.0")' 2>/dev/null; then
        if [ "$(id -u)" -eq 0 ]; then apt-get install -y --no-install-recommends python3-gi gir1.2-gst-rtsp-server-1.0 >/dev/null
        else say "no camera: sudo apt-get install python3-gi gir1.2-gst-rtsp-server-1.0"; cameras=0; fi
    fi
fi
if [ "$cameras" -gt 0 ]; then
    /usr/bin/python3 "$here/camera.py" "$rtsp_port" "$top/tests/scenes/lane-day.mp4" >"$dir/log/camera.log" 2>&1 &
    echo $! >"$dir/camera.pid"
fi

# ---- boxes
desk_lines="$("$program" keys make desk-1 --role desk --out "$dir/desk" 2>/dev/null)"
box_config() {
    local number="$1" gauge at="$dir/boxes/$1" urls=
    # Each begins with another node.
    for gauge in 0 1 2; do urls+="${urls:+, }\"mqtts://127.0.0.1:${mqtt[(number + gauge) % 3]}\""; done
    cat <<END
[site]
box = "box-$number"
area = "530127"
mode = "test"
language = "en"
secrets_dir = "$at/secrets"

[mqtt]
urls = [$urls]
ca_file = "$tls/ca.pem"
cert_file = "$tls/530127.box-$number.pem"
key_file = "$tls/530127.box-$number.key"
expect_marks = true

[outbox]
dir = "$at/outbox"
min_free_mib = 0
resend_max_mib = 64

[evidence]
dir = "$at/evidence"

[journal]
days = 0

[web]
enabled = false

[sensors.webhook]
listen = "127.0.0.1:$((webhook + number - 1))"
secret = "webhook"
posts_per_sec = 10000

[[signal]]
kind = "high_water"
from = [{ quantity = "water_level", above = 0.5, weight = 4.0 }]
origin_cap = 4.0
half_life_secs = 1
levels = { $([ $((number % 3)) -eq 0 ] && echo red || echo yellow) = 0.5 }
hold_secs = 0
cooldown_secs = 0

$desk_lines

END
    for gauge in $(seq 1 "$gauges"); do
        printf '[[sensor]]\nid = "drain-%d"\nquantity = "water_level"\nunit = "m"\ngrid = "530127003%03d%02d"\nstale_after_secs = 7200\nwebhook = { path = "/drain-%d", pointer = "/m" }\n\n' \
            "$gauge" "$number" "$gauge" "$gauge"
    done
    if [ "$number" -le "$cameras" ]; then
        cat <<END
[[camera]]
id = "cam-01"
eye = "village"
url = "rtsp://127.0.0.1:$rtsp_port/lane"
grid = "53012700399901"
analysis_fps = 5

[[camera.zone]]
id = "lane"
polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]

[[rule]]
id = "somebody"
cameras = ["cam-01"]
present = { zone = "lane", classes = ["person"], for_secs = 1 }
hold_secs = 2
cooldown_secs = 0
END
    fi
}
say "starting $boxes boxes"
for number in $(seq 1 "$boxes"); do
    at="$dir/boxes/$number"
    mkdir -p "$at/secrets" "$at/state"
    chmod 700 "$at/secrets"
    (umask 077; echo "0123456789abcdef-token" >"$at/secrets/webhook")
    box_config "$number" >"$at/lookout.toml"
    printf 'export STATE_DIRECTORY=%q LOOKOUT_LOG=info,lookout::alerts=debug\nexec %q run --language en --config %q --manifest %q\n' \
        "$at/state" "$program" "$at/lookout.toml" "$top/models/manifest.toml" >"$dir/box-$number.cmd"
done
"$program" check "$dir/boxes/1/lookout.toml" >&2 || fail "the configuration of the boxes is wrong" "see $dir/boxes/1/lookout.toml"

# $1: what; its command stands in $dir/$1.cmd
start() {
    bash "$dir/$1.cmd" >>"$dir/log/$1.log" 2>&1 &
    echo $! >"$dir/$1.pid"
    disown
}
for number in $(seq 1 "$boxes"); do start "box-$number"; done
for number in $(seq 1 "$boxes"); do
    for _ in $(seq 1 600); do [ -s "$dir/boxes/$number/outbox/box-key.jwk" ] && break; sleep 0.2; done
    "$program" keys box --json -c "$dir/boxes/$number/lookout.toml" >"$dir/keys/530127.box-$number.jwk" ||
        fail "box $number has made no key" "see $dir/log/box-$number.log"
done

# ---- nodes and centre
say "starting three nodes of NATS and two processes of the centre"
for number in 1 2 3; do start "node-$number"; done
for number in 1 2; do
    cat >"$dir/centre-$number.toml" <<END
language = "en"
boxes = "$dir/keys"
evidence = "$dir/evidence"
workers = 1

[nats]
urls = ["tls://127.0.0.1:${nats[0]}", "tls://127.0.0.1:${nats[1]}", "tls://127.0.0.1:${nats[2]}"]
ca_file = "$tls/ca.pem"
cert_file = "$tls/centre.pem"
key_file = "$tls/centre.key"
stream_max_mib = 512

[database]
url = "postgresql://lookout@127.0.0.1:$pg_port/lookout"
ca_file = "$tls/ca.pem"
cert_file = "$tls/centre.pem"
key_file = "$tls/centre.key"

[desk]
key_file = "$dir/desk/desk-1.jwk"
by = "centre $number"
END
    printf 'exec %q centre --config %q\n' "$program" "$dir/centre-$number.toml" >"$dir/centre-$number.cmd"
    "$program" centre check --config "$dir/centre-$number.toml" >&2 || fail "the centre's configuration is wrong"
    start "centre-$number"
done

# ---- load, and what became of it
result=0
python3 "$here/fleet.py" --dir "$dir" --boxes "$boxes" --gauges "$gauges" --cycles "$cycles" --secs "$secs" \
    --webhook "$webhook" --cameras "$cameras" $kill &
# Waited for, so that Ctrl-C is heard at once.
echo $! >"$dir/load.pid"
wait $! || result=$?
if [ -n "$keep" ]; then
    trap - EXIT INT TERM
    say "still running; psql -h 127.0.0.1 -p $pg_port -U postgres lookout"
    say "stop it with: for p in $dir/*.pid; do kill \$(cat \$p); done; bash $dir/database.kill"
else
    stop_all
    [ "$result" -ne 0 ] && say "the logs are in $dir/log" || rm -rf "$dir"
fi
exit "$result"
