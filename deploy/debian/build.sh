#!/usr/bin/env bash
# Builds the Debian package for this machine's architecture into target/debian (or DIR): the program, the bundled models,
# the configuration's examples and schemas, ONNX Runtime's library, the face model, the service, and what the program is made of (CycloneDX).
#
#   deploy/debian/build.sh [DIR [VERSION]]
set -euo pipefail
cd "$(dirname "$0")/../.."

. deploy/setup.sh
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$cache/target}"
out=$(mkdir -p "${1:-$CARGO_TARGET_DIR/debian}" && cd "${1:-$CARGO_TARGET_DIR/debian}" && pwd)
command -v cargo-deb >/dev/null || {
    say "installing cargo-deb"
    cargo install --locked cargo-deb >&2
}
say "building the program"
cargo build --locked --release
# cargo-deb takes files from below the repository only.
stage=deploy/debian/stage
rm -rf "$stage"
mkdir -p "$stage"
trap 'rm -rf "$stage"' EXIT
cp -L "$LOOKOUT_ORT_LIB" "$stage/"
# Here it must be there: a package without it would redact less on every box that installs it.
[ -n "${LOOKOUT_FACE_MODEL:-}" ] || fail "the face model is not there, see above"
cp -L "$LOOKOUT_FACE_MODEL" "$(dirname "$LOOKOUT_FACE_MODEL")/centerface.LICENSE" "$stage/"
say "writing what the program is made of"
deploy/sbom.sh "$stage/lookout.cdx.json"
cargo deb --locked --no-build --output "$out/" ${2:+--deb-version "$2"}
