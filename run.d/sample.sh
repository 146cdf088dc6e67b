# The sample: a Git server on loopback (nginx, fcgiwrap, git http-backend) with one bare repository, deployed as a user would.

SAMPLE=$NS_HOME/sample
SAMPLE_REPO=$SAMPLE/repos/sample.git
sample_url() { echo "http://127.0.0.1:$PORT_GIT/sample.git"; }

# git_server_files REPOS RUN LOG PORT: the nginx configuration of a Git server, on standard output.
git_server_conf() {
  sed -e "s|@repos@|$1|g" -e "s|@run@|$2|g" -e "s|@log@|$3|g" -e "s|@port@|$4|g" "$ROOT/run.d/sample/git-server.conf.in"
}

# The CGI program runs as www-data, may start nothing but git-http-backend, and owns the repositories.
sample_server_start() {
  if ! alive "$NS_RUN/git-cgi.pid" fcgiwrap; then
    mkdir -p "$SAMPLE/repos" "$SAMPLE/cgi"
    chown www-data: "$SAMPLE/repos" "$SAMPLE/cgi"
    rm -f "$SAMPLE/cgi/git-cgi.sock"
    start_daemon git-cgi setpriv --reuid www-data --regid www-data --clear-groups \
      env HOME="$SAMPLE" fcgiwrap -c 2 -p /usr/lib/git-core/git-http-backend -s "unix:$SAMPLE/cgi/git-cgi.sock"
    wait_for 10 test -S "$SAMPLE/cgi/git-cgi.sock"
  fi
  if ! alive "$NS_RUN/git-server.pid" nginx; then
    git_server_conf "$SAMPLE/repos" "$SAMPLE/cgi" "$NS_LOG" "$PORT_GIT" >"$SAMPLE/nginx.conf"
    start_daemon git-server nginx -c "$SAMPLE/nginx.conf" -e "$NS_LOG/git-nginx-error.log"
  fi
  wait_for 10 port_taken "$PORT_GIT"
}

sample_server_stop() {
  stop_daemon git-server nginx 5
  local group
  group=$(cat "$NS_RUN/git-cgi.pid" 2>/dev/null || true)
  stop_daemon git-cgi fcgiwrap 5
  # Its workers do not end with it; start_daemon made them one group.
  [ -z "$group" ] || kill -- "-$group" 2>/dev/null || true
}

as_git() { setpriv --reuid www-data --regid www-data --clear-groups env HOME="$SAMPLE" "$@"; }

# The bare repository with its first commit, and the hook that tells the platform of each push.
sample_repo() {
  if [ ! -d "$SAMPLE_REPO" ]; then
    local work
    as_git git init -q --bare -b main "$SAMPLE_REPO"
    as_git git -C "$SAMPLE_REPO" config http.receivepack true
    work=$(mktemp -d)
    cp -r "$ROOT/run.d/sample/app/." "$work/"
    install -D /bin/busybox "$work/bin/busybox"
    git -C "$work" init -q -b main
    git -C "$work" add -A
    git -C "$work" -c user.name=NeoShowcase -c user.email=sample@localhost commit -q -m "A page that says hello"
    git -C "$work" push -q "$(sample_url)" main
    rm -rf "$work"
  fi
  as_git tee "$SAMPLE_REPO/hooks/post-receive" >/dev/null <<EOF
#!/bin/sh
# Tells NeoShowcase to look at this repository now.
curl -s -m 5 -o /dev/null -X POST -H 'Content-Type: application/json' -H 'X-Gitea-Event: push' \\
  -d '{"repository":{"clone_url":"$(sample_url)"}}' http://127.0.0.1:$PORT_API/api/webhook/gitea
EOF
  as_git chmod 755 "$SAMPLE_REPO/hooks/post-receive"
}
