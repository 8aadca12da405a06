#!/usr/bin/env bash
# Writes what the program is made of, crate by crate with version, licence and checksum, as CycloneDX JSON.
#
#   deploy/sbom.sh [FILE]      usually target/lookout.cdx.json
set -euo pipefail
cd "$(dirname "$0")/.."
[ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
out="${1:-target/lookout.cdx.json}"
mkdir -p "$(dirname "$out")"
command -v cargo-cyclonedx >/dev/null || cargo install --locked cargo-cyclonedx >&2
# It writes beside Cargo.toml, and nowhere else.
trap 'rm -f lookout-sbom.json' EXIT
cargo cyclonedx --quiet --format json --spec-version 1.5 --override-filename lookout-sbom
python3 - lookout-sbom.json "$out" <<'PYTHON'
import json, sys
made, out = sys.argv[1:]
bom = json.load(open(made))
here = bom["metadata"]["component"]["bom-ref"].split("#")[0]
# Where this machine keeps the source is nobody's business.
text = json.dumps(bom, indent=1, ensure_ascii=False).replace(here, "lookout")
open(out, "w").write(text + "\n")
print(f"{out}: {len(bom['components'])} components, CycloneDX {bom['specVersion']}", file=sys.stderr)
PYTHON
