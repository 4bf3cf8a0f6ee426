#!/usr/bin/env bash
#
# Makes `require('@tensorflow/tfjs-node')` work: builds the addon of the installed package against the
# libtensorflow that PyPI's tensorflow-cpu wheel carries. The package's own install script would download
# libtensorflow from a storage bucket that many networks do not reach; a Python package index they do.
#
#   scripts/tfjs-node.sh
#
# Variables:
#   TENSORFLOW_WHEEL   a tensorflow_cpu wheel on disk, used instead of a download
#   TFJS_NODE_CACHE    what is kept between runs (default .cache/tfjs-node): libtensorflow, and the addon per
#                      Node ABI, so that after an `npm ci` nothing is downloaded or compiled again
#
# Exit status: 0 it loads, 1 it failed, 2 it cannot be built here (a program or the platform is missing).

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The addon of tfjs-node 4.22 is written for libtensorflow 2.9; 2.15 has the same C API and a cp311 wheel
# that holds the C headers and both libraries.
readonly TENSORFLOW_VERSION=2.15.0
readonly PACKAGE=node_modules/@tensorflow/tfjs-node
readonly CACHE=${TFJS_NODE_CACHE:-.cache/tfjs-node}
readonly TENSORFLOW="$CACHE/tensorflow-$TENSORFLOW_VERSION"

say() { printf 'tfjs-node: %s\n' "$*"; }
fail() { printf 'tfjs-node: %s\n' "$*" >&2; exit 1; }
cannot() { printf 'tfjs-node: %s\n' "$*" >&2; exit 2; }

need() { # PROGRAM ADVICE
  command -v "$1" >/dev/null || cannot "$1 is missing: $2"
}

loads() { TF_CPP_MIN_LOG_LEVEL=2 node -e "require('@tensorflow/tfjs-node')" >/dev/null 2>&1; }

# Hard links: 600 MB appear in node_modules at once, and removing either side leaves the other whole.
mirror() { # FROM TO
  rm -rf "$2"
  mkdir -p "$(dirname "$2")"
  cp -al "$1" "$2" 2>/dev/null || { rm -rf "$2"; cp -a "$1" "$2"; }
}

check_platform() {
  local platform glibc
  platform=$(node -p 'process.platform + "-" + process.arch')
  glibc=$(node -p 'process.report.getReport().header.glibcVersionRuntime ?? ""')
  [[ $platform == linux-x64 && -n $glibc ]] ||
    cannot "builds for linux-x64 with glibc only, this is $platform: use the official download," \
      'npm rebuild @tensorflow/tfjs-node --ignore-scripts=false'
}

# The wheel is unzipped, never imported: any Python 3 will do, whatever Python the wheel was made for.
download_wheel() { # INTO
  python3 -m pip --version >/dev/null 2>&1 || cannot 'pip is missing: install python3-pip'
  say "downloading tensorflow-cpu $TENSORFLOW_VERSION (207 MB) ..."
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --dest "$1" \
    --implementation cp --python-version 3.11 --abi cp311 \
    --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 \
    "tensorflow-cpu==$TENSORFLOW_VERSION" ||
    fail "could not download tensorflow-cpu $TENSORFLOW_VERSION: check pip's index, or set TENSORFLOW_WHEEL"
}

unpack() { # WHEEL INTO
  python3 - "$@" <<'PYTHON'
import os, shutil, sys, zipfile

wheel, target = sys.argv[1:]
libraries = {
    'tensorflow/libtensorflow_cc.so.2': 'libtensorflow.so',
    'tensorflow/libtensorflow_framework.so.2': 'libtensorflow_framework.so',
}
headers = ('tensorflow/include/tensorflow/', 'tensorflow/include/tsl/')
with zipfile.ZipFile(wheel) as archive:
    for entry in archive.infolist():
        name = entry.filename
        if name in libraries:
            path = os.path.join(target, 'lib', os.path.basename(name))
        elif name.startswith(headers) and not entry.is_dir():
            path = os.path.join(target, os.path.relpath(name, 'tensorflow'))
        else:
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(entry) as source, open(path, 'wb') as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
for name, link in libraries.items():
    library = os.path.basename(name)
    os.stat(os.path.join(target, 'lib', library))
    os.symlink(library, os.path.join(target, 'lib', link))
PYTHON
}

# Leaves $TENSORFLOW/include and $TENSORFLOW/lib. It takes its place by a rename, so that what an interrupted
# run left is never taken for a whole one.
fetch_tensorflow() {
  [[ -d $TENSORFLOW ]] && return
  need python3 'install python3 and python3-pip'
  local wheel=${TENSORFLOW_WHEEL:-}
  work=$(mktemp -d "$CACHE/fetch.XXXXXX")
  if [[ -z $wheel ]]; then
    download_wheel "$work"
    wheel=$(echo "$work"/*.whl)
  fi
  [[ -f $wheel ]] || fail "no such wheel: $wheel (TENSORFLOW_WHEEL)"
  say 'unpacking libtensorflow (650 MB) ...'
  unpack "$wheel" "$work/tensorflow" 2>"$work/errors" ||
    fail "could not unpack $wheel: $(tail -n 1 "$work/errors")"
  mv "$work/tensorflow" "$TENSORFLOW"
  rm -rf "$work"
}

# binding.gyp gives the addon the run path $ORIGIN/../../deps/lib, so it finds libtensorflow without
# LD_LIBRARY_PATH as long as lib/ and deps/ stay beside each other.
compile() { # LOG
  need make 'install make (build-essential)'
  need python3 'install python3 (node-gyp is run with it)'
  command -v "${CXX:-g++}" >/dev/null || cannot "${CXX:-g++} is missing: install a C++ compiler (g++)"
  local prefix
  prefix=$(node -p 'path.dirname(path.dirname(process.execPath))')
  # Without these headers node-gyp downloads them from nodejs.org.
  if [[ -z ${npm_config_nodedir:-} && -f $prefix/include/node/node_api.h ]]; then
    export npm_config_nodedir=$prefix
  fi
  say "compiling the addon for Node $(node -v) ..."
  local compiled=true
  (cd "$PACKAGE" && JOBS=max npx --no-install node-pre-gyp install --build-from-source) >"$1" 2>&1 ||
    compiled=false
  rm -rf "$PACKAGE/build"
  $compiled || {
    grep -m 3 -E 'error:|gyp ERR! (stack|find)' "$1" >&2 || true
    fail "the addon did not compile (needed: a C++17 compiler, make, python3, Node's headers); see $1"
  }
}

need node 'install Node 20 or later'
loads && { say 'ready'; exit 0; }
[[ -d $PACKAGE ]] || fail '@tensorflow/tfjs-node is not installed: run npm ci first'
check_platform

mkdir -p "$CACHE"
work=
trap '[[ -z $work ]] || rm -rf "$work"' EXIT
version=$(node -p 'require("@tensorflow/tfjs-node/package.json").version')
addon=$CACHE/addon-$version-node-abi-$(node -p process.versions.modules)

fetch_tensorflow
mirror "$TENSORFLOW" "$PACKAGE/deps"
if [[ -d $addon ]]; then
  mirror "$addon" "$PACKAGE/lib"
  loads && { say 'ready (from the cache)'; exit 0; }
  rm -rf "$addon"
fi
compile "$CACHE/build.log"
loads || { node -e "require('@tensorflow/tfjs-node')" >&2 || true; fail 'the addon was built but does not load'; }
mirror "$PACKAGE/lib" "$addon"
say 'ready'
