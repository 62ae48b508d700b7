#!/usr/bin/env bash
# Installs what is missing, builds modlab, and scores the network that ships with it. See --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "${1:-}" in
  "") ;;
  -h | --help)
    cat <<'TEXT'
Usage: deploy/demo.sh

Installs the packages that are missing (deploy/install-deps.sh), builds the release preset into build/release, and scores
client/examples/digits/digits-mlp.pt on a daemon of its own, which is gone again afterwards with all that it stored.
Run it again: what is there already is neither installed nor built a second time.
TEXT
    exit 0
    ;;
  *)
    echo "demo: no arguments, please; see deploy/demo.sh --help" >&2
    exit 2
    ;;
esac

./deploy/install-deps.sh

# The programs alone, so that the demo needs none of the tests' packages. A build folder that was configured otherwise is
# left as it is.
if [[ ! -f build/release/build.ninja ]]; then
  cmake --preset release -DMODLAB_TESTS=OFF
fi
cmake --build --preset release --target modlab modlabd modlab-supervisor modlab-worker

# A home of its own for the daemon that `modlab` starts: short, since a Unix socket's path has at most 107 bytes.
home=$(mktemp -d /tmp/modlab-demo.XXXXXX)
modlab=build/release/bin/modlab
unset MODLAB_SERVER
export XDG_RUNTIME_DIR=$home/run XDG_STATE_HOME=$home/state XDG_CONFIG_HOME=$home/config
mkdir -m 700 "$XDG_RUNTIME_DIR"

# Processes that were started for this demo: all of them have its folder in their command lines.
processes() { grep -ls --null-data "$home" /proc/[0-9]*/cmdline | cut -d/ -f3 || true; }
leave() {
  trap '' INT TERM
  "$modlab" server stop --jobs >/dev/null 2>&1 || true
  for _ in {1..50}; do
    [[ -n $(processes) ]] || break
    sleep 0.1
  done
  for process in $(processes); do
    kill -9 "$process" 2>/dev/null || true
  done
  rm -rf "$home"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

echo
echo "\$ modlab score client/examples/digits/digits-mlp.pt --seed 1"
"$modlab" score client/examples/digits/digits-mlp.pt --seed 1
