#!/usr/bin/env bash
# Runs the long versions of the fault bench (tests/faults) and prints its table in Markdown, with counts.
#
#   deploy/soak.sh                 every row, as long as the table promises (about three hours)
#   deploy/soak.sh --quick         every row, a tenth of that
#   deploy/soak.sh --table         only prints the table of what has run
#   deploy/soak.sh --again NAME    forgets the rows whose test has NAME in it, then goes on
#   deploy/soak.sh --only NAME     only the rows whose test has NAME in it; two of these may run side by side
#
# Can be interrupted: rows that have passed are in the report and are not run again. The report is
# `${LOOKOUT_FAULTS_REPORT:-$cache/faults.jsonl}`; delete it to begin anew.
set -euo pipefail
cd "$(dirname "$0")/.."

cache="${LOOKOUT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lookout}"
export LOOKOUT_FAULTS_REPORT="${LOOKOUT_FAULTS_REPORT:-$cache/faults.jsonl}"
mkdir -p "$(dirname "$LOOKOUT_FAULTS_REPORT")"
touch "$LOOKOUT_FAULTS_REPORT"

# Test (of `faults`, or of the named test file), rounds (or records, or seeds; `-`: none), seconds (`-`: none), and what the
# row is called where the tests do not say it themselves, but are counted.
rows=(
    "kills::a_daemon_that_is_killed_at_random_moments 200 -"
    "kills::a_daemon_that_dies_at_named_points 210 -"
    "power:: 200 -"
    "brokers:: 200 -"
    "uplink::whatever_the_link_does - 60"
    "uplink::after_a_long_outage 50000 60"
    "storage::a_disk_that_fails 200 -"
    "storage::a_daemon_on_a_full_disk 1 -"
    "storage::a_daemon_on_a_read_only_disk 1 -"
    "corruption:: 1000 -"
    "storage::a_queue_that_is_too_small - 60"
    "storm:: - 60"
    "clocks::a_clock_that_is_an_hour_off 1 -"
    "clocks::a_box_that_boots_in_1970 1 -"
    "configurations:: 5000 -"
    "commands/no_broken_file_is_taken_up_however_fast_they_come 50 -"
    "commands/no_broken_configuration_is_taken_up 50 -"
    "commands/hostile:: 10 -"
    "detector/broken_models::a_file_that_is_not_the_described_one 1000 -"
    "detector/broken_models::a_broken_file_that_somebody_vouched_for 1000 -"
    "camera_faults/many:: 20 -"
    "camera_faults/ - - cameras: each fault of tests/camera_faults/README.md"
    "mqtt/daemon::it_starts_with_its_own_broker 200 - the box's own broker: 200 starts beside two busy loops"
    "mqtt/embedded:: - - the box's own broker: killed, hung, left behind, its file damaged, its port taken; an hour of checks"
    "mqtt/faults:: - - PUBACK with an error, out of order, never, twice; a broker that answers nothing, or takes nothing"
    "mqtt/delivery:: - - oversized or poison messages in either direction; a broker killed in the middle"
    "mild:: - 3600"
)

table() {
    python3 - "$LOOKOUT_FAULTS_REPORT" <<'PYTHON'
import json, sys
rows = {}
def flat(n):
    return " and ".join(f"{word} {count}" for word, count in n.items()) if isinstance(n, dict) else n
for line in open(sys.argv[1]):
    row = json.loads(line)
    if row["row"] not in rows or row["long"] or not rows[row["row"]]["long"]:
        rows[row["row"]] = row
print("| fault | passed | counts |\n|---|---|---|")
for row in rows.values():
    counts = [f"{what} {flat(n)}" for what, n in row["counts"].items()]
    if "rounds" in row:
        counts.insert(0, f"tried {row['rounds']}")
    if "seconds" in row:
        counts[-1] += f"; took {row['seconds']} s"
    passed = "yes" if row["passed"] else "**no**: " + "; ".join(m[:120] for m in row["misses"])
    print(f"| {row['row']} | {passed} | {', '.join(counts)} |")
PYTHON
}

# Adds a row that says how many named tests passed and failed.
count_tests() {
    python3 - "$1" "$2" "$output" >>"$LOOKOUT_FAULTS_REPORT" <<'PYTHON'
import json, re, sys
called, passed, output = sys.argv[1:]
counts = re.search(r"(\d+) passed; (\d+) failed", open(output, errors="replace").read())
tests = {"named tests that passed": int(counts[1]), "that failed": int(counts[2])} if counts else {}
print(json.dumps({"row": called, "passed": passed == "true", "long": True, "counts": tests, "misses": [] if passed == "true" else ["see above"]}))
PYTHON
}

share=1
only=
case "${1:-}" in
    --table) table; exit ;;
    --quick) share=10 ;;
    --again)
        grep -v "\"test\":\"[^\"]*${2:?a part of the name of a test}" "$LOOKOUT_FAULTS_REPORT.done" >"$LOOKOUT_FAULTS_REPORT.part" || true
        mv "$LOOKOUT_FAULTS_REPORT.part" "$LOOKOUT_FAULTS_REPORT.done" ;;
    --only) only="${2:?a part of the name of a test}" ;;
    "") ;;
    *) printf 'error: unknown argument %s\n  hint: see the beginning of deploy/soak.sh\n' "$1" >&2; exit 2 ;;
esac

if [ -z "${LOOKOUT_SOAK_NO_SETUP:-}" ]; then . deploy/setup.sh --test; fi
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$cache/target}"
touch "$LOOKOUT_FAULTS_REPORT.done"
failed=0
output=$(mktemp)
trap 'rm -f "$output"' EXIT
for row in "${rows[@]}"; do
    read -r name rounds seconds called <<<"$row"
    case "$name" in *"$only"*) ;; *) continue ;; esac
    mark="{\"test\":\"$name\",\"share\":$share}"
    if grep -qxF "$mark" "$LOOKOUT_FAULTS_REPORT.done"; then echo "soak: $name has passed before" >&2; continue; fi
    unset LOOKOUT_FAULT_ROUNDS LOOKOUT_FAULT_SECS
    [ "$rounds" = - ] || export LOOKOUT_FAULT_ROUNDS=$(((rounds + share - 1) / share))
    [ "$seconds" = - ] || export LOOKOUT_FAULT_SECS=$(((seconds + share - 1) / share))
    echo "soak: $name, ${LOOKOUT_FAULT_ROUNDS:--} rounds, ${LOOKOUT_FAULT_SECS:--} s" >&2
    file=faults
    case "$name" in */*) file="${name%%/*}" ;; esac
    if cargo test --locked --quiet --test "$file" "${name#*/}" -- --include-ignored --nocapture | tee "$output"; then
        printf '%s\n' "$mark" >>"$LOOKOUT_FAULTS_REPORT.done"
        passed=true
    else
        failed=$((failed + 1))
        passed=false
    fi
    [ -z "$called" ] || count_tests "$called" $passed
done
table
[ "$failed" -eq 0 ] || { echo "soak: $failed rows did not pass" >&2; exit 1; }
