#!/usr/bin/env bash
# Installs the Debian 12 packages that building (`build`), testing (`test`) or also fuzzing and
# clang-tidy (`develop`) need; each includes the one before. Says nothing and needs no root when all
# are there. docs/design/dependencies.md says what
# each is for.
set -euo pipefail
cd "$(dirname "$0")/.."

build_packages=(
  ca-certificates ccache cmake g++ git mold ninja-build pkg-config python3
  libbenchmark-dev libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libcli11-dev
  libcurl4-openssl-dev libfmt-dev libgtest-dev libhowardhinnant-date-dev libicu-dev libjemalloc-dev
  libkainjow-mustache-dev libpsl-dev publicsuffix libre2-dev libsodium-dev tzdata
  libspdlog-dev libsqlite3-dev libssl-dev libyaml-cpp-dev zlib1g-dev
  libphonenumber8 libprotobuf-dev libabsl-dev
)
test_packages=(clang-format-19 curl jq sqlite3 strace)
develop_packages=(clang-19 clang-tidy-19 libclang-rt-19-dev)

say() { printf 'install_packages: %s\n' "$*" >&2; }

is_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    DEBIAN_FRONTEND=noninteractive "$@"
  elif command -v sudo >/dev/null; then
    sudo DEBIAN_FRONTEND=noninteractive "$@"
  else
    say "these packages need root and there is no sudo; run as root: $*"
    exit 1
  fi
}

lists_updated=no
update_lists() {
  [ "$lists_updated" = no ] || return 0
  say "updating the package lists"
  as_root apt-get update -qq
  lists_updated=yes
}

install_missing() {
  local missing=() package
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  update_lists
  say "installing ${missing[*]}"
  as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# One test looks at the live page in a browser. A machine that cannot have one runs the others.
install_browser_if_possible() {
  ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null || return 0
  (install_missing chromium) || say "no Chromium: the test of the live page will say that it was skipped"
}

# The -dev package wants an older Boost than ours, so its headers are only unpacked.
unpack_phonenumber_headers() {
  local folder=build/third_party/phonenumber
  [ ! -e "$folder/usr/include/phonenumbers/phonenumberutil.h" ] || return 0
  say "unpacking the headers of libphonenumber into $folder"
  mkdir -p build/third_party
  local download
  download=$(mktemp -d build/third_party/download.XXXXXX)
  chmod 755 "$download"
  if ! (cd "$download" && apt-get download -qq libphonenumber-dev 2>/dev/null); then
    update_lists
    (cd "$download" && apt-get download -qq libphonenumber-dev)
  fi
  dpkg -x "$download"/libphonenumber-dev_*.deb "$folder"
  rm -r "$download"
}

install_node_if_missing() {
  if ! command -v node >/dev/null; then
    install_missing nodejs npm
  elif ! command -v npm >/dev/null; then
    install_missing npm
  fi
  local version
  version=$(node --version)
  version=${version#v}
  if [ "${version%%.*}" -lt 18 ]; then
    say "the vendor-client tests need Node.js 18 or later, found $version; install a newer one"
    exit 1
  fi
}

what=${1:-build}
case $what in
  build | test | develop) ;;
  *)
    say "say what for: build, test or develop"
    exit 2
    ;;
esac
if ! command -v apt-get >/dev/null; then
  say "this is no Debian system: install what docs/design/dependencies.md lists, then configure by hand"
  exit 1
fi
packages=("${build_packages[@]}")
[ "$what" = build ] || packages+=("${test_packages[@]}")
[ "$what" != develop ] || packages+=("${develop_packages[@]}")
install_missing "${packages[@]}"
unpack_phonenumber_headers
[ "$what" = build ] || install_node_if_missing
[ "$what" = build ] || install_browser_if_possible
