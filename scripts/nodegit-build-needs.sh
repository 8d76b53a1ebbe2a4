#!/usr/bin/env bash
# Sees to what nodegit's compilation needs, and prints on stdout the environment to compile in (KEY=VALUE lines).
# Compiler, make and python3 are installed by apt where that is possible. Headers that are missing are unpacked into a
# folder of our own (first argument) instead of being installed: their packages insist on upgrading the libraries of the same name.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/apt.sh
. "$here/apt.sh"
private=$1

say() { echo "nodegit: $*" >&2; }
give_up() {
  say "cannot be compiled here without: $*"
  say "on Debian and Ubuntu:  apt-get install python3 make g++ libkrb5-dev libssl-dev libgssapi-krb5-2"
  say "on Fedora and RHEL:    dnf install python3 make gcc-c++ krb5-devel openssl-devel"
  say "on Alpine:             apk add python3 make g++ krb5-dev openssl-dev"
  say "on macOS:              xcode-select --install && brew install openssl krb5"
  say "then run \`make build\` again"
  exit 1
}

tools=()
command -v python3 >/dev/null || tools+=(python3)
command -v make >/dev/null || tools+=(make)
command -v "${CXX:-g++}" >/dev/null || command -v c++ >/dev/null || tools+=(g++)
if [ ${#tools[@]} -gt 0 ]; then
  { apt_present && [ "$(id -u)" = 0 ]; } || give_up "${tools[@]}"
  say "installing ${tools[*]}"
  apt_with_fresh_lists apt_add "${tools[@]}" || give_up "${tools[@]}"
fi

compiler=${CXX:-$(command -v g++ || command -v c++)}
has_header() { echo "#include <$1>" | $compiler -E -x c++ - >/dev/null 2>&1; }
has_header openssl/ssl.h && has_header gssapi/gssapi.h && command -v krb5-config >/dev/null && exit 0

apt_present || give_up "the headers of OpenSSL and of Kerberos"
loads() { ldconfig -p 2>/dev/null | grep -q "$1" || /sbin/ldconfig -p | grep -q "$1"; }
if ! loads libgssapi_krb5.so.2; then
  [ "$(id -u)" = 0 ] || give_up libgssapi-krb5-2
  apt_with_fresh_lists apt_add libgssapi-krb5-2 || give_up libgssapi-krb5-2
fi

triplet=$($compiler -print-multiarch 2>/dev/null || true)
if [ ! -e "$private/complete" ]; then
  say "fetching the headers of OpenSSL and of Kerberos"
  rm -rf "$private"
  apt_with_fresh_lists apt_unpack "$private" libkrb5-dev krb5-multidev comerr-dev libssl-dev || give_up libkrb5-dev libssl-dev
  # The packages' own links point at libraries of their version beside them; these point at the ones the machine has.
  mkdir -p "$private/link"
  for library in libgssapi_krb5.so.2 libkrb5.so.3 libk5crypto.so.3 libcom_err.so.2 libkrb5support.so.0 libssl.so libcrypto.so; do
    found=$({ ldconfig -p 2>/dev/null || /sbin/ldconfig -p; } | sed -nE "s|.* => (.*/$library[.0-9]*)$|\1|p" | head -n 1)
    if [ -n "$found" ]; then
      ln -sf "$found" "$private/link/${library%%.so*}.so"
    elif [ -e "$private/usr/lib/$triplet/${library%%.so*}.a" ]; then
      ln -sf "../usr/lib/$triplet/${library%%.so*}.a" "$private/link/"
    fi
  done
  touch "$private/complete"
fi
echo "PATH=$private/usr/bin:$PATH"
echo "CPATH=$private/usr/include:$private/usr/include/mit-krb5:$private/usr/include/$triplet${CPATH:+:$CPATH}"
echo "LIBRARY_PATH=$private/link${LIBRARY_PATH:+:$LIBRARY_PATH}"
