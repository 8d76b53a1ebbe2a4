#!/usr/bin/env bash
# node_modules exactly as package-lock.json says, with nodegit built and proved. Does nothing when that is so already.
# Runs no install script of any package: the only one that needs one is nodegit, which has its own here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

command -v node >/dev/null && command -v npm >/dev/null || {
  echo "Node.js 20.19 or newer, with npm, is needed: https://nodejs.org" >&2
  exit 1
}
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' || {
  echo "Node.js 20.19 or newer is needed; this is $(node --version)" >&2
  exit 1
}

wanted=$(node -e '
  const { createHash } = require("node:crypto");
  const lock = require("node:fs").readFileSync("package-lock.json");
  console.log(createHash("sha256").update(lock).digest("hex"), process.version, process.platform, process.arch)')
stamp=node_modules/.conops-installed
nodegit=node_modules/nodegit/build/Release/nodegit.node

installed() { [ -f "$nodegit" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; }
installed && exit 0

# Two `make` in one checkout: the second waits, and finds everything done.
if command -v flock >/dev/null; then
  mkdir -p .cache
  exec 9>.cache/install.lock
  flock 9
  installed && exit 0
fi

packages_wanted=${wanted%% *}
if [ "$(cat node_modules/.conops-packages 2>/dev/null)" != "$packages_wanted" ]; then
  echo "installing npm packages" >&2
  npm ci --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel=error >&2
  echo "$packages_wanted" >node_modules/.conops-packages
fi
# 9>&-: what it starts must not hold the lock.
node scripts/build-nodegit.mjs 9>&-
echo "$wanted" >"$stamp"
