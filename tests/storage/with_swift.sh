#!/bin/bash
# with_swift.sh COMMAND...: runs a command with an OpenStack Swift of its own, whose sign-in (v1) is at NS_TEST_SWIFT: user
# "test:tester" with the key "testing" owns the account; "test:reader" with "reading" has no rights. Ends with 77 (skipped) where Swift
# is not installed.
set -euo pipefail
work=$(mktemp -d /tmp/ns-with-swift.XXXXXX)
. "$(dirname "$0")/server.sh"
here=$(cd "$(dirname "$0")" && pwd)

/usr/bin/python3 -c 'import swift' 2>/dev/null || missing "python3-swift is not installed"
command -v memcached >/dev/null || missing "memcached is not installed"

# True once every server does its part.
serves() {
  local head url token
  head=$(curl -sf -m 5 -D - -o /dev/null -H "X-Auth-User: test:tester" -H "X-Auth-Key: testing" "$NS_TEST_SWIFT" | tr -d '\r') || return 1
  url=$(sed -n 's/^X-Storage-Url: //p' <<<"$head")
  token=$(sed -n 's/^X-Auth-Token: //p' <<<"$head")
  curl -sf -m 30 -o /dev/null -H "X-Auth-Token: $token" -X PUT "$url/ready" &&
    curl -sf -m 30 -o /dev/null -H "X-Auth-Token: $token" -X PUT "$url/ready/object" -d ready
}

# True once it serves.
start() {
  rm -rf "$work/swift"
  mkdir "$work/swift"
  read -ra ports <<<"$(free_ports 5)"
  export NS_TEST_SWIFT=http://127.0.0.1:${ports[0]}/auth/v1.0
  /usr/bin/python3 "$here/swift_servers.py" "$work/swift" "${ports[@]}" >"$work/log" 2>&1 &
  server=$!
  answers serves
}

# Again where another program took a port meanwhile.
start || start || start || { tail -n 30 "$work/log"; exit 1; }
"$@"
