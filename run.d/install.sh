# up, down, status: one installation on this machine.

# Programs run from a copy that root owns: plugins are refused from folders that others may write, and a cleaned build folder stops nothing.
PROGRAM=$NS_HOME/program
BIN=$PROGRAM/bin
NS_LABEL=neoshowcase.installation
INSTALLATION=${NS_INSTALLATION:-home}
CONFIG=$NS_HOME/config.yaml

# The choices of an earlier `up` hold until others are named.
load_choices() {
  PORT_HTTP=80 PORT_API=4000 PORT_SITES=4102 PORT_REGISTRY=5000 PORT_GIT=3080 DOMAIN=localhost WITH_SAMPLE=1
  [ ! -e "$NS_HOME/choices" ] || . "$NS_HOME/choices"
}

parse_up() {
  while [ $# -gt 0 ]; do
    case $1 in
      --http | --api | --sites | --registry | --git)
        [[ ${2:-} =~ ^[0-9]+$ && $2 -ge 1 && $2 -le 65535 ]] || die "$1 needs a port from 1 to 65535, not '${2:-}'"
        case $1 in --http) PORT_HTTP=$2 ;; --api) PORT_API=$2 ;; --sites) PORT_SITES=$2 ;; --registry) PORT_REGISTRY=$2 ;; --git) PORT_GIT=$2 ;; esac
        shift 2 ;;
      --domain)
        [[ ${2:-} =~ ^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$ ]] || die "--domain needs a domain name in lower case, not '${2:-}'"
        DOMAIN=$2; shift 2 ;;
      --no-sample) WITH_SAMPLE=0; shift ;;
      *) die "up does not know '$1' (see ./run help)" ;;
    esac
  done
}

save_choices() {
  printf 'PORT_HTTP=%s PORT_API=%s PORT_SITES=%s PORT_REGISTRY=%s PORT_GIT=%s DOMAIN=%s\n' \
    "$PORT_HTTP" "$PORT_API" "$PORT_SITES" "$PORT_REGISTRY" "$PORT_GIT" "$DOMAIN" >"$NS_HOME/choices"
}

# Everything that would stop `up` later is said now, all of it at once.
preflight() {
  local problems=() port free owner folder=$NS_HOME
  if ! is_root; then
    problems+=("this needs root (packages, the Docker daemon, port $PORT_HTTP): run it with sudo")
    docker_answers >/dev/null || problems+=("and user $(id -un) has no access to a Docker daemon on $DOCKER_SOCKET")
  fi
  [ -r /etc/debian_version ] || problems+=("this is not a Debian system, and packages come from apt-get: Debian 12 is what is tested")
  while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
  for folder in "$folder" "$ROOT"; do
    free=$(df -Pk "$folder" | awk 'NR == 2 {print int($4 / 1024)}')
    [ "$free" -ge 4096 ] || problems+=("$folder has $free MiB of free disk; building and running needs 4096 MiB")
  done
  for port in "http $PORT_HTTP" "api $PORT_API" "sites $PORT_SITES" "registry $PORT_REGISTRY" "git $PORT_GIT"; do
    set -- $port
    if command -v ss >/dev/null && port_taken "$2" && ! ours "$1" "$2"; then
      owner=$(port_owner "$2")
      problems+=("port $2 is taken${owner:+ by $owner}: stop it, or choose another with ./run up --$1 PORT")
    fi
  done
  [ ${#problems[@]} -eq 0 ] || die "${problems[@]}"
}

# A port that a program of this installation holds is not in the way, as long as the choice has not changed.
ours() {
  local before program
  [ -e "$NS_HOME/choices" ] || return 1
  before=$(
    PORT_SITES=; . "$NS_HOME/choices"
    case $1 in http) echo "$PORT_HTTP" ;; api) echo "$PORT_API" ;; sites) echo "$PORT_SITES" ;; registry) echo "$PORT_REGISTRY" ;; git) echo "$PORT_GIT" ;; esac
  )
  case $1 in http) program=traefik ;; api) program=nsd ;; sites) program='caddy|nginx|apache2|nsd' ;; registry) program=docker-registry ;; git) program=nginx ;; esac
  [ "$before" = "$2" ] && [[ $(port_owner "$2") =~ ^($program)$ ]]
}

write_config() {
  cat >"$CONFIG.new" <<EOF
# Written by ./run up; every key is explained in docs/configuration.md.
installation: $INSTALLATION
data: $NS_HOME/data
database: embedded
git: {private_hosts: [127.0.0.1]}
engines: [engine]
domains: [{name: "*.$DOMAIN"}]
http_address: "$DOMAIN:$PORT_HTTP"
registry: {mode: embedded, port: $PORT_REGISTRY}
backend: docker
site_server: caddy  # or nginx, httpd: kill -HUP the controller's nsd, and it takes over without a failed request
sites: {listen: "127.0.0.1:$PORT_SITES"}
plugins:
  docker:
    plugin: backend-docker
    config: {networks: 10.213.0.0/16, traefik: {provider: file, http: ":$PORT_HTTP"}}
  engine: {plugin: engine-docker, config: {concurrency: 1, memory: 50%}}
  gateway: {plugin: gateway, required: true, listen: ["unix:$NS_SOCKET", "127.0.0.1:$PORT_API"]}
  runtime_cmd: {plugin: build-runtime-cmd}
  runtime_dockerfile: {plugin: build-runtime-dockerfile}
  static_cmd: {plugin: build-static-cmd}
  static_dockerfile: {plugin: build-static-dockerfile}
  caddy: {plugin: site-caddy, config: {binary: $NS_HOME/tools/caddy}}
  nginx: {plugin: site-nginx}
  httpd: {plugin: site-httpd}
EOF
  if [ -e "$CONFIG" ] && [ "$(digest "$CONFIG")" != "$(cat "$NS_HOME/config.digest" 2>/dev/null)" ]; then
    echo "$CONFIG was edited by hand and stays; what would have been written is in $CONFIG.new" | tee "$NS_HOME/notice"
    return 0
  fi
  mv "$CONFIG.new" "$CONFIG"
  digest "$CONFIG" >"$NS_HOME/config.digest"
  rm -f "$NS_HOME/notice"
}

digest() { sha256sum <"$1" | cut -d' ' -f1; }

# Caddy runs as an account that may not go into the tools of root.
install_caddy() { install -D -m 755 "$NS_TOOLS/caddy-$CADDY_VERSION/bin/caddy" "$NS_HOME/tools/caddy"; }

install_program() {
  rm -rf "$PROGRAM.new" "$PROGRAM.old"
  mkdir -p "$PROGRAM.new"
  cp -rL build/release/bin build/release/lib build/release/share "$PROGRAM.new/"
  chown -R "$(id -u):$(id -g)" "$PROGRAM.new"
  chmod -R go-w "$PROGRAM.new"
  if diff -rq "$PROGRAM.new" "$PROGRAM" >/dev/null 2>&1; then rm -rf "$PROGRAM.new"; return 0; fi
  [ ! -e "$PROGRAM" ] || mv "$PROGRAM" "$PROGRAM.old"
  mv "$PROGRAM.new" "$PROGRAM"
  rm -rf "$PROGRAM.old"
}

# start_nsd NAME ROLES: unless it runs already with this very program, plugins and configuration.
start_nsd() {
  local stamp
  stamp=$(cat "$BIN/nsd" "$BIN"/../lib/neoshowcase/plugins/* "$CONFIG" | sha256sum)
  if alive "$NS_RUN/$1.pid" nsd && [ "$(cat "$NS_RUN/$1.stamp" 2>/dev/null)" = "$stamp" ]; then return 0; fi
  stop_daemon "$1" nsd
  start_daemon "$1" "$BIN/nsd" --config "$CONFIG" --roles "$2"
  echo "$stamp" >"$NS_RUN/$1.stamp"
}

# What a shell needs for `ns` and its manual.
command_environment() {
  echo "PATH=$BIN:\$PATH$([ "$NS_SOCKET" = /run/neoshowcase/api.sock ] || echo " NS_SERVER=unix:$NS_SOCKET")"
}

ns() { "$BIN/ns" --server "unix:$NS_SOCKET" "$@"; }

start_platform() {
  "$BIN/nsd" check-config --config "$CONFIG" >/dev/null
  "$BIN/nsd" migrate --config "$CONFIG"
  start_nsd services services
  start_nsd controller controller,builder,ssgen
  if ! wait_for 60 ns doctor --json; then
    ns doctor || true
    tail -n 20 "$NS_LOG/services.log" "$NS_LOG/controller.log"
    return 1
  fi
}

cmd_up() {
  local begin; begin=$(now_ms)
  load_choices
  parse_up "$@"
  preflight
  step "Installing packages" install_packages $PACKAGES_BUILD $PACKAGES_RUN
  preflight  # now that every tool is there to look with
  mkdir -p "$NS_HOME" "$NS_RUN" "$NS_LOG" "$(dirname "$NS_SOCKET")"
  save_choices
  step "Fetching tools (Traefik, Caddy, schema differ)" install_tools
  step "Building (release)" build_preset release
  step "Installing programs" install_program
  step "Installing Caddy" install_caddy
  step "Docker daemon" docker_ensure
  step "Configuration" write_config
  [ ! -e "$NS_HOME/notice" ] || note "$(cat "$NS_HOME/notice")"
  step "Starting NeoShowcase" start_platform
  echo "Everything runs after $(seconds_since "$begin") s."
  echo "  API        http://127.0.0.1:$PORT_API and $NS_SOCKET"
  echo "  command    export $(command_environment), then ns --help and man ns; or ./run ns --help"
  [ "$WITH_SAMPLE" = 1 ] || return 0
  step "Sample Git repository" sample_up
  echo "  try        git clone $(sample_url), edit site/index.html, git push"
  echo "Deploying the sample:"
  ns deploy "$(sample_url)"
}

sample_up() { sample_server_start; sample_repo; }

cmd_down() {
  local purge=0
  case ${1:-} in '') ;; --purge) purge=1 ;; *) die "down does not know '$1' (see ./run help)" ;; esac
  [ -d "$NS_HOME" ] || { echo "Nothing is installed in $NS_HOME."; return 0; }
  is_root || die "this needs root: run it with sudo"
  load_choices
  step "Stopping the sample Git server" sample_server_stop
  step "Stopping NeoShowcase and its helpers" stop_platform
  if [ "$purge" = 0 ]; then
    step "Stopping the applications" stop_containers
    step "Stopping the Docker daemon, if it is ours" docker_stop_own
    echo "Everything is down; ./run up brings it back as it was, ./run down --purge removes it."
    return 0
  fi
  step "Removing containers, networks and images" purge_docker
  step "Removing the Docker daemon, if it is ours" docker_purge_own
  step "Removing $NS_HOME" rm -rf "$NS_HOME" "$(dirname "$NS_SOCKET")"
  echo "Nothing of the installation is left. Debian packages, build/ (./run clean) and the tools in $NS_TOOLS stay."
}

stop_platform() {
  stop_daemon controller nsd
  stop_daemon services nsd
  if [ -x "$BIN/nsd" ] && [ -e "$CONFIG" ]; then "$BIN/nsd" stop --all --config "$CONFIG" || true; fi
  stop_leftovers TERM
  wait_for 20 no_leftovers || stop_leftovers KILL
}

# Helpers that nobody else could stop (a damaged configuration, a cleaned build folder): each names our data folder in its command line.
leftovers() {
  local comm
  for comm in nsd postgres traefik docker-registry caddy nginx apache2; do
    pgrep -x "$comm" | while read -r pid; do
      ! tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$NS_HOME/" || echo "$pid"
    done || true
  done
}
stop_leftovers() { leftovers | xargs -r kill "-$1" 2>/dev/null || true; }
no_leftovers() { [ -z "$(leftovers)" ]; }

stop_containers() {
  docker_answers >/dev/null || return 0
  local ids
  ids=$(docker ps -q --filter "label=$NS_LABEL=$INSTALLATION")
  [ -z "$ids" ] || docker stop -t 10 $ids
}

# Everything in Docker that bears the mark of this installation, and the images of its registry.
purge_docker() {
  docker_answers >/dev/null || return 0
  local mark=label=$NS_LABEL=$INSTALLATION ids
  ids=$(docker ps -aq --filter "$mark"); [ -z "$ids" ] || docker rm -f $ids
  ids=$(docker network ls -q --filter "$mark"); [ -z "$ids" ] || docker network rm $ids
  ids=$(docker images -q --filter "$mark" | sort -u); [ -z "$ids" ] || docker rmi -f $ids
  ids=$(docker images --format '{{.Repository}}@{{.ID}}' | sed -n "s/^127\.0\.0\.1:$PORT_REGISTRY\/.*@//p" | sort -u)
  [ -z "$ids" ] || docker rmi -f $ids
}

cmd_ns() {
  [ -x "$BIN/ns" ] || die "nothing is installed in $NS_HOME; ./run up does that"
  cd "$CALLED_FROM"  # files are named, and work trees pushed, from there
  ns "$@"
}

cmd_status() {
  load_choices
  [ -e "$CONFIG" ] || { echo "Nothing is installed in $NS_HOME; ./run up does that."; return 1; }
  local name
  for name in services controller; do
    if alive "$NS_RUN/$name.pid" nsd; then echo "nsd ($name) runs, pid $(cat "$NS_RUN/$name.pid")"; else echo "nsd ($name) is down"; fi
  done
  docker_answers >/dev/null && echo "Docker answers on $DOCKER_SOCKET" || echo "Docker does not answer on $DOCKER_SOCKET"
  ns doctor || true
  ns app list
}
