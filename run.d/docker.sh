# The Docker daemon: one that runs is used, else one is started that belongs to this installation alone.

DOCKER_SOCKET=/var/run/docker.sock

docker_answers() { curl -sf --max-time 5 --unix-socket "$DOCKER_SOCKET" http://docker/_ping; }

# The daemon that we start keeps its data in the state folder, so that `down --purge` can take all of it away.
docker_start() {
  mkdir -p "$NS_HOME/docker" /run/neoshowcase-docker
  if ! mountpoint -q /sys/fs/cgroup; then
    echo "no cgroups are mounted at /sys/fs/cgroup, and containers need them" >&2
    return 1
  fi
  # What `down --purge` must know to leave the machine as it was.
  iptables -S FORWARD 2>/dev/null | sed -n 's/^-P FORWARD //p' >"$NS_HOME/forward-policy" || true
  [ -e /etc/docker ] || touch "$NS_HOME/etc-docker-made"
  # BuildKit would clip the log of a build step at 2 MiB and 200 KiB/s.
  start_daemon dockerd env BUILDKIT_STEP_LOG_MAX_SIZE=-1 BUILDKIT_STEP_LOG_MAX_SPEED=-1 dockerd --data-root "$NS_HOME/docker" --exec-root /run/neoshowcase-docker \
    --pidfile "$NS_RUN/dockerd-own.pid" -H "unix://$DOCKER_SOCKET"
  wait_for 30 docker_answers || { tail -n 20 "$NS_LOG/dockerd.log" >&2; return 1; }
}

docker_ensure() { docker_answers >/dev/null || docker_start; }

docker_stop_own() {
  [ -e "$NS_RUN/dockerd.pid" ] || return 0
  stop_daemon dockerd dockerd 30
  # A daemon killed hard leaves its mounts behind.
  { grep -oE " $NS_HOME/docker/[^ ]+| /run/neoshowcase-docker/[^ ]+" /proc/mounts || true; } | sort -r | while read -r mount; do
    umount -l "$mount" || true
  done
  rm -rf /run/neoshowcase-docker
}

# The data of our daemon, its bridge and its firewall chains. Nothing of this is touched where another daemon serves the machine.
docker_purge_own() {
  [ -e "$NS_HOME/docker" ] || return 0
  docker_stop_own
  rm -rf "$NS_HOME/docker"
  ! docker_answers >/dev/null || return 0
  ip link delete docker0 2>/dev/null || true
  docker_firewall_clear filter
  docker_firewall_clear nat
  [ "$(cat "$NS_HOME/forward-policy" 2>/dev/null)" != ACCEPT ] || iptables -P FORWARD ACCEPT
  rmdir /run/docker/plugins /run/docker 2>/dev/null || true
  if [ -e "$NS_HOME/etc-docker-made" ]; then rm -f /etc/docker/key.json; rmdir /etc/docker 2>/dev/null || true; fi
}

docker_firewall_clear() {
  local rules
  rules=$(iptables-save -t "$1" 2>/dev/null) || return 0
  printf '%s\n' "$rules" | grep -vE 'DOCKER|docker0' | iptables-restore -T "$1"
}
