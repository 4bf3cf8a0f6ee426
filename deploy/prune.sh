#!/usr/bin/env bash
# Leaves of an installation what Linux on one architecture runs: the native engine comes with the libraries of five
# platforms, the WebAssembly one with the builds for browsers. They are nine tenths of it.
#
#   deploy/prune.sh NODE_MODULES x64|arm64
set -euo pipefail
readonly modules=$1 architecture=$2

find "$modules"/onnxruntime-node/bin -mindepth 3 -maxdepth 3 -type d -not -path "*/linux/$architecture" \
  -exec rm -r {} +
find "$modules"/onnxruntime-web/dist -type f -not -name 'ort.node.min.*js' \
  -not -name 'ort-wasm-simd-threaded.mjs' -not -name 'ort-wasm-simd-threaded.wasm' -delete
find "$modules" -type f -name '*.map' -delete
find "$modules"/onnxruntime-node/bin -type d -empty -delete
