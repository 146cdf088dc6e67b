#!/bin/bash
# with_builder.sh COMMAND...: within with_registry.sh, runs a command with a builder image of Cloud Native Buildpacks, NS_TEST_BUILDER (see
# tests/buildpacks), and a registry that wants a login, NS_TEST_REGISTRY (host:port), NS_TEST_REGISTRY_USER and NS_TEST_REGISTRY_PASSWORD, which
# holds the run image that the builder names, and the builder as builder:1. Ends with 77 (skipped) where the lifecycle is not built.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d /tmp/ns-with-builder.XXXXXX)
registry=
export NS_TEST_BUILDER=nstest-builder:$$ NS_TEST_REGISTRY_USER=pusher NS_TEST_REGISTRY_PASSWORD=hush-registry-1

finish() {
  [ -z "$registry" ] || kill "$registry" 2>/dev/null || true
  /usr/bin/docker rmi -f "$NS_TEST_BUILDER" "$NS_TEST_REGISTRY/run:1" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export NS_TEST_REGISTRY=127.0.0.1:$port
/usr/bin/python3 -W ignore - >"$work/htpasswd" <<'PYTHON'
import crypt, os
salt = crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)
print(os.environ["NS_TEST_REGISTRY_USER"] + ":" + crypt.crypt(os.environ["NS_TEST_REGISTRY_PASSWORD"], salt))
PYTHON
cat >"$work/registry.yml" <<CONFIG
version: 0.1
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: "$NS_TEST_REGISTRY"}
auth: {htpasswd: {realm: test, path: $work/htpasswd}}
CONFIG
docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
registry=$!
for _ in $(seq 100); do curl -s -m 2 -o /dev/null "http://$NS_TEST_REGISTRY/v2/" && break; sleep 0.1; done
mkdir "$work/docker"
DOCKER_CONFIG=$work/docker /usr/bin/docker login -u "$NS_TEST_REGISTRY_USER" --password-stdin "$NS_TEST_REGISTRY" \
  <<<"$NS_TEST_REGISTRY_PASSWORD" >/dev/null 2>&1
DOCKER_CONFIG=$work/docker "$here/../../tests/buildpacks/make_builder.sh" "$NS_TEST_REGISTRY" "$NS_TEST_BUILDER"
# The same builder in that registry, and not in dockerd.
/usr/bin/docker tag "$NS_TEST_BUILDER" "$NS_TEST_REGISTRY/builder:1"
DOCKER_CONFIG=$work/docker /usr/bin/docker push -q "$NS_TEST_REGISTRY/builder:1" >/dev/null
/usr/bin/docker rmi "$NS_TEST_REGISTRY/builder:1" >/dev/null
status=0
"$@" || status=$?
exit "$status"
