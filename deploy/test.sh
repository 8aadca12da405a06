#!/usr/bin/env bash
# Sets up and runs every test. Tests that need the clips and public weights of ../shared (or
# LOOKOUT_SHARED) run where that folder exists and are reported as ignored where it does not.
# Can be run again and again; arguments go to `cargo test`.
set -euo pipefail
cd "$(dirname "$0")/.."

. deploy/setup.sh --test

shared="${LOOKOUT_SHARED:-../shared}"
ignored=()
if [ -d "$shared/videos" ] && [ -d "$shared/models" ]; then
    export LOOKOUT_SHARED; LOOKOUT_SHARED=$(cd "$shared" && pwd)
    ignored=(--include-ignored)
    say "clips and public weights are there: no test is left out"
else
    say "no clips and public weights at $shared: the tests that need them are reported as ignored"
fi

# The build folder lives in the user's cache, so that a fresh clone starts warm.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$cache/target}"
# Many tests work on pictures: optimised, they take a third of the time, which is more than the build costs.
export CARGO_PROFILE_DEV_OPT_LEVEL=1
say "running the tests (the first build takes about ten minutes on two cores)"
cargo test --locked --no-fail-fast "$@" -- "${ignored[@]}"
if [ ${#ignored[@]} -eq 0 ]; then
    say "running the tests against the Modbus server and the centre that verifies, which were installed above"
    cargo test --locked --test sensors modbus_real -- --include-ignored
    cargo test --locked --test mqtt signing -- --include-ignored
    say "running the tests against a camera with ONVIF that others wrote, which was installed above"
    cargo test --locked --test onvif of_others -- --include-ignored
    say "running the tests of consumers with the public tools, which were installed above"
    cargo test --locked --test consumers -- --include-ignored
    if command -v chromedriver >/dev/null; then
        say "running the tests of the page in a real browser, which was installed above"
        cargo test --locked --test page browser -- --include-ignored
    fi
fi
