#!/usr/bin/env bash
# Fuzzes what reads hostile bytes. See --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

targets=(archive array event_log result spec requests reader)
seconds=60
usage() {
  cat <<'TEXT'
Usage: tests/fuzz/fuzz.sh [--seconds N] [TARGET...]

Builds the fuzz targets with clang (preset fuzz) and runs each for N seconds (60), one after the other, on what
tests/fuzz/corpus has and what earlier runs have found (build/fuzz/corpus). Prints executions, coverage and crashes, and
adds a line for each to the table in tests/fuzz/README.md. Inputs that reach more code are minimised and kept in
tests/fuzz/corpus while they are small; an input that crashed is written to build/fuzz/crashes: put it into
tests/fuzz/corpus/TARGET with the change that mends it. Ends with 1 where anything crashed.
TEXT
}
chosen=()
while (($#)); do
  case $1 in
    --seconds)
      seconds=${2:?--seconds takes a number}
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) chosen+=("$1") ;;
  esac
  shift
done
((${#chosen[@]})) && targets=("${chosen[@]}")

./deploy/install-deps.sh --fuzz
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --parallel "${JOBS:-$(nproc)}" --target "${targets[@]/#/fuzz_}"

# The requests' databases are made by the thousand: in memory, where there is a file system in it.
[[ -w /dev/shm ]] && export TMPDIR=/dev/shm
export ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1
export UBSAN_OPTIONS=print_stacktrace=1:suppressions=$PWD/tests/suppressions/ubsan.supp
largest=4096 # bytes of an input that is kept in the repository
most=30000   # bytes of a target's corpus in the repository
files=90     # and its number of files
crashed=0

for target in "${targets[@]}"; do
  program=build/fuzz/bin/fuzz_$target
  kept=tests/fuzz/corpus/$target
  found=build/fuzz/corpus/$target
  crashes=build/fuzz/crashes/$target-
  log=build/fuzz/$target.log
  mkdir -p "$found" build/fuzz/crashes
  options=(-max_len=65536 -timeout=25 -rss_limit_mb=2560 -artifact_prefix="$crashes" -entropic=0)
  [[ -e tests/fuzz/$target.dict ]] && options+=("-dict=tests/fuzz/$target.dict")
  asan=$ASAN_OPTIONS
  run=()
  if [[ $target == reader ]]; then # whose programs LibTorch executes: some take for ever, and it is not the reader's fault
    asan+=:max_allocation_size_mb=32
    run=(-fork=1 -ignore_timeouts=1 -timeout=10)
  fi
  echo "fuzz: $target, $seconds s"
  outcome=0
  ASAN_OPTIONS=$asan "$program" "${options[@]}" "${run[@]}" -max_total_time="$seconds" -print_final_stats=1 "$found" "$kept" \
    2>"$log" || outcome=1
  executions=$(awk '/number_of_executed_units/ { print $2 }' "$log")
  [[ -n $executions ]] || executions=$(awk '/^#[0-9]+/ { n = substr($1, 2) + 0 } END { print n + 0 }' "$log")
  coverage=$(grep -o 'cov: [0-9]*' "$log" | tail -1 | cut -d' ' -f2) || true # none where it crashed at once
  coverage=${coverage:-0}
  if ((outcome)); then
    crashed=1
    grep -E 'ERROR|SUMMARY|not so|runtime error|Test unit written' "$log" || tail -20 "$log"
  fi
  # What reaches new code, as small as it can be, for the repository as far as there is room.
  rm -rf "build/fuzz/merged/$target"
  mkdir -p "build/fuzz/merged/$target"
  ASAN_OPTIONS=$asan "$program" "${options[@]}" -merge=1 "build/fuzz/merged/$target" "$kept" "$found" >/dev/null 2>&1 || true
  while read -r size input; do
    ((size <= largest && $(du -sb "$kept" | cut -f1) + size <= most && $(find "$kept" -type f | wc -l) < files)) || break
    cmp -s "$input" "$kept/$(basename "$input")" || cp -n "$input" "$kept/"
  done < <(find "build/fuzz/merged/$target" -type f -printf '%s %p\n' | sort -n)
  echo "fuzz: $target: $executions executions, $coverage edges, $((outcome)) crashes"
  printf '| %s | %s | %d | %s | %s | %s |\n' "$(date -u +%F)" "$target" "$seconds" "$executions" "$coverage" \
    "$( ((outcome)) && echo yes || echo none)" >>tests/fuzz/README.md
done
exit "$crashed"
