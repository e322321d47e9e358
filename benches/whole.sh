#!/usr/bin/env bash
# Whole-process runs of `baowen check` and `convert`: memory on 1 GB, one core against two, start-up.
# usage: benches/whole.sh [SIZE of the large inputs, default 1G] [REPEATS, default 5]
# Needs GNU time at /usr/bin/time. Prints a table; the best of the repeats counts.
set -euo pipefail
cd "$(dirname "$0")/.."
size=${1:-1G}
repeats=${2:-5}
cargo build --release --quiet --bin baowen
cargo build --release --quiet -p baowen-benches --bin corpus
target=${CARGO_TARGET_DIR:-target}/release
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# best NAME COMMAND...: seconds (wall) and KiB (largest resident set) of the fastest run.
best() {
  local name=$1 seconds=999999 resident=0 result now
  shift
  for _ in $(seq "$repeats"); do
    /usr/bin/time -o "$work/time" -f '%e %M' "$@" >/dev/null
    result=$(tail -n 1 "$work/time")
    now=${result% *}
    if awk "BEGIN { exit !($now < $seconds) }"; then seconds=$now; resident=${result#* }; fi
  done
  echo "$seconds $resident" >"$work/$name.best"
}
seconds() { cut -d' ' -f1 "$work/$1.best"; }
mebibytes() { awk '{ printf "%.1f", $2 / 1024 }' "$work/$1.best"; }
rate() { awk -v bytes="$2" '{ printf "%.0f", bytes / $1 / 1e6 }' "$work/$1.best"; }
row() { printf '| %-44s | %9s s | %9s MB/s | %7s MiB |\n' "$1" "$(seconds "$2")" "$(rate "$2" "$3")" "$(mebibytes "$2")"; }

printf '| %-44s | %11s | %14s | %11s |\n' "whole process, best of $repeats ($size: 2)" time throughput resident
printf '|---|---|---|---|\n'

for kind in bayplan mixed; do
  input=$work/$kind.edi
  "$target/corpus" "$kind" --size "$size" "$input" 2>/dev/null
  bytes=$(stat -c %s "$input")
  repeats=2 best "$kind-1" "$target/baowen" check --jobs 1 --quiet "$input"
  row "$kind, $size, one core, streamed" "$kind-1" "$bytes"
  repeats=2 best "$kind-xml" "$target/baowen" convert "$input" --to xml
  row "$kind, $size, as XML" "$kind-xml" "$bytes"
  rm "$input"
done

input=$work/cuscar.edi
"$target/corpus" cuscar --size 200M "$input" 2>/dev/null
bytes=$(stat -c %s "$input")
for jobs in 1 2; do
  best "messages-$jobs" "$target/baowen" check --jobs "$jobs" --quiet "$input"
  row "many messages in one file, 200 MB, --jobs $jobs" "messages-$jobs" "$bytes"
done
best messages-xml "$target/baowen" convert "$input" --to xml
row "many messages in one file, 200 MB, as XML" messages-xml "$bytes"
rm "$input"

"$target/corpus" cuscar --size 100K --files 2000 "$work/files" 2>/dev/null
bytes=$(cat "$work"/files/* | wc -c)
for jobs in 1 2; do
  best "files-$jobs" "$target/baowen" check --jobs "$jobs" --quiet "$work/files"
  row "2,000 files of 100 KB, --jobs $jobs" "files-$jobs" "$bytes"
done
echo
echo "two cores against one: messages $(paste -d' ' "$work"/messages-{1,2}.best | awk '{ printf "%.2f", $1 / $3 }'), files $(paste -d' ' "$work"/files-{1,2}.best | awk '{ printf "%.2f", $1 / $3 }')"

# Start-up: too short for time(1), so many runs in a row.
"$target/corpus" cuscar --size 1K "$work/tiny.edi" 2>/dev/null
"$target/corpus" bayplan --size 1K "$work/tiny2.edi" 2>/dev/null
for tiny in tiny tiny2; do
  runs=100
  start=$(date +%s%N)
  for _ in $(seq $runs); do "$target/baowen" check --quiet "$work/$tiny.edi" || true; done
  end=$(date +%s%N)
  awk -v ns=$((end - start)) -v runs=$runs -v bytes="$(stat -c %s "$work/$tiny.edi")" \
    'BEGIN { printf "start-up: a file of %d bytes, whole process, mean of %d runs: %.1f ms\n", bytes, runs, ns / runs / 1e6 }'
done
