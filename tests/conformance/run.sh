#!/bin/bash
# run.sh SERVER PLUGINS: Connect's conformance suite against the gateway, each combination of what config.yaml names. Fails where a case fails,
# and where there are fewer cases than there were. Ends with 77 (skipped) where the suite is not there, and says so.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tools=${NS_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/neoshowcase/tools}
suite=$(compgen -G "$tools/conformance-*/" | tail -n 1) || true
cases=$(cat "$here/cases")

if [ -z "$suite" ]; then echo "LEFT OUT: no conformance suite in $tools; ./run test fetches it"; exit 77; fi
said=$(mktemp)
trap 'rm -f "$said"' EXIT
status=0
"$suite/bin/connectconformance" --mode server --conf "$here/config.yaml" --parallel 2 -- "$1" "$2" "$suite/proto" >"$said" 2>&1 || status=$?
tail -n 60 "$said"
passed=$(sed -n 's/^\([0-9]*\) passed.*/\1/p' "$said" | tail -n 1)
[ "$status" = 0 ] || exit "$status"
if [ "${passed:-0}" -lt "$cases" ]; then
  echo "${passed:-0} cases passed, fewer than the $cases of $here/cases"
  exit 1
fi
