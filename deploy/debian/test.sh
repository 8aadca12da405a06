#!/usr/bin/env bash
# Installs the package in a fresh Debian, runs what it brings, upgrades, removes and purges it. Needs root and the
# Debian archive (debootstrap); takes some minutes. Not part of the tests.
#
#   deploy/debian/test.sh [SUITE]        default: bookworm
set -euo pipefail
cd "$(dirname "$0")/../.."
suite="${1:-bookworm}"
work=$(mktemp -d)
root="$work/root"
trap 'umount "$root/proc" "$root/sys" 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT

step() { printf 'package: %s\n' "$*" >&2; }
wrong() { printf 'error: %s\n' "$*" >&2; exit 1; }
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive "$@"; }

command -v debootstrap >/dev/null || apt-get install -y -q --no-install-recommends debootstrap >&2
step "building two versions"
deploy/debian/build.sh "$work/old" 0.1.0-1
deploy/debian/build.sh "$work/new" 0.1.0-2
step "making a fresh $suite"
debootstrap --variant=minbase "$suite" "$root" >"$work/debootstrap.log" 2>&1 || { tail -20 "$work/debootstrap.log"; exit 1; }
for list in /etc/apt/sources.list /etc/apt/apt.conf.d; do [ ! -e "$list" ] || cp -r "$list" "$root/etc/apt/"; done
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
inside apt-get update -q >/dev/null

step "install"
# As the system of a box has it: the daemon and its libraries look at the machine there.
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
cp "$work"/old/*.deb "$root/old.deb"
cp "$work"/new/*.deb "$root/new.deb"
inside apt-get install -y -q --no-install-recommends /old.deb >"$work/install.log" 2>&1 || { tail -30 "$work/install.log"; exit 1; }
inside lookout --version
inside lookout models verify
inside getent passwd lookout >/dev/null || wrong "no user"
inside test -x /usr/sbin/mosquitto || wrong "no broker"
[ "$(stat -c %a "$root/var/lib/lookout")" = 700 ] || wrong "the state is open to others"
[ "$(inside stat -c %a:%U:%G /etc/lookout/secrets)" = 770:root:lookout ] || wrong "others reach the secrets, or the service cannot write them"
inside runuser -u lookout -- lookout check || wrong "the service cannot start with the configuration of a fresh installation"
[ -e "$root/lib/systemd/system/lookout.service" ] || wrong "no service"
[ -L "$root/etc/systemd/system/multi-user.target.wants/lookout.service" ] || wrong "the service is not enabled"

step "an installer comes from the fresh package to an alert that is taken on, with a phone, in English and in Chinese"
cp "$work"/old/*.deb "$root/lookout.deb"
. deploy/setup.sh --test
CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$cache/target}" CARGO_PROFILE_DEV_OPT_LEVEL=1 LOOKOUT_PACKAGE_ROOT="$root" \
    cargo test --locked --test page whole:: -- --include-ignored --nocapture --test-threads 1 || wrong "the walk failed"

step "the program sees: model, library, decoder"
cp tests/scenes/lane-day.mp4 config/demo-lane.toml "$root/root/"
inside lookout replay /root/lane-day.mp4 --config /root/demo-lane.toml --camera lane >"$work/alerts.jsonl"
alerts=$(grep -c . "$work/alerts.jsonl") || true
[ "${alerts:-0}" -ge 3 ] || wrong "only ${alerts:-0} revisions of alerts on the bundled clip"
step "$alerts revisions of alerts on the bundled clip"

step "as the README says: the service's user reads what root wrote, and check judges by it"
cp config/minimal.toml "$root/etc/lookout/lookout.toml"
sed -i 's/^# secret = "cam-1"/secret = "cam-1"/' "$root/etc/lookout/lookout.toml"
grep -q '^secret = "cam-1"' "$root/etc/lookout/lookout.toml" || wrong "minimal.toml names no secret to try"
echo viewer:the-password | inside lookout secret set cam-1
inside lookout check || wrong "check refuses what the README says"
inside runuser -u lookout -- lookout check || wrong "the service's user cannot read it"
chmod 600 "$root/etc/lookout/secrets/cam-1"
if inside lookout check 2>"$work/check.log"; then wrong "check says that all is well, and the service cannot read"; fi
grep -q 'cannot be read' "$work/check.log" || wrong "check complains of something else: $(cat "$work/check.log")"
chgrp root "$root/etc/lookout/secrets/cam-1"

step "upgrade"
echo "# mine" >>"$root/etc/lookout/lookout.toml"
echo alerts >"$root/var/lib/lookout/kept"
inside apt-get install -y -q /new.deb >"$work/upgrade.log" 2>&1 || { tail -30 "$work/upgrade.log"; exit 1; }
[ "$(inside dpkg-query -W -f '${Version}' lookout)" = 0.1.0-2 ] || wrong "not upgraded"
grep -q "# mine" "$root/etc/lookout/lookout.toml" || wrong "the upgrade touched the configuration"
inside lookout check || wrong "the upgrade leaves a secret that the service cannot read"
[ -e "$root/var/lib/lookout/kept" ] || wrong "the upgrade lost the state"

step "remove"
inside apt-get remove -y -q lookout >/dev/null 2>&1
[ ! -e "$root/usr/bin/lookout" ] || wrong "the program is still there"
[ -e "$root/var/lib/lookout/kept" ] && grep -q "# mine" "$root/etc/lookout/lookout.toml" || wrong "removing lost state"

step "purge"
inside apt-get purge -y -q lookout >/dev/null 2>&1
[ ! -e "$root/var/lib/lookout" ] && [ ! -e "$root/etc/lookout" ] || wrong "purging left something"
if inside getent passwd lookout >/dev/null; then wrong "purging left the user"; fi
step "installs, runs, upgrades, keeps its state, removes and purges cleanly on $suite"
