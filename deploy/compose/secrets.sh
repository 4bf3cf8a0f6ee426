#!/usr/bin/env bash
# Makes the secrets of deploy/compose.yaml, each in a file of its own, in deploy/compose/secrets (or the folder that is
# named). What is there already is kept.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly folder=${1:-deploy/compose/secrets}
mkdir -p "$folder"

# Containers read the files as users of their own, so the folder keeps others out.
chmod 700 "$folder"
umask 022

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
make() { # FILE; its content comes by standard input
  [[ -s $folder/$1 ]] || cat >"$folder/$1"
}

for name in kafka-password redis-password author-key session-key grafana-password api-token; do
  random | make "$name"
done
make kafka-jaas <<JAAS
KafkaServer {
  org.apache.kafka.common.security.plain.PlainLoginModule required
    username="broker" password="$(random)"
    user_sentiflux="$(cat "$folder/kafka-password")";
};
JAAS
# The broker logs in to itself.
sed -i 's/username="broker" password="\([0-9a-f]*\)"$/username="broker" password="\1" user_broker="\1"/' "$folder/kafka-jaas"
# The line of docs/security.md.
make redis-users <<USERS
user default off
user sentiflux on >$(cat "$folder/redis-password") ~sf:* resetchannels -@all +@read +@write +@connection +@transaction +time +eval +evalsha +script|exists +script|load -@dangerous +info
USERS
make api-tokens <<TOKENS
- { name: compose, scopes: [read, score, admin], sha256: "$(printf %s "$(cat "$folder/api-token")" | sha256sum | cut -d' ' -f1)" }
TOKENS
printf 'the token of the API and the page: %s\n' "$folder/api-token"
