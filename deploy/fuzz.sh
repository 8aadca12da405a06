#!/usr/bin/env bash
# Runs the fuzz targets of tests/fuzz, on a stable toolchain. Inputs found so far are kept and gone on from.
#
#   deploy/fuzz.sh                        every target, 180 seconds each
#   deploy/fuzz.sh TARGET [SECONDS]       one of configuration, commands, readings, manifest, queue, rtp
#
# What crashes is in `$cache/fuzz/TARGET/crashes`; `deploy/fuzz.sh TARGET FILE` runs that one input again.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -z "${LOOKOUT_FUZZ_NO_SETUP:-}" ]; then . deploy/setup.sh --test; fi
cache="${LOOKOUT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lookout}"
built="${LOOKOUT_FUZZ_TARGET_DIR:-$cache/target-fuzz}"
command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz >&2

targets=(configuration commands readings manifest queue rtp)
seconds=180
if [ $# -gt 0 ]; then targets=("$1"); seconds="${2:-$seconds}"; fi

# The counters of SanitizerCoverage are an unstable flag; no sanitizer is used, so nothing else is.
export RUSTC_BOOTSTRAP=1
cp Cargo.lock tests/fuzz/Cargo.lock
fuzz() { cargo fuzz "$@"; }

# Something to begin with: what people and devices really write.
seed() {
    local into="$2" file n
    mkdir -p "$into"
    case "$1" in
        configuration) cp config/*.toml tests/data/config/*.toml "$into/" 2>/dev/null || true ;;
        manifest) cp models/*.toml tests/data/detector/*.toml "$into/" 2>/dev/null || true ;;
        commands)
            # Unsigned to an open box, and signed: the first byte says which (see the target).
            n=0
            for name in ack mark wanted set mute confirm snapshot selftest original; do
                python3 - "config/schema/$name.json" "$n" "$into/$name" <<'PYTHON'
import json, sys
schema, n, into = sys.argv[1:]
for example in json.load(open(schema))["examples"]:
    # Good at the time that the target takes for now, and for the box that it takes itself for.
    example.update({"iat": 1790000000, "exp": 1790000300, "box": "box-1", "area": "530127"})
    body = json.dumps(example).encode()
    open(into + "-open", "wb").write(bytes([0x20 | int(n)]) + body)
    open(into + "-signed", "wb").write(bytes([0x10 | int(n)]) + body)
PYTHON
                n=$((n + 1))
            done ;;
        readings)
            n=0
            for file in tests/data/sensors/*; do
                [ -f "$file" ] || continue
                for place in 0 1 2 3; do
                    { printf "\\x0$place"; cat "$file"; } >"$into/$n-$place"
                done
                n=$((n + 1))
            done
            printf '\x00open' >"$into/word" ;;
        queue)
            printf '\x10\x02\x00\x00\x01' >"$into/one-bit"
            printf '\x00\x40\x00\x81\x00' >"$into/short-log"
            printf '\x08\x00\x00\x02\xff' >"$into/mark" ;;
        rtp)
            printf '\x00\x10\x80\x60\x00\x01\x00\x00\x00\x01\x00\x00\x00\x02\x65\x01\x02\x03' >"$into/h264"
            printf '\x01\x10\x80\x60\x00\x01\x00\x00\x00\x01\x00\x00\x00\x02\x26\x01\x02\x03' >"$into/h265" ;;
    esac
}

fuzz build -s none --fuzz-dir tests/fuzz --target-dir "$built" >&2
for target in "${targets[@]}"; do
    folder="$cache/fuzz/$target"
    mkdir -p "$folder/inputs" "$folder/crashes"
    seed "$target" "$folder/seeds"
    if [ -f "$seconds" ]; then
        fuzz run -s none --fuzz-dir tests/fuzz --target-dir "$built" "$target" "$seconds"
        continue
    fi
    printf 'fuzz: %s for %s s\n' "$target" "$seconds" >&2
    fuzz run -s none --fuzz-dir tests/fuzz --target-dir "$built" "$target" "$folder/inputs" "$folder/seeds" -- \
        -max_total_time="$seconds" -max_len=8192 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$folder/crashes/" 2>&1 | tee "$folder/log" | grep -E "^(#[0-9]+.*(pulse|DONE|INITED)|stat::|==|SUMMARY|thread|.*panicked)" || true
    if [ -n "$(ls "$folder/crashes")" ]; then
        printf 'fuzz: %s crashed: %s\n' "$target" "$(ls "$folder/crashes")" >&2
        exit 1
    fi
done
