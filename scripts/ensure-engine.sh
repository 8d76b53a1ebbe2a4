#!/usr/bin/env bash
# Sees to a Docker engine that answers, with Compose v2 and buildx. Where that is so already it does and prints nothing.
# Installs by apt, as root, only what is missing, and never upgrades, downgrades or removes anything; starts an engine that is
# installed but down. Anywhere else it says what to install. Safe to run twice at once.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/apt.sh
. "$here/apt.sh"

say() { echo "engine: $*" >&2; }
stop() {
  say "$*"
  exit 1
}
answers() { timeout 5 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }
has_compose() { docker compose version --short 2>/dev/null | grep -Eq '^v?([2-9]|[1-9][0-9]+)\.'; }
has_buildx() { docker buildx version >/dev/null 2>&1; }
complete() { answers && has_compose && has_buildx; }
is_root() { [ "$(id -u)" = 0 ]; }
uses_systemd() { [ -d /run/systemd/system ] && command -v systemctl >/dev/null; }

command -v docker >/dev/null && complete && exit 0

mkdir -p "$APT_STATE"
exec 9>"$APT_STATE/engine.lock"
flock 9

# What is missing: engine, client, compose, buildx.
missing=()
remote=${DOCKER_HOST:-}
case $remote in '' | unix:///var/run/docker.sock | unix:///run/docker.sock) remote='' ;; esac
if [ -z "$remote" ] && ! command -v dockerd >/dev/null && ! { command -v docker >/dev/null && answers; }; then missing+=(engine); fi
command -v docker >/dev/null || missing+=(client)
has_compose || missing+=(compose)
has_buildx || missing+=(buildx)

# The names that one family of packages has for them: package_names FAMILY PART...
package_names() {
  local family=$1 part
  shift
  for part in "$@"; do
    case $family:$part in
      docker:engine) echo docker-ce containerd.io ;;
      docker:client) echo docker-ce-cli ;;
      docker:compose) echo docker-compose-plugin ;;
      docker:buildx) echo docker-buildx-plugin ;;
      *:engine) echo docker.io ;;
      # Older releases have the client within docker.io.
      *:client) [ -z "$(apt_candidate docker-cli)" ] || echo docker-cli ;;
      ubuntu:compose) echo docker-compose-v2 ;;
      *:compose) echo docker-compose ;;
      *:buildx) echo docker-buildx ;;
    esac
  done
}

# Every package of the family is on offer, and Compose is not the retired v1 that some releases still carry.
on_offer() {
  local package candidate
  for package in "$@"; do
    candidate=$(apt_candidate "$package")
    [ -n "$candidate" ] || return 1
    case $package:${candidate#*:} in docker-compose:1.*) return 1 ;; esac
  done
}

try_family() {
  local family=$1 packages
  read -ra packages <<<"$(package_names "$family" "${missing[@]}" | tr '\n' ' ')"
  on_offer "${packages[@]}" || return 1
  say "installing ${packages[*]}"
  apt_add "${packages[@]}"
}

# Debian 12 carries an engine, but neither Compose v2 nor buildx. Newer Debian's are Go programs that run on its C library;
# they, and nothing else, may come from there. (runc may not: newer ones need a newer C library.)
borrow_from_newer_debian() {
  local mirror key=/usr/share/keyrings/debian-archive-keyring.gpg suite compose_suite=$1
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -m1 '/debian/\?$') || return 1
  [ -r "$key" ] || return 1
  mkdir -p "$APT_STATE/borrow/lists/partial" "$APT_STATE/borrow/cache/archives/partial"
  : >"$APT_STATE/borrow/sources.list"
  for suite in bookworm trixie ${compose_suite/trixie/}; do
    echo "deb [signed-by=$key] $mirror $suite main" >>"$APT_STATE/borrow/sources.list"
  done
  {
    printf 'Package: *\nPin: release n=%s\nPin-Priority: -10\n\n' trixie
    printf 'Package: *\nPin: release n=%s\nPin-Priority: -10\n\n' sid
    printf 'Package: docker.io docker-cli containerd tini-static\nPin: release n=trixie\nPin-Priority: 990\n\n'
    printf 'Package: docker-compose docker-buildx\nPin: release n=%s\nPin-Priority: 990\n\n' "$compose_suite"
    printf 'Package: docker-compose\nPin: release n=bookworm\nPin-Priority: -10\n'
  } >"$APT_STATE/borrow/preferences"
  local system=("${APT[@]}")
  APT+=(-o Dir::Etc::SourceList="$APT_STATE/borrow/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::Etc::Preferences="$APT_STATE/borrow/preferences" -o Dir::Etc::PreferencesParts=/dev/null
    -o Dir::State::Lists="$APT_STATE/borrow/lists" -o Dir::Cache="$APT_STATE/borrow/cache" -o APT::Sandbox::User=root)
  local done=1
  "${APT[@]}" update >"$APT_STATE/update.log" 2>&1 </dev/null && try_family debian && done=0
  APT=("${system[@]}")
  return $done
}

install_missing() {
  local families=(ubuntu debian docker) family
  # Parts of Docker's own packages and of a distribution's do not mix.
  dpkg-query -W -f '${Status}' docker-ce 2>/dev/null | grep -q ' installed' && families=(docker)
  for family in "${families[@]}"; do try_family "$family" && return; done
  if grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release; then
    # The newest Compose first. That suite moves on; when its Compose no longer fits, the release before does.
    borrow_from_newer_debian sid && return
    borrow_from_newer_debian trixie && return
  fi
  apt_use_fresh_lists
  for family in "${families[@]}"; do try_family "$family" && return; done
  return 1
}

if [ ${#missing[@]} -gt 0 ]; then
  what="missing: ${missing[*]}. Needed are Docker Engine, Compose v2 and buildx (https://docs.docker.com/engine/install)"
  apt_present || stop "$what"
  is_root || stop "$what; run \`make engine\` as root to have them installed"
  install_missing || stop "$what; this machine's packages offer no set that fits"
fi

log=$APT_STATE/dockerd.log
pid_state() { sed -n 's/^State:\s*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null; }

start_engine() {
  if uses_systemd; then
    systemctl start docker || stop "\`systemctl start docker\` failed"
    return
  fi
  mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup
  # The file of an engine that is gone (or a zombie) would stop a new one from starting.
  local pid_file=/var/run/docker.pid arguments=()
  if [ -e "$pid_file" ]; then
    case $(pid_state "$(cat "$pid_file")") in '' | Z | X) rm -f "$pid_file" ;; esac
  fi
  # The default pools hold 30 networks, and a Compose project takes one or more. A configuration of the machine's own is left to it.
  [ -e /etc/docker/daemon.json ] || arguments=(--default-address-pool "base=10.128.0.0/10,size=24")
  # 9>&-: the engine must not hold our lock.
  setsid nohup dockerd "${arguments[@]}" >>"$log" 2>&1 9>&- </dev/null &
  say "starting dockerd (log: $log)"
}

if ! answers; then
  [ -z "$remote" ] || stop "DOCKER_HOST is $remote, and no engine answers there"
  if ! is_root; then
    [ ! -S /var/run/docker.sock ] || stop "/var/run/docker.sock does not answer you: start the engine, or join the group docker (\`sudo usermod -aG docker $(id -un)\`, then log in again)"
    stop "no engine answers; start it (\`sudo systemctl start docker\`), or run \`make engine\` as root"
  fi
  start_engine
  for _ in $(seq 300); do
    answers && break
    sleep 0.2
  done
  answers || {
    tail -n 5 "$log" >&2 2>/dev/null || true
    stop "the engine does not answer within 60 s"
  }
fi
has_compose || stop "\`docker compose\` is missing or too old: Compose v2 is needed"
has_buildx || stop "\`docker buildx\` is missing"
say "ready: engine $(docker version --format '{{.Server.Version}}'), Compose $(docker compose version --short)"
