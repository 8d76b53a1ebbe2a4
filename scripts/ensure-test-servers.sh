#!/usr/bin/env bash
# Sees to the programs that the tests serve Git and images with: git (with its daemon), sshd, openssl, docker-registry, and perl
# for its passwords. Where they are, it prints nothing. Installs by apt, as root, only what is missing, and never upgrades or
# removes anything. What a machine got from here does not run there as a service. Safe to run twice at once.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/apt.sh
. "$here/apt.sh"

# Each with the package that brings it.
programs=(
  git:git ssh-keygen:openssh-client /usr/sbin/sshd:openssh-server openssl:openssl
  docker-registry:docker-registry perl:perl-base
)

missing_packages() {
  local entry
  for entry in "${programs[@]}"; do command -v "${entry%%:*}" >/dev/null || echo "${entry##*:}"; done
}

mapfile -t missing < <(missing_packages)
[ ${#missing[@]} -gt 0 ] || exit 0

if ! apt_present || [ "$(id -u)" != 0 ]; then
  echo "tests: ${missing[*]} missing; install them, or run \`make servers\` as root on a machine with apt" >&2
  exit 1
fi
mkdir -p "$APT_STATE"
exec 9>"$APT_STATE/servers.lock"
flock 9
mapfile -t missing < <(missing_packages)
[ ${#missing[@]} -gt 0 ] || exit 0

# Debian starts a service that it installs, unless this says no. It is put there only where nobody has one, and taken away.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
echo "tests: installing ${missing[*]}" >&2
apt_with_fresh_lists apt_add "${missing[@]}" || true
if [ -d /run/systemd/system ]; then
  [[ " ${missing[*]} " != *" openssh-server "* ]] || systemctl disable --quiet ssh.service ssh.socket 2>/dev/null || true
  [[ " ${missing[*]} " != *" docker-registry "* ]] || systemctl disable --quiet docker-registry.service 2>/dev/null || true
fi

mapfile -t missing < <(missing_packages)
[ ${#missing[@]} -eq 0 ] || {
  echo "tests: ${missing[*]} cannot be installed here" >&2
  exit 1
}
