#!/usr/bin/env bash
# Installs the Debian packages that modlab is built from and tested with. See --help.
set -euo pipefail
trap 'exit 130' INT # also where a command that was interrupted may fail

usage() {
  cat <<'TEXT'
Usage: deploy/install-deps.sh [--tests | --fuzz]

Installs the Debian packages that building and running modlab needs; with --tests also those that its test suite needs,
with --fuzz those and the compiler of tests/fuzz/fuzz.sh.
Asks dpkg what is there first: where nothing is missing it does nothing and needs no rights. Otherwise it runs apt-get as
root, or through sudo. It never removes a package. Debian 12 and 13.
TEXT
}

# Names are the same on Debian 12 and 13.
build_packages=(
  g++ cmake ninja-build pkgconf ccache            # compiler and build
  libtorch-dev                                    # loads and runs models (worker only)
  libopenblas-pthread-dev                         # LibTorch's matrix products; else the reference BLAS, several times slower
  libdnnl-dev                                     # matrix products of training steps
  libeigen3-dev libspectra-dev                    # eigenpairs of the graph
  libgrpc++-dev protobuf-compiler-grpc            # the protocol
  libprotobuf-dev protobuf-compiler
  libboost-dev                                    # Asio (headers only)
  libsqlitecpp-dev libsqlite3-dev                 # the job store
  libssl-dev libzip-dev zlib1g-dev                # digests, archives, checksums
  libseccomp-dev                                  # the sandbox's system call filter
  libcli11-dev libspdlog-dev libfmt-dev           # command lines, logs, formatting
  nlohmann-json3-dev prometheus-cpp-dev           # logs as JSON, metrics
  libsystemd-dev                                  # tells systemd when the server is ready
)
test_packages=(
  libgtest-dev libgmock-dev libbenchmark-dev      # unit tests and benchmarks
  python3 python3-torch python3-numpy             # fixtures: models as their authors write them
  python3-torchvision                             # the zoo: well-known networks
  python3-scipy python3-sklearn python3-networkx  # oracles for embedding, labels and modularity
  python3-igraph python3-leidenalg                # the peer of Leiden
  python3-grpcio python3-protobuf                 # end-to-end tests and the Python example
  golang-go protoc-gen-go protoc-gen-go-grpc      # the Go example
  golang-google-grpc-dev golang-google-protobuf-dev
  openssl                                         # deploy/tls.sh
  chromium librsvg2-bin                           # looks at reports; pictures as PNG
)
# The Node.js example. Where Node.js comes from elsewhere, npm is often part of it and Debian's would not go with it.
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  test_packages+=(nodejs npm)
fi
fuzz_packages=(clang libclang-rt-dev)              # libFuzzer and its sanitizers

say() { echo "install-deps: $*"; }
fail() {
  echo "install-deps: $*" >&2
  exit 1
}

packages=("${build_packages[@]}")
case "${1:-}" in
  "") ;;
  --tests) packages+=("${test_packages[@]}") ;;
  --fuzz) packages+=("${test_packages[@]}" "${fuzz_packages[@]}") ;;
  -h | --help)
    usage
    exit 0
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac

system=$(. /etc/os-release 2>/dev/null && echo "${ID:-unknown} ${VERSION_ID:-}" || echo "unknown")
case "$system" in
  "debian 12" | "debian 13") ;;
  *) fail "this is \"$system\", and only Debian 12 and 13 are known here. Elsewhere install by hand a C++20 compiler," \
    "CMake, Ninja, LibTorch with OpenBLAS (to run models), oneDNN (to train them), gRPC and Protocol Buffers (the protocol), Eigen and Spectra" \
    "(eigenpairs), Boost headers (processes), SQLiteCpp (the job store), libseccomp (the sandbox), OpenSSL, libzip, zlib, CLI11, spdlog, fmt, nlohmann-json, prometheus-cpp and libsystemd;" \
    "for the tests also GoogleTest, Google Benchmark and, in Python, torch, scikit-learn, NetworkX and grpcio." ;;
esac

# A package counts only when it is fully installed, not when its configuration was left behind.
known=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null || true)
missing=()
for package in "${packages[@]}"; do
  grep -qxF "$package installed" <<<"$known" || missing+=("$package")
done

if ((${#missing[@]} == 0)); then
  say "all ${#packages[@]} packages are installed."
else
  as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      fail "installing packages needs root, and there is no sudo here. Run as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
  say "installing ${#missing[@]} of ${#packages[@]} packages: ${missing[*]}"
  "${apt[@]}" -qq update || say "apt-get update failed; going on with the package lists that are here."
  "${apt[@]}" -y -qq --no-install-recommends --no-remove install "${missing[@]}" </dev/null ||
    fail "apt-get could not install them; its own words stand above. Mend that, then run this again."
  say "done."
fi

# Several BLAS libraries can be installed side by side; Debian's alternatives say which one programs get.
blas=$(/sbin/ldconfig -p | awk '$1 == "libblas.so.3" && !seen++ { print $NF }')
if [[ $(readlink -f "${blas:-/}") != *openblas* ]]; then
  say "note: libblas.so.3 is ${blas:-missing}, not OpenBLAS: modlab will work, but several times slower." \
    "Choose OpenBLAS with: update-alternatives --config libblas.so.3-$(uname -m)-linux-gnu" >&2
fi
