#!/usr/bin/env bash
# Installs what is missing, builds modlab with warnings as errors, and runs its tests. See --help.
set -euo pipefail
trap 'exit 130' INT
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'TEXT'
Usage: deploy/test.sh [--long | --sanitize PRESET]

Installs the packages that are missing (deploy/install-deps.sh --tests), builds the dev preset into build/dev and runs
every test with ctest.

  --sanitize PRESET  build and test PRESET instead: asan-ubsan or tsan
  --long             dev, then every trial and oracle in its long form (about an hour), then asan-ubsan, then tsan

JOBS in the environment is the number of compilers and tests at once; by default the number of CPUs.
TEXT
}

presets=(dev)
trials=()
case "${1:-}" in
  "") ;;
  --long)
    presets=(dev asan-ubsan tsan)
    trials=(access chaos hostile learning load)
    ;;
  --sanitize)
    case "${2:-}" in
      asan-ubsan | tsan) presets=("$2") ;;
      *)
        echo "test: --sanitize takes asan-ubsan or tsan" >&2
        exit 2
        ;;
    esac
    ;;
  -h | --help)
    usage
    exit 0
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac
jobs=${JOBS:-$(nproc)}

./deploy/install-deps.sh --tests
for preset in "${presets[@]}"; do
  echo "test: building $preset"
  cmake --preset "$preset"
  cmake --build --preset "$preset" --parallel "$jobs"
  echo "test: running $preset"
  ctest --preset "$preset" --parallel "$jobs"
  [[ $preset == dev ]] || continue
  for trial in "${trials[@]}"; do
    echo "test: the trial $trial"
    MODLAB_BUILD=$PWD/build/dev PYTHONPATH=$PWD/build/dev/python:$PWD/tests/e2e \
      /usr/bin/python3 -B "tests/trials/$trial/${trial}_trial.py" --long
  done
  if ((${#trials[@]})); then
    echo "test: a network of 100,000 units pruned to a hundredth; trainings that are killed"
    for test in sparse train; do
      MODLAB_BUILD=$PWD/build/dev PYTHONPATH=$PWD/build/dev/python:$PWD/tests/e2e \
        /usr/bin/python3 -B "tests/e2e/test_$test.py" --long
    done
    echo "test: the zoo"
    /usr/bin/python3 -B tests/oracle/zoo/zoo_test.py build/dev/bin/graph_probe --long
    /usr/bin/python3 -B tests/oracle/partitions/partition_oracle_test.py build/dev/bin/partition_probe --graphs 300
    echo "test: the dependency oracle"
    /usr/bin/python3 -B tests/oracle/dependency/dependency_oracle.py build/dev/bin/graph_probe
  fi
done
