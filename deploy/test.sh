#!/usr/bin/env bash
# Sets up and runs every test. Tests that need the clips and public weights of ../shared (or
# LOOKOUT_SHARED) run where that folder exists and are reported as ignored where it does not.
# Can be run again and again; arguments go to `cargo test`, which then runs as it always does.
#
# Without arguments the suites run in two streams side by side: those that mostly wait (for cameras and brokers that are
# slow on purpose) beside those that only compute. The latter give way to the former. Then comes, alone, whatever measures
# or cannot bear company: every suite that is in neither list.
set -euo pipefail
cd "$(dirname "$0")/.."

waiting=(camera_faults dead_cameras faults mqtt onvif)
# `lib`: the tests in src.
computing=(lib accuracy_bench analysis_allocations architecture camera_health clips config contract detector
    detector_allocations documents models_add_and_fetch sentences)

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
             if (name == "--test fleet") name = "--features centre " name
             sub(/^test /, ""); sub(/( - should panic)? \.\.\. FAILED$/, ""); print name "\t" $0}' "$1"
}

# What cargo calls the suites of those names, a flag and a value each; a name that is none of a suite is a mistake here.
suites() {
    local name
    for name in "$@"; do
        if [ "$name" = lib ]; then echo --lib
        elif [ -f "tests/$name.rs" ] || [ -f "tests/$name/main.rs" ]; then printf '%s\n' --test "$name"
        else fail "tests/ has no suite \`$name\`" "mend the lists at the top of deploy/test.sh"
        fi
    done
}

# Every suite but those of the two streams, in the same form.
other_suites() {
    local file name
    for file in tests/*.rs tests/*/main.rs; do
        name=${file#tests/}; name=${name%.rs}; name=${name%/main}
        # `fleet` takes a feature of its own.
        case " ${waiting[*]} ${computing[*]} fleet " in *" $name "*) ;; *) echo "$name" ;; esac
    done
}

logs=$(mktemp -d)
declare -A streams=()
# A stream is a process group of its own, so that nothing of it outlives this script, however that ends.
clean_up() {
    local name
    for name in "${!streams[@]}"; do
        kill -TERM -- "-${streams[$name]}" 2>/dev/null || true
        say "ended in the middle: $name; its last lines:"
        tail -n 5 "$logs/$name" >&2
    done
    wait
    rm -rf "$logs"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# begin NAME shown|kept COMMAND..: runs it beside this script; its output goes to $logs/NAME, and is shown at once or kept.
begin() {
    local name=$1 output=$2; shift 2
    set -m
    if [ "$output" = shown ]; then { "$@" 2>&1 | tee "$logs/$name"; } </dev/null &
    else "$@" </dev/null >"$logs/$name" 2>&1 &
    fi
    set +m
    streams[$name]=$!
}

failed=""
is_broken=false
# end NAME: waits for it. What failed in it is added to `failed`; what no second try can mend makes it all fail.
end() {
    local status=0 found
    wait "${streams[$1]}" || status=$?
    unset "streams[$1]"
    [ "$status" -ne 0 ] || return 0
    found=$(failed_in "$logs/$1")
    # A build that failed, a crate that ended by a signal and a broken example are no want of time.
    if [ -z "$found" ] || grep -qE "^error: could not compile|\(signal: " "$logs/$1" || grep -q "^--doc" <<<"$found"; then
        is_broken=true
    fi
    failed+=$found$'\n'
}

seconds_of() { awk '/ finished in /{sub(/.* finished in /, ""); sum += $0} END {printf "%d s", sum}' "$logs/$1"; }

run=(cargo test --locked --no-fail-fast)
if [ $# -gt 0 ]; then
    say "running the tests (the first build takes about ten minutes on two cores)"
    begin alone shown "${run[@]}" "$@" -- "${ignored[@]}"
    end alone
else
    flags=$(suites "${waiting[@]}"); mapfile -t waiting_flags <<<"$flags"
    flags=$(suites "${computing[@]}"); mapfile -t computing_flags <<<"$flags"
    others=$(other_suites); mapfile -t others <<<"$others"
    flags=$(suites "${others[@]}"); mapfile -t other_flags <<<"$flags"
    say "building the tests (the first time takes about ten minutes on two cores)"
    begin build shown cargo test --locked --no-run
    end build
    ! $is_broken || exit 1
    say "running what computes; beside it, to be shown afterwards: ${waiting[*]}"
    begin waiting kept "${run[@]}" "${waiting_flags[@]}" -- "${ignored[@]}"
    begin computing shown nice -n 10 "${run[@]}" "${computing_flags[@]}" -- "${ignored[@]}"
    end computing
    end waiting
    say "what ran beside it:"
    cat "$logs/waiting"
    say "running the others, alone"
    begin others shown "${run[@]}" --bins "${other_flags[@]}" -- "${ignored[@]}"
    end others
    begin examples shown "${run[@]}" --doc -- "${ignored[@]}"
    end examples
    if command -v nats-server >/dev/null && [ -d /usr/lib/postgresql ]; then
        say "the command centre: its tests, and a small fleet"
        begin centre shown "${run[@]}" --features centre --test fleet -- --include-ignored
        end centre
        begin fleet shown deploy/fleet/run.sh --program "$CARGO_TARGET_DIR/debug/lookout" --boxes 2 --gauges 4 --cycles 3 --cameras 0
        end fleet
    else
        say "no nats-server and postgresql: the command centre is not tested (apt-get install nats-server postgresql)"
    fi
    say "$(seconds_of computing) beside $(seconds_of waiting), then $(seconds_of others)"
fi

# Real brokers, cameras and browsers share two cores here, so a test may fail for want of time alone. What fails is run
# once more, alone, and is named as unsteady where it passes then; what fails twice fails, and so do faults everywhere.
failed=$(grep . <<<"$failed" || true)
if [ -n "$failed" ] || $is_broken; then
    count=$(grep -c . <<<"$failed" || true)
    if $is_broken || [ "$count" -gt 5 ]; then
        say "failed:"
        printf '%s\n' "$failed"
        exit 1
    fi
    say "$count failed; once more, each alone:"
    while IFS=$'\t' read -r crate name; do
        # shellcheck disable=SC2086 # a flag and its value
        cargo test --locked $crate -- --include-ignored --exact "$name" </dev/null 2>&1 | tee "$logs/again"
        # A name that is not found passes, too.
        grep -q "^test result: ok. 1 passed" "$logs/again" || fail "\`$name\` was not run again"
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
