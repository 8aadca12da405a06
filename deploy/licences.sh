#!/usr/bin/env bash
# Checks licences, sources and unwanted crates of everything in Cargo.lock (.deny.toml); with `--advisories` also what is known
# against them, which takes a network. Building cargo-deny takes minutes, so it is no part of `.ci/run`.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
command -v cargo-deny >/dev/null || cargo install --locked cargo-deny >&2
cargo deny --locked check licenses bans sources
if [ "${1:-}" = --advisories ]; then cargo deny --locked check advisories; fi
