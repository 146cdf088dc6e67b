#!/bin/bash
# with_builder.sh COMMAND...: within tests/engines/with_registry.sh, runs a command with a builder image of Cloud Native Buildpacks,
# NS_TEST_BUILDER (see tests/buildpacks), and as NS_TEST_REGISTRY the registry that wants the login NS_TEST_REGISTRY_USER and
# NS_TEST_REGISTRY_PASSWORD; it holds the run image that the builder names, and the builder as builder:1. Ends with 77 (skipped) where the
# lifecycle is not built.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d /tmp/ns-with-builder.XXXXXX)
export NS_TEST_BUILDER=nstest-builder:$$ NS_TEST_REGISTRY=$NS_TEST_LOGIN_REGISTRY NS_TEST_REGISTRY_USER=builder NS_TEST_REGISTRY_PASSWORD=letmein

finish() {
  /usr/bin/docker rmi -f "$NS_TEST_BUILDER" "$NS_TEST_REGISTRY/run:1" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT

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
