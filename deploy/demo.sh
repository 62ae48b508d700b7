#!/usr/bin/env bash
# Installs what is missing, builds modlab, and runs the study of an engineered modular network. See --help.
set -euo pipefail
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "${1:-}" in
  "") ;;
  -h | --help)
    cat <<'TEXT'
Usage: deploy/demo.sh

Installs the packages that are missing (deploy/install-deps.sh), builds the release preset into build/release, and runs
`modlab experiment run baseline --size small` on a daemon of its own, which is gone again afterwards with all that it
stored. What came out is printed as a table, and written up with pictures in build/baseline-small.html.
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

# The programs, and the stubs for Python, without the tests, so that the demo needs none of their packages. A build folder
# that was configured otherwise is left as it is.
if [[ ! -f build/release/build.ninja ]]; then
  cmake --preset release -DMODLAB_TESTS=OFF
fi
cmake --build --preset release \
  --target modlab modlabd modlab-supervisor modlab-worker modlab_python_stubs

# Ends what works for this demo: processes that have a file of its home open.
home=
modlab=build/release/bin/modlab
processes() { find /proc/[0-9]*/fd -lname "$home/*" 2>/dev/null | cut -d/ -f3 | sort -u || true; }
leave() {
  trap '' INT TERM
  [[ -n $home ]] || return 0
  "$modlab" server stop --jobs >/dev/null 2>&1 || true
  for signal in TERM KILL; do
    for _ in {1..30}; do
      [[ -n $(processes) ]] || break 2
      sleep 0.1
    done
    # shellcheck disable=SC2046  # a word for each process
    kill -s "$signal" $(processes) 2>/dev/null || true
  done
  rm -rf "$home"
}
trap leave EXIT

# A home of its own for the server that `modlab` starts: short, since a Unix socket's path has at most 107 bytes.
home=$(mktemp -d /tmp/modlab-demo.XXXXXX)
unset MODLAB_SERVER MODLAB_DAEMON
export XDG_RUNTIME_DIR=$home/run XDG_STATE_HOME=$home/state XDG_CONFIG_HOME=$home/config
mkdir -m 700 "$XDG_RUNTIME_DIR"

show() {
  echo
  echo "\$ modlab $*"
  "$modlab" "$@"
}
report=build/baseline-small.html
show experiment run baseline --size small
show report baseline-small -o "$report"
echo
echo "The report is $PWD/$report: open it in a browser."
