#!/bin/bash
# make_builder.sh REGISTRY NAME: imports the builder image NAME into the Docker daemon, made without a network of the real CNB lifecycle, a
# busybox tree and the buildpacks beside this file, and pushes the run image that it names to REGISTRY/run:1. Ends with 77 where the lifecycle
# is not built (tool_lifecycle in run.d/tools.sh).
set -euo pipefail
registry=$1 name=$2
here=$(cd "$(dirname "$0")" && pwd)
lifecycle=$(compgen -G "${NS_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/neoshowcase/tools}/lifecycle-*/bin" | tail -n 1) || true
[ -n "$lifecycle" ] || { echo "LEFT OUT: the CNB lifecycle is not built"; exit 77; }
work=$(mktemp -d /tmp/ns-make-builder.XXXXXX)
trap 'rm -rf "$work"' EXIT
docker() { /usr/bin/docker "$@"; }

# tree FOLDER: a file system of busybox.
tree() {
  mkdir -p "$1/bin" "$1/etc" "$1/proc" "$1/dev" "$1/sys"
  mkdir -m 1777 "$1/tmp"
  cp "$(command -v busybox)" "$1/bin/busybox"
  for link in $(busybox --list | grep -vx busybox); do ln -sf busybox "$1/bin/$link"; done
  printf 'root:x:0:0::/:/bin/sh\ncnb:x:1000:1000::/home/cnb:/bin/sh\n' >"$1/etc/passwd"
  printf 'root:x:0:\ncnb:x:1000:\n' >"$1/etc/group"
  mkdir -p "$1/home/cnb"
}

tree "$work/run"
tar -C "$work/run" -c --owner 0 --group 0 . | docker import --change 'USER 1000:1000' - "$registry/run:1" >/dev/null
docker push -q "$registry/run:1" >/dev/null

builder=$work/builder
tree "$builder"
mkdir -p "$builder/cnb" "$builder/layers" "$builder/workspace" "$builder/platform"
cp -a "$lifecycle" "$builder/cnb/lifecycle"
cp -a "$here/buildpacks" "$builder/cnb/buildpacks"
cp "$here/order.toml" "$builder/cnb/order.toml"
printf '[[images]]\nimage = "%s/run:1"\n' "$registry" >"$builder/cnb/run.toml"
tar -C "$builder" -cf "$work/tar" --owner 0 --group 0 --exclude=./layers --exclude=./workspace .
tar -C "$builder" -rf "$work/tar" --owner 1000 --group 1000 ./layers ./workspace
docker import --change 'USER 1000:1000' --change 'ENV CNB_USER_ID=1000 CNB_GROUP_ID=1000 PATH=/bin' "$work/tar" "$name" >/dev/null
