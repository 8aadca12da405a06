#!/usr/bin/env bash
# Certificates of a small authority for a fleet: nodes, the centre, boxes. For the first machines and for tries; `openssl` alone.
#
#   deploy/fleet/certificates.sh authority DIR               makes DIR/ca.pem and DIR/ca.key, which stays where it is
#   deploy/fleet/certificates.sh server DIR NAME ADDRESS..   of a node or a database: names or addresses by which it is reached
#   deploy/fleet/certificates.sh client DIR NAME             of a box (NAME is area.box: 530127.box-7f3a), or of the `centre`
#
# Files are DIR/NAME.pem and DIR/NAME.key. What is there is left alone. LOOKOUT_DAYS: for how many days (365).
set -euo pipefail

fail() { printf 'error: %s\n  hint: %s\n' "$1" "$2" >&2; exit 1; }
case "${1:-}" in -h|--help|"") sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
[ $# -ge 2 ] || fail "no folder is named" "$0 $1 DIR ..."
what="$1" dir="$2"; shift 2
days="${LOOKOUT_DAYS:-365}"
mkdir -p "$dir"
umask 077

# $1: name, $2: extensions
sign() {
    [ -s "$dir/ca.key" ] || fail "$dir/ca.key is not there" "begin with: $0 authority $dir"
    [ -s "$dir/$1.pem" ] && return 0
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/$1.key" -out "$dir/$1.csr" -subj "/CN=$1" 2>/dev/null
    openssl x509 -req -in "$dir/$1.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -days "$days" -sha256 \
        -extfile <(printf '%s\n' "$2") -out "$dir/$1.pem" 2>/dev/null
    rm -f "$dir/$1.csr"
    chmod 644 "$dir/$1.pem"
}

case "$what" in
    authority)
        [ -s "$dir/ca.key" ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/ca.key" \
            -out "$dir/ca.pem" -days 3650 -subj "/CN=Lookout fleet" -addext "keyUsage=critical,keyCertSign,cRLSign" 2>/dev/null
        chmod 644 "$dir/ca.pem" ;;
    server)
        [ $# -ge 2 ] || fail "no name and address" "$0 server $dir node-1 10.0.0.1"
        name="$1"; shift
        also="DNS:$name"
        for address in "$@"; do
            if [[ "$address" =~ ^[0-9.]+$|: ]]; then also+=",IP:$address"; else also+=",DNS:$address"; fi
        done
        # A node of NATS is a client of the others, too.
        sign "$name" "subjectAltName=$also
extendedKeyUsage=serverAuth,clientAuth" ;;
    client)
        [ $# -ge 1 ] || fail "no name" "$0 client $dir 530127.box-7f3a"
        for name in "$@"; do sign "$name" "extendedKeyUsage=clientAuth"; done ;;
    *) fail "\`$what\` is none of authority, server, client" "see $0 --help" ;;
esac
