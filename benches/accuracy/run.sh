#!/usr/bin/env bash
# The accuracy benchmark: what the models find in labelled pictures, and what the rules tell on clips with truth.
# benches/accuracy/run.sh [--quick] [--fresh]     --quick every tenth picture and clip; --fresh forgets what was found before
# Needs labelled pictures, clips and public weights: ../shared beside the checkout, or LOOKOUT_SHARED. Takes half an hour.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=benches/accuracy
shared=${LOOKOUT_SHARED:-$(realpath ../shared 2>/dev/null || true)}
if [ ! -f "$shared/train/labels.jsonl" ] || [ ! -d "$shared/videos" ]; then
  echo "accuracy: the labelled pictures or the clips are missing (looked in ${shared:-../shared})" >&2
  echo "  hint: LOOKOUT_SHARED=/path/to/shared $0" >&2
  exit 1
fi
options=()
for option in "$@"; do
  case $option in
    --quick | --fresh) options+=("$option") ;;
    *) echo "usage: $0 [--quick] [--fresh]" >&2; exit 2 ;;
  esac
done
. deploy/setup.sh --test
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$cache/target}"
echo "building" >&2
cargo build --release --quiet --bin lookout
mkdir -p "$cache/accuracy"
python3 "$here/run.py" --lookout "$CARGO_TARGET_DIR/release/lookout" --shared "$shared" --cache "$cache/accuracy" "${options[@]}"
