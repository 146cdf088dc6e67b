# Of the scripts that run a command with a server of its own: $work is its folder, and $server its process.
server=

missing() { echo "LEFT OUT: $1"; exit 77; }
finish() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT

# Below those that the kernel gives to connections, which would take one before the server does.
free_ports() {
  python3 -c 'import random, socket, sys
ends = []
while len(ends) < int(sys.argv[1]):
    end = socket.socket()
    try: end.bind(("127.0.0.1", random.randrange(15000, 32000)))
    except OSError: continue
    ends.append(end)
print(*[end.getsockname()[1] for end in ends])' "$1"
}

# answers COMMAND...: true once the command is, false where the server ends before, or after 30 seconds.
answers() {
  for _ in $(seq 300); do
    if "$@"; then return 0; fi
    kill -0 "$server" 2>/dev/null || return 1
    sleep 0.1
  done
  kill "$server"
  return 1
}
