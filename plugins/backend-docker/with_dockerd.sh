#!/bin/bash
# with_dockerd.sh TESTAPP COMMAND...: runs a command with a Docker daemon, Traefik on the PATH, the image NS_TEST_IMAGE made of the static
# program TESTAPP, and TESTAPP itself as a page server on NS_TEST_PAGE_PORT. A daemon that answers is used; else a private one is started and
# ended. Ends with 77 (skipped) where the machine cannot run containers, and says why.
set -euo pipefail
testapp=$1; shift
socket=/var/run/docker.sock
work=$(mktemp -d /tmp/ns-with-dockerd.XXXXXX)
own= page=
export PATH="${NS_TOOLS:-$HOME/.cache/neoshowcase/tools}/bin:$PATH"
export NS_TEST_IMAGE=nstest-backend-docker:$$ NS_TEST_PAGE_PORT=18081

answers() { curl -sf -m 2 --unix-socket "$socket" http://docker/_ping >/dev/null; }
missing() { echo "LEFT OUT: $1"; exit 77; }

finish() {
  [ -z "$page" ] || kill "$page" 2>/dev/null || true
  docker rmi -f "$NS_TEST_IMAGE" >/dev/null 2>&1 || true
  if [ -n "$own" ]; then
    kill "$own" 2>/dev/null || true
    wait "$own" 2>/dev/null || true
  fi
  rm -rf "$work"
}

for program in traefik docker curl busybox; do command -v "$program" >/dev/null || missing "$program is not installed"; done
trap finish EXIT
if ! answers; then
  [ "$(id -u)" = 0 ] || missing "no Docker daemon answers, and only root can start one"
  command -v dockerd >/dev/null || missing "no Docker daemon answers, and dockerd is not installed"
  dockerd --data-root "$work/data" --exec-root "$work/exec" --pidfile "$work/pid" -H "unix://$socket" >"$work/log" 2>&1 &
  own=$!
  for _ in $(seq 300); do answers && break; sleep 0.1; done
  answers || { tail -n 20 "$work/log"; exit 1; }
fi

mkdir -p "$work/image/bin" "$work/image/tmp" "$work/image/proc" "$work/image/dev" "$work/image/etc"
cp "$(command -v busybox)" "$work/image/bin/busybox"
ln -s busybox "$work/image/bin/sh"
cp "$testapp" "$work/image/testapp"
cat >"$work/image/start" <<'START'
#!/bin/sh
echo "${VERSION:-0}" >/version
i=0
rest=
[ -z "${WIDTH:-}" ] || rest=$(printf " %0${WIDTH}d" 0)
while [ "$i" -lt "${LINES:-0}" ]; do i=$((i + 1)); echo "line $i$rest"; done
exec /testapp
START
chmod +x "$work/image/start"
tar -C "$work/image" -c . | docker import --change 'ENTRYPOINT ["/start"]' - "$NS_TEST_IMAGE" >/dev/null
PORT=$NS_TEST_PAGE_PORT "$testapp" >/dev/null 2>&1 &
page=$!
status=0
"$@" || status=$?
exit "$status"
