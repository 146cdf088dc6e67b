# Paths, progress lines and small checks shared by every command of `run`.

NS_HOME=${NS_HOME:-/var/lib/neoshowcase}
NS_RUN=$NS_HOME/run
NS_LOG=$NS_HOME/log
NS_TOOLS=${XDG_CACHE_HOME:-$HOME/.cache}/neoshowcase/tools
if [ "$NS_HOME" = /var/lib/neoshowcase ]; then NS_SOCKET=/run/neoshowcase/api.sock; else NS_SOCKET=$NS_RUN/api.sock; fi

# Tools of the cache folder win over others of the same name (a Docker client without BuildKit, say).
export PATH=$NS_TOOLS/bin:/usr/sbin:/sbin:$PATH
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
umask 022

die() { printf 'run: %s\n' "$@" >&2; exit 1; }
note() { printf '  %s\n' "$@"; }
now_ms() { echo $(($(date +%s%N) / 1000000)); }

# step TEXT COMMAND...: runs the command, its output in a log, and prints one line with the seconds it took.
# A failure prints the end of the log and ends the whole run.
step() {
  local text=$1 log begin status=0; shift
  mkdir -p "$STEP_LOGS"
  log=$STEP_LOGS/$(printf '%s' "$text" | tr -c 'a-zA-Z0-9' '-').log
  begin=$(now_ms)
  printf '%-52s' "$text"
  # In a subshell of its own, so that `set -e` holds inside (it does not in a condition).
  set +e; (set -e; "$@") >"$log" 2>&1 </dev/null; status=$?; set -e
  printf '%7s s\n' "$(seconds_since "$begin")"
  if [ "$status" -ne 0 ]; then
    printf '\n%s failed (exit %s). The last lines of %s:\n' "$text" "$status" "$log" >&2
    tail -n 40 "$log" >&2
    exit "$status"
  fi
}

seconds_since() { local ms=$(($(now_ms) - $1)); printf '%d.%d' $((ms / 1000)) $((ms % 1000 / 100)); }

is_root() { [ "$(id -u)" -eq 0 ]; }

# alive PIDFILE NAME: the process of that pid file runs and is still the program of that name.
alive() {
  local pid
  pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ]
}

# start_daemon NAME PROGRAM ARGS...: in a session of its own, output in $NS_LOG, pid in $NS_RUN.
start_daemon() {
  local name=$1; shift
  setsid "$@" >>"$NS_LOG/$name.log" 2>&1 </dev/null &
  echo $! >"$NS_RUN/$name.pid"
}

# stop_daemon NAME PROGRAM [SECONDS]: SIGTERM, and SIGKILL after the time given.
stop_daemon() {
  local file=$NS_RUN/$1.pid limit=${3:-20} pid waited=0
  if alive "$file" "$2"; then
    pid=$(cat "$file")
    kill "$pid" 2>/dev/null || true
    while [ -d "/proc/$pid" ] && [ "$waited" -lt $((limit * 10)) ]; do sleep 0.1; waited=$((waited + 1)); done
    kill -9 "$pid" 2>/dev/null || true
  fi
  rm -f "$file"
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
  local limit=$(($1 * 5)) tried=0; shift
  until "$@" >/dev/null 2>&1; do
    tried=$((tried + 1))
    [ "$tried" -lt "$limit" ] || return 1
    sleep 0.2
  done
}

port_owner() { ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)".*/\1/p' | head -n 1; }
port_taken() { [ -n "$(ss -Hltn "sport = :$1" 2>/dev/null)" ]; }
