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

# What failed, a line each: the crate as cargo names it, and the test.
failed_in() {
    awk '/^ +Running /{crate = $2 == "unittests" ? ($3 ~ /lib.rs/ ? "--lib" : "--bins") : "--test " $2}
         /^ +Doc-tests /{crate = "--doc"}
         / \.\.\. FAILED$/ {name = crate
             sub(/^--test tests\//, "--test ", name); sub(/(\/main)?\.rs$/, "", name)
             sub(/^test /, ""); sub(/( - should panic)? \.\.\. FAILED$/, ""); print name "\t" $0}' "$1"
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
say "running the tests (the first build takes about ten minutes on two cores)"
if ! cargo test --locked --no-fail-fast "$@" -- "${ignored[@]}" 2>&1 | tee "$log"; then
    # Real brokers, cameras and browsers share two cores here, so a test may fail for want of time alone. What fails is run
    # once more, alone, and is named as unsteady where it passes then; what fails twice fails.
    failed=$(failed_in "$log")
    count=$(grep -c . <<<"$failed" || true)
    # A build that failed, a crate that ended by a signal, a broken example, or faults everywhere are no want of time.
    if [ "$count" -eq 0 ] || [ "$count" -gt 5 ] || grep -qE "^error: could not compile|\(signal: " "$log" ||
        grep -q "^--doc" <<<"$failed"; then
        exit 1
    fi
    say "$count failed; once more, each alone:"
    while IFS=$'\t' read -r crate name; do
        # shellcheck disable=SC2086 # a flag and its value
        cargo test --locked $crate -- --include-ignored --exact "$name" </dev/null
    done <<<"$failed"
    say "unsteady, as each failed among the others and passed alone:"
    printf '%s\n' "$failed"
fi
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
