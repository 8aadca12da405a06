#!/usr/bin/env bash
# Writes the configuration of one of the nodes of NATS: JetStream, a cluster over TLS, MQTT for boxes and NATS for the centre, both
# with certificates. Debian's nats-server (2.9) runs it.
#
#   deploy/fleet/nats.sh --node node-1 --address 10.0.0.1 --peers 10.0.0.1,10.0.0.2,10.0.0.3 >/etc/nats-server.conf
#
#   --dir DIR       ca.pem, NODE.pem and NODE.key are there (/etc/lookout-centre)
#   --accounts FILE what accounts.sh wrote, seen from the folder of the configuration (lookout-centre/accounts.conf)
#   --store DIR     what JetStream keeps (/var/lib/nats)
#   --peers LIST    all nodes, ADDRESS or ADDRESS:PORT of the cluster, the node itself too
#   --ports LIST    of NATS, the cluster and MQTT (4222,6222,8883)
#   --disk SIZE     most that JetStream keeps on disk (24GB)
set -euo pipefail

fail() { printf 'error: %s\n  hint: %s\n' "$1" "$2" >&2; exit 1; }
dir=/etc/lookout-centre store=/var/lib/nats ports=4222,6222,8883 disk=24GB accounts=lookout-centre/accounts.conf node= address= peers=
while [ $# -gt 0 ]; do
    case "$1" in
        -h|--help) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 0 ;;
        --node|--address|--peers|--dir|--store|--ports|--disk|--accounts)
            [ $# -ge 2 ] || fail "$1 needs a value" "see $0 --help"
            printf -v "${1#--}" '%s' "$2"; shift 2 ;;
        *) fail "unknown argument $1" "see $0 --help" ;;
    esac
done
[ -n "$node" ] && [ -n "$address" ] && [ -n "$peers" ] || fail "--node, --address and --peers are needed" "see $0 --help"
IFS=, read -r nats cluster mqtt <<<"$ports"

routes=
count=0
for peer in ${peers//,/ }; do
    case "$peer" in *:*) ;; *) peer="$peer:6222" ;; esac
    count=$((count + 1))
    [ "$peer" = "$address:$cluster" ] || routes+="${routes:+, }\"nats://$peer\""
done
replicas=$((count >= 3 ? 3 : 1))

# $1: what is mapped to an account
tls() {
    printf '{ cert_file: "%s/%s.pem", key_file: "%s/%s.key", ca_file: "%s/ca.pem", verify%s: true, timeout: 5 }' \
        "$dir" "$node" "$dir" "$node" "$dir" "$1"
}

cat <<END
# Written by deploy/fleet/nats.sh.
server_name: "$node"
listen: "$address:$nats"
# A picture has at most 256 KiB.
max_payload: 1MB
# Whoever reads too slowly is let go, and asks again.
write_deadline: "10s"
lame_duck_duration: "30s"

tls $(tls _and_map)
include "$accounts"

jetstream { store_dir: "$store", max_memory_store: 256MB, max_file_store: $disk }

cluster {
    name: lookout
    listen: "$address:$cluster"
    tls $(tls "")
    routes: [$routes]
}

mqtt {
    listen: "$address:$mqtt"
    tls $(tls _and_map)
    ack_wait: "30s"
    max_ack_pending: 1000
    stream_replicas: $replicas
}
END
