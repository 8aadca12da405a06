#!/usr/bin/env bash
# The density benchmark: makes the streams, builds, measures what is not measured yet, prints the tables.
# benches/density/run.sh [--quick] [--only TEXT] [--fresh]     --fresh forgets what was measured before
# Needs the clips: ../shared beside the checkout, or LOOKOUT_SHARED. Takes an hour and twenty minutes, --quick half an hour.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=benches/density
shared=${LOOKOUT_SHARED:-$(realpath ../shared 2>/dev/null || true)}
if [ ! -f "$shared/videos/people-one-by-one.mp4" ]; then
  echo "density: the clips are missing (looked in ${shared:-../shared})" >&2
  echo "  hint: LOOKOUT_SHARED=/path/to/shared $0" >&2
  exit 1
fi
quick=() only=() fresh=
while [ $# -gt 0 ]; do
  case $1 in
    --quick) quick=(--quick) ;;
    --only) only=(--only "$2"); shift ;;
    --fresh) fresh=yes ;;
    *) echo "usage: $0 [--quick] [--only TEXT] [--fresh]" >&2; exit 2 ;;
  esac
  shift
done
. deploy/setup.sh --test
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$cache/target}"
cache=$cache/density
mkdir -p "$cache"
if [ ! -x "$cache/venv/bin/python" ] || ! "$cache/venv/bin/python" -c 'import cv2, onnxruntime, matplotlib' 2>/dev/null; then
  python3 -m venv "$cache/venv"
  "$cache/venv/bin/pip" install -q --disable-pip-version-check opencv-python-headless onnxruntime numpy matplotlib
fi
python=$cache/venv/bin/python
# ONNX Runtime with OpenVINO's provider, a Python package that is only a carrier, as in deploy/setup.sh.
openvino=1.24.1
export LOOKOUT_OPENVINO_LIB=$cache/openvino/onnxruntime/capi/libonnxruntime.so.$openvino
if [ ! -f "$LOOKOUT_OPENVINO_LIB" ]; then
  "$cache/venv/bin/pip" install -q --disable-pip-version-check --no-deps --target "$cache/openvino" "onnxruntime-openvino==$openvino"
fi
results=$cache/results${quick:+-quick}.jsonl
[ -z "$fresh" ] || rm -f "$results"
echo "building" >&2
cargo build --release --quiet --bin lookout
rustc --edition 2024 -O "$here/serve.rs" -o "$cache/serve"
echo "making the streams (once)" >&2
if [ -n "${quick:-}" ]; then "$python" "$here/streams.py" "$shared" "$cache" room-03 room-10 room-30
else "$python" "$here/streams.py" "$shared" "$cache"; fi
"$python" "$here/run.py" --lookout "$CARGO_TARGET_DIR/release/lookout" --serve "$cache/serve" --models models \
  --streams "$cache" --results "$results" "${quick[@]}" "${only[@]}"
"$python" "$here/table.py" "$results" "$cache/density.png"
