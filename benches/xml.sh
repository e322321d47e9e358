#!/usr/bin/env bash
# `baowen check --schema` beside `xmllint --stream --schema`: whole processes, one core.
# usage: benches/xml.sh SCHEMA DOCUMENT [REPEATS, default 5]
# Needs GNU time at /usr/bin/time, taskset and xmllint.
set -euo pipefail
schema=$(realpath "$1")
document=$(realpath "$2")
repeats=${3:-5}
cd "$(dirname "$0")/.."
cargo build --release --quiet --bin baowen
target=${CARGO_TARGET_DIR:-target}/release
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bytes=$(stat -c %s "$document")

# run NAME COMMAND...: keeps user seconds, KiB resident and exit code of the fastest run.
run() {
  local name=$1 code=0 result
  shift
  taskset -c 0 /usr/bin/time -q -o "$work/time" -f '%U %M' "$@" >/dev/null 2>&1 || code=$?
  result="$(tail -n 1 "$work/time") $code"
  if [ ! -e "$work/$name" ] || awk "BEGIN { exit !(${result%% *} < $(cut -d' ' -f1 "$work/$name")) }"; then
    echo "$result" >"$work/$name"
  fi
}
for _ in $(seq "$repeats"); do
  run baowen "$target/baowen" check --jobs 1 --quiet --schema "$schema" "$document"
  run xmllint xmllint --stream --noout --schema "$schema" "$document"
done
printf '| %-8s | %8s | %12s | %12s | %7s |\n' "" "user" throughput resident verdict
printf '|---|---|---|---|---|\n'
for name in baowen xmllint; do
  awk -v name=$name -v bytes="$bytes" '{ printf "| %-8s | %6.2f s | %7.0f MB/s | %8.1f MiB | %7s |\n", name, $1, bytes / $1 / 1e6, $2 / 1024, $3 ? "invalid" : "valid" }' "$work/$name"
done
