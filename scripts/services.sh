#!/usr/bin/env bash
#
# A real Apache Kafka (one KRaft node) and a real Redis on loopback, for tests and the demo.
#
#   scripts/services.sh up               starts what does not run; returns when both answer; prints their addresses
#   scripts/services.sh down [--clean]   stops both; --clean (or CLEAN=1) removes their data
#   scripts/services.sh status           what runs, and where
#   scripts/services.sh jars             fetches Kafka's jars where they are missing and prints their folder
#
# With Docker if its engine answers, else with java and redis-server from this machine; Kafka's jars then come
# from Maven, once per version. Progress goes to standard error and one line to standard output, so that
# `export $(scripts/services.sh up)` sets KAFKA_BROKERS and REDIS_URL.
#
# Variables (with other ports and another SERVICES_DIR a second pair runs beside the first):
#   SERVICES_DIR=.services             data, logs and pids
#   SERVICES_BACKEND=                  docker or local; empty: docker if its engine answers
#   SERVICES_TIMEOUT=60                seconds that a service may take to answer, or to stop before it is killed
#   KAFKA_PORT=19092                   KAFKA_CONTROLLER_PORT=19093   REDIS_PORT=16379
#   KAFKA_VERSION=4.3.1                KAFKA_HEAP_OPTS=-Xmx1g
#   KAFKA_JARS=.services/jars          Kafka's jars, one folder a version; --clean leaves them
#
# Exit status: 0 done (status: both answer), 1 it failed (status: one does not answer), 2 it cannot run here:
# a program is missing.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

absolute() { case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac }

DIR=$(absolute "${SERVICES_DIR:-.services}")
JARS=$(absolute "${KAFKA_JARS:-.services/jars}")/kafka-${KAFKA_VERSION:=4.3.1}
TIMEOUT=${SERVICES_TIMEOUT:-60}
export KAFKA_VERSION
export KAFKA_PORT=${KAFKA_PORT:-19092}
export KAFKA_CONTROLLER_PORT=${KAFKA_CONTROLLER_PORT:-19093}
export KAFKA_HEAP_OPTS=${KAFKA_HEAP_OPTS:--Xmx1g}
export REDIS_PORT=${REDIS_PORT:-16379}
# Any 16 bytes in base64: a test cluster needs no identity of its own.
readonly CLUSTER_ID=c2VudGlmbHV4LWxvY2FsMA

say() { printf 'services: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }
cannot() { say "$@"; exit 2; }

addresses() { echo "KAFKA_BROKERS=127.0.0.1:$KAFKA_PORT REDIS_URL=redis://127.0.0.1:$REDIS_PORT"; }

port_of() { # SERVICE
  case $1 in kafka) echo "$KAFKA_PORT" ;; redis) echo "$REDIS_PORT" ;; esac
}

# --- Asking a service ----------------------------------------------------------------------------------------

listens() { (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Whether Kafka names a coordinator: a FindCoordinator request (version 1, key "-") and the two bytes of its
# error code. Far cheaper than a JVM for Kafka's own tools.
coordinator_answers() { # 0 (of groups) or 1 (of transactions)
  local error=
  { exec 3<>"/dev/tcp/127.0.0.1/$KAFKA_PORT"; } 2>/dev/null || return 1
  printf '\0\0\0\016\0\012\0\001\0\0\0\001\377\377\0\001-%b' "\\0$1" >&3
  # The first byte of the answer's length is 0, at which `read` ends: so `head` never waits on a silent port.
  if IFS= read -r -t 5 -d '' <&3; then error=$(head -c 13 <&3 | tail -c 2 | od -An -tx1 | tr -d ' '); fi
  exec 3>&-
  [[ $error == 0000 ]]
}

# Stronger than answering: the first request makes Kafka create the internal topics, without which the first
# join of a group or the first transaction fails.
kafka_answers() { coordinator_answers 0 && coordinator_answers 1; }

redis_answers() {
  local reply=
  { exec 3<>"/dev/tcp/127.0.0.1/$REDIS_PORT"; } 2>/dev/null || return 1
  printf 'PING\r\n' >&3
  IFS= read -r -t 5 reply <&3 || true
  exec 3>&-
  [[ $reply == +PONG* ]]
}

# --- Processes of this machine -------------------------------------------------------------------------------

# Prints the service's pid, if it runs. A pid file outlives its process, and the number may by now be another
# program's: the command line must name this service's folder.
pid_of() { # SERVICE
  local pid command
  pid=$(cat "$DIR/$1/pid" 2>/dev/null) || return 0
  if [[ -d /proc/self ]]; then
    command=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") || return 0
  else
    command=$(ps -ww -o args= -p "$pid") || return 0
  fi
  [[ $command != *"$DIR/$1/"* ]] || echo "$pid"
}

running() { # SERVICE: whether it runs, on the port that is asked for
  local port
  [[ -n $(pid_of "$1") ]] || return 1
  port=$(cat "$DIR/$1/port")
  [[ $port == "$(port_of "$1")" ]] ||
    fail "$1 already runs on port $port, not $(port_of "$1"): set that port, or stop it first (down)"
}

# In a process group of its own (set -m), so that Ctrl-C in a terminal or a test runner that ends its group
# does not reach it.
launch() { # SERVICE COMMAND...
  local service=$1
  shift
  set -m
  nohup "$@" </dev/null >"$DIR/$service/log" 2>&1 &
  set +m
  echo $! >"$DIR/$service/pid"
  port_of "$service" >"$DIR/$service/port"
  started="$started $service"
}

await() { # SERVICE
  local deadline=$((SECONDS + TIMEOUT))
  until "$1_answers"; do
    if [[ $backend == local && -z $(pid_of "$1") ]]; then
      tail -n 15 "$DIR/$1/log" >&2
      fail "$1 stopped while it started; its log is $DIR/$1/log"
    fi
    ((SECONDS < deadline)) || fail "$1 does not answer after $TIMEOUT s (SERVICES_TIMEOUT)"
    sleep 0.1
  done
}

stop() { # SERVICE...
  local service pid deadline=$((SECONDS + TIMEOUT))
  for service in "$@"; do
    pid=$(pid_of "$service")
    [[ -z $pid ]] || kill -TERM "$pid" 2>/dev/null || true
  done
  for service in "$@"; do
    while pid=$(pid_of "$service") && [[ -n $pid ]]; do
      if ((SECONDS >= deadline)); then
        say "$service did not stop in $TIMEOUT s: killing it"
        kill -KILL "$pid" 2>/dev/null || true
        deadline=$((deadline + 5))
      fi
      sleep 0.1
    done
    rm -f "$DIR/$service/pid"
  done
}

# --- Kafka and Redis of this machine -------------------------------------------------------------------------

need_port() { # VARIABLE
  ! listens "${!1}" || fail "port ${!1} is taken by another program: set another one ($1=...)"
}

java_major() { # of a version like 17.0.15 or 1.8.0_292: 17, 1
  java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p'
}

redis_version() { redis-server --version | sed -n 's/.* v=\([0-9.]*\).*/\1/p'; }

check_programs() {
  local missing=
  if ! command -v java >/dev/null; then
    missing="$missing; java (Debian: openjdk-17-jre-headless)"
  elif [[ $(java_major) -lt 17 ]]; then
    missing="$missing; java 17 or later, this is $(java_major)"
  fi
  if [[ ! -d $JARS ]] && ! command -v mvn >/dev/null; then
    missing="$missing; mvn (Debian: maven)"
  fi
  if ! command -v redis-server >/dev/null; then
    missing="$missing; redis-server (Debian: redis-server)"
  elif [[ $(printf '6.2\n%s\n' "$(redis_version)" | sort --version-sort | head -n 1) != 6.2 ]]; then
    missing="$missing; redis-server 6.2 or later, this is $(redis_version)"
  fi
  [[ -z $missing ]] || cannot "without a Docker engine this needs: ${missing#; }"
}

# The folder takes its place by a rename, so that what an interrupted download left is never taken for all of it.
fetch_kafka() {
  [[ ! -d $JARS ]] || return 0
  say "downloading Kafka $KAFKA_VERSION jars (54 MB) ..."
  mkdir -p "$(dirname "$JARS")"
  scratch=$(mktemp -d "$JARS.XXXXXX")
  # Without the binding that Kafka 3 brings: two of them, and it is chance which one logs.
  mvn --quiet --batch-mode --no-transfer-progress -Dstyle.color=never --file deploy/kafka/pom.xml \
    dependency:copy-dependencies -DincludeScope=runtime -DexcludeArtifactIds=slf4j-reload4j \
    -Dkafka.version="$KAFKA_VERSION" -DoutputDirectory="$scratch" >"$scratch.log" 2>&1 || {
    grep -m 1 ERROR "$scratch.log" >&2 || true
    fail "mvn could not download Kafka $KAFKA_VERSION; its output is in $scratch.log"
  }
  rm -f "$scratch.log"
  # Another run may have been first.
  [[ -d $JARS ]] || mv "$scratch" "$JARS"
}

start_kafka() {
  need_port KAFKA_PORT
  need_port KAFKA_CONTROLLER_PORT
  fetch_kafka
  mkdir -p "$DIR/kafka"
  local properties=$DIR/kafka/server.properties
  {
    cat deploy/kafka/server.properties
    echo
    echo "listeners=PLAINTEXT://127.0.0.1:$KAFKA_PORT,CONTROLLER://127.0.0.1:$KAFKA_CONTROLLER_PORT"
    echo "controller.quorum.voters=1@127.0.0.1:$KAFKA_CONTROLLER_PORT"
    echo "log.dirs=$DIR/kafka/data"
  } >"$properties"
  local java_options=(
    -cp "$JARS/*"
    -Dorg.slf4j.simpleLogger.showDateTime=true
    -Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS
  )
  if [[ ! -f $DIR/kafka/data/meta.properties ]]; then
    java "${java_options[@]}" kafka.tools.StorageTool format --cluster-id "$CLUSTER_ID" \
      --config "$properties" >"$DIR/kafka/log" 2>&1 || {
      tail -n 5 "$DIR/kafka/log" >&2
      fail "could not format Kafka's data folder; its log is $DIR/kafka/log"
    }
  fi
  # shellcheck disable=SC2086 # the variable holds several options
  launch kafka java $KAFKA_HEAP_OPTS "${java_options[@]}" kafka.Kafka "$properties"
}

# Nothing is written to disk; BullMQ must never have its keys evicted. An unchanged process title keeps the
# folder in the command line, by which pid_of knows it.
start_redis() {
  need_port REDIS_PORT
  mkdir -p "$DIR/redis/data"
  launch redis redis-server --bind 127.0.0.1 --port "$REDIS_PORT" --dir "$DIR/redis/data/" \
    --save '' --appendonly no --maxmemory-policy noeviction --set-proc-title no
}

# --- The two backends ----------------------------------------------------------------------------------------

choose_backend() {
  backend=${SERVICES_BACKEND:-}
  case $backend in
    docker | local) ;;
    '')
      backend=local
      # The client alone is not enough: the engine must answer.
      if docker info && docker compose version; then backend=docker; fi >/dev/null 2>&1
      ;;
    *) fail "SERVICES_BACKEND is '$backend': docker, local or nothing is understood" ;;
  esac
}

# One project per folder, so that two can run beside each other.
compose() {
  docker compose --file deploy/compose.services.yaml \
    --project-name "sentiflux-$(printf %s "$DIR" | cksum | cut -d ' ' -f 1)" "$@"
}

# Whatever this call started goes again if the call fails or is interrupted.
undo() {
  [[ -z $scratch ]] || rm -rf "$scratch"
  # shellcheck disable=SC2086 # a list of words
  stop $started
}

up() {
  choose_backend
  started=
  scratch=
  if [[ $backend == docker ]]; then
    compose up --detach --quiet-pull >&2 || fail 'docker compose failed (SERVICES_BACKEND=local runs without it)'
  else
    check_programs
    trap undo EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    # Not `running || start`: in a list bash would go on after a failed command inside start.
    if ! running redis; then start_redis; fi
    if ! running kafka; then start_kafka; fi
  fi
  await redis
  await kafka
  trap - EXIT INT TERM
  addresses
}

down() {
  choose_backend
  if [[ $backend == docker ]]; then
    if $clean; then compose down --volumes >&2; else compose down >&2; fi
  fi
  stop redis kafka
  if $clean; then rm -rf "$DIR/redis" "$DIR/kafka"; fi
}

status() {
  local service pid state=0
  [[ -z $(pid_of kafka) ]] || KAFKA_PORT=$(cat "$DIR/kafka/port")
  [[ -z $(pid_of redis) ]] || REDIS_PORT=$(cat "$DIR/redis/port")
  for service in kafka redis; do
    pid=$(pid_of "$service")
    if "${service}_answers"; then
      echo "$service answers${pid:+ (pid $pid)}"
    else
      echo "$service does not answer${pid:+ (pid $pid)}"
      state=1
    fi
  done
  addresses
  return $state
}

usage() {
  sed -n '3,/^$/s/^#\( \|$\)//p' "${BASH_SOURCE[0]}" >&2
  exit 1
}

clean=false
[[ ${CLEAN:-} != 1 ]] || clean=true
case "$*" in
  up) up ;;
  down) down ;;
  'down --clean')
    clean=true
    down
    ;;
  status) status ;;
  jars)
    fetch_kafka
    echo "$JARS"
    ;;
  *) usage ;;
esac
