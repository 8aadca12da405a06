#!/usr/bin/env bash
# The accuracy benchmark: what the models find in labelled pictures, and what the rules tell on clips with truth.
# benches/accuracy/run.sh [--quick | --card]      --quick every tenth picture and clip; --card also puts the pictures into models/plots
# Needs labelled pictures, clips and public weights: ../shared beside the checkout, or LOOKOUT_SHARED. Takes up to an hour of two
# cores, which should have nothing else to do, and says how much is left. Tables go to standard output; tables, pictures and
# figures are left in ~/.cache/lookout/accuracy.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=benches/accuracy
shared=${LOOKOUT_SHARED:-../shared}
usage() { echo "usage: $0 [--quick | --card]" >&2; exit 2; }
options=() card=false
[ $# -le 1 ] || usage
case ${1:-} in
  "") ;;
  --quick) options+=(--quick) ;;
  --card) card=true ;;
  *) usage ;;
esac
# What is missing inside is named by run.py; without the folder there is no need to build.
if [ ! -d "$shared" ]; then
  echo "accuracy: there is no folder $shared: labelled pictures, clips and public weights are missing" >&2
  echo "  hint: LOOKOUT_SHARED=/path/to/shared $0" >&2
  exit 1
fi
. deploy/setup.sh --test
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$cache/target}"
echo "building" >&2
cargo build --release --locked --quiet --bin lookout
out=$cache/accuracy
mkdir -p "$out"
python3 "$here/run.py" --lookout "$CARGO_TARGET_DIR/release/lookout" --shared "$shared" --out "$out" "${options[@]}" | tee "$out/tables.md"
if $card; then
  mkdir -p models/plots
  cp "$out"/*.svg models/plots/
fi
