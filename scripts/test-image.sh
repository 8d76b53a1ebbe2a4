#!/usr/bin/env bash
# Makes a tiny image of busybox on this machine, without a registry: test-image.sh [NAME:TAG]. Does nothing when it is there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/apt.sh
. "$here/apt.sh"
image=${1:-conops-test/busybox:1}

docker image inspect "$image" >/dev/null 2>&1 && exit 0

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
busybox=$(command -v busybox || true)
# A dynamically linked one would lack its libraries in the image. Unpacking the package needs no root and installs nothing.
if [ -z "$busybox" ] || ldd "$busybox" >/dev/null 2>&1; then
  apt_present && apt_with_fresh_lists apt_unpack "$folder/package" busybox-static || {
    echo "cannot make the image $image: install a statically linked busybox (Debian: busybox-static)" >&2
    exit 1
  }
  busybox=$folder/package/bin/busybox
  [ -x "$busybox" ] || busybox=$folder/package/usr/bin/busybox
fi

mkdir -p "$folder/root"/{bin,tmp,etc,www}
chmod 755 "$folder/root"
chmod 1777 "$folder/root/tmp"
cp "$busybox" "$folder/root/bin/busybox"
for applet in $("$busybox" --list); do
  [ "$applet" = busybox ] || ln -s busybox "$folder/root/bin/$applet"
done
printf 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n' >"$folder/root/etc/passwd"
tar -C "$folder/root" --owner=0 --group=0 --mtime=@0 --sort=name -c . |
  docker import -c 'CMD ["sleep","2147483647"]' -c 'ENV PATH=/bin' - "$image" >/dev/null
