#!/bin/bash
# with_registry.sh COMMAND...: runs a command with a Docker daemon, a registry of its own at NS_TEST_REGISTRY (host:port), one at
# NS_TEST_LOGIN_REGISTRY that takes nobody but "builder" with "letmein", and the base image NS_TEST_BASE (busybox, in the registry). A daemon
# that answers is used; else a private one is started and ended. Ends with 77 (skipped) where the machine cannot run containers, and says why.
set -euo pipefail
socket=/var/run/docker.sock
work=$(mktemp -d /tmp/ns-with-registry.XXXXXX)
own= registries=()

answers() { curl -sf -m 2 --unix-socket "$socket" http://docker/_ping >/dev/null; }
missing() { echo "LEFT OUT: $1"; exit 77; }
docker() { /usr/bin/docker "$@"; }

kept_things() {
  ip -o link show type bridge | sed -n 's/^[0-9]*: \(nsbk[0-9a-f]*\):.*/bridge \1/p'
  find /sys/fs/cgroup -maxdepth 2 -type d -name 'neoshowcase-*' -printf 'cgroup %p\n' 2>/dev/null || true
}

finish() {
  [ "${#registries[@]}" = 0 ] || kill "${registries[@]}" 2>/dev/null || true
  docker rmi -f "$NS_TEST_BASE" >/dev/null 2>&1 || true
  if [ -n "$own" ]; then
    kill "$own" 2>/dev/null || true
    wait "$own" 2>/dev/null || true
    # What a daemon that a test has killed leaves: containerd, and mounts.
    pgrep -f -- "$work/" | xargs -r kill -9 2>/dev/null || true
    awk -v work="$work/" 'index($2, work) == 1 {print $2}' /proc/mounts | sort -r | xargs -r umount -l || true
  fi
  # What engines with programs of their own leave on purpose: the bridge of steps, and empty cgroups. Those of others stay.
  kept_things | grep -vxF -f "$work/before" | while read -r kind thing; do
    if [ "$kind" = bridge ]; then ip link delete "$thing" || true; fi
    if [ "$kind" = cgroup ]; then find "$thing" -depth -type d -exec rmdir {} + 2>/dev/null || true; fi
  done || true
  rm -rf "$work"
}

for program in /usr/bin/docker docker-registry curl busybox python3; do command -v "$program" >/dev/null || missing "$program is not installed"; done
kept_things >"$work/before"
echo >>"$work/before"
trap finish EXIT
if ! answers; then
  [ "$(id -u)" = 0 ] || missing "no Docker daemon answers, and only root can start one"
  command -v dockerd >/dev/null || missing "no Docker daemon answers, and dockerd is not installed"
  dockerd --data-root "$work/data" --exec-root "$work/exec" --pidfile "$work/pid" -H "unix://$socket" >"$work/log" 2>&1 &
  own=$!
  export NS_TEST_OWN_DOCKERD=$own
  for _ in $(seq 300); do answers && break; sleep 0.1; done
  answers || { tail -n 20 "$work/log"; exit 1; }
fi

mkdir -p "$work/image/bin" "$work/image/tmp" "$work/image/proc" "$work/image/dev" "$work/image/etc"
cp "$(command -v busybox)" "$work/image/bin/busybox"
for name in sh cat echo sleep dd env head grep mkdir ln cp chmod; do ln -s busybox "$work/image/bin/$name"; done

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# start_registry NAME PORT [AUTH]
start_registry() {
  cat >"$work/$1.yml" <<CONFIG
version: 0.1
storage: {filesystem: {rootdirectory: $work/$1}}
http: {addr: "127.0.0.1:$2"}
${3:-}
CONFIG
  docker-registry serve "$work/$1.yml" >"$work/$1.log" 2>&1 &
  registries+=($!)
  for _ in $(seq 100); do curl -s -m 2 "http://127.0.0.1:$2/v2/" >/dev/null && break; sleep 0.1; done
}

python3 -W ignore -c 'import crypt; print("builder:" + crypt.crypt("letmein", crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))' >"$work/accounts"
port=$(free_port); export NS_TEST_REGISTRY=127.0.0.1:$port
start_registry registry "$port"
port=$(free_port); export NS_TEST_LOGIN_REGISTRY=127.0.0.1:$port
start_registry login "$port" "auth: {htpasswd: {realm: test, path: $work/accounts}}"

export NS_TEST_BASE=$NS_TEST_REGISTRY/base/busybox:1
tar -C "$work/image" -c . | docker import - "$NS_TEST_BASE" >/dev/null
docker push -q "$NS_TEST_BASE" >/dev/null
status=0
"$@" || status=$?
exit "$status"
