# shellcheck shell=bash
# Sourced by scripts that need a package of the machine's own distribution. Promises:
# packages are only ever added: a plan that upgrades, downgrades or removes anything is refused before it begins;
# /etc/apt and the machine's package lists stay as they are (newer lists are read into a folder of our own).

APT_STATE=${XDG_CACHE_HOME:-$HOME/.cache}/conops/apt
APT=(apt-get -q -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0)

apt_present() { command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null; }

# The version that would be installed of a package, or nothing.
apt_candidate() {
  LC_ALL=C apt-cache "${APT[@]:2}" policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p' | grep -v '^(none)$' || true
}

# From here on apt reads lists of our own, brought up to date once.
apt_use_fresh_lists() {
  mkdir -p "$APT_STATE/lists/partial" "$APT_STATE/cache/archives/partial"
  APT+=(-o Dir::State::Lists="$APT_STATE/lists" -o Dir::Cache="$APT_STATE/cache" -o APT::Sandbox::User=root)
  # A source that does not answer is no reason to stop: what can be installed is judged below.
  "${APT[@]}" update >"$APT_STATE/update.log" 2>&1 </dev/null || true
}

# Adds packages if that changes nothing else on the machine. Returns 1, with the reason on stderr, otherwise.
apt_add() {
  local plan changed
  mkdir -p "$APT_STATE"
  if ! plan=$(LC_ALL=C "${APT[@]}" -s install --no-install-recommends --no-upgrade --no-remove "$@" 2>&1); then
    grep -m3 '^E:' <<<"$plan" >&2 || true
    return 1
  fi
  changed=$(sed -nE 's/^Inst ([^ ]+) \[.*/\1/p; s/^Remv ([^ ]+).*/\1/p' <<<"$plan" | sort -u | tr '\n' ' ')
  if [ -n "$changed" ]; then
    echo "not installing $*: that would change packages which this machine already has: $changed" >&2
    return 1
  fi
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 "${APT[@]}" install -y \
    --no-install-recommends --no-upgrade --no-remove "$@" >"$APT_STATE/install.log" 2>&1 </dev/null || {
    tail -n 5 "$APT_STATE/install.log" >&2
    return 1
  }
}

# Unpacks packages into a folder, without installing them: apt_unpack FOLDER PACKAGE... Needs no root.
apt_unpack() {
  local folder=$1 download package
  shift
  download=$(mktemp -d)
  if ! (cd "$download" && "${APT[@]}" download "$@" >log 2>&1 </dev/null); then
    tail -n 3 "$download/log" >&2
    rm -rf "$download"
    return 1
  fi
  mkdir -p "$folder"
  for package in "$download"/*.deb; do dpkg-deb -x "$package" "$folder"; done
  rm -rf "$download"
}

# Runs a function of the above; if the machine's lists are too old (or absent) for it, once more with fresh ones.
apt_with_fresh_lists() { "$@" 2>/dev/null || { apt_use_fresh_lists && "$@"; }; }
