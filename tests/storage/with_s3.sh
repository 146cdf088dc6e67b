#!/bin/bash
# with_s3.sh SERVER COMMAND...: runs a command with an S3 server of its own at NS_TEST_S3 (a URL), with a bucket "files" for the key
# "tester". SERVER: seaweedfs, versitygw; as run.d/tools.sh installs them. Ends with 77 (skipped) where it is not installed.
set -euo pipefail
tools=${NS_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/neoshowcase/tools}
kind=$1; shift
work=$(mktemp -d /tmp/ns-with-s3.XXXXXX)
. "$(dirname "$0")/server.sh"

# The newest that is installed.
program() { find "$tools" -maxdepth 3 -path "*/$1-*/bin/$2" 2>/dev/null | sort -V | tail -n 1; }

start_versitygw() {
  local binary; binary=$(program versitygw versitygw)
  [ -n "$binary" ] || missing "versitygw is not installed"
  mkdir "$work/data"
  "$binary" --access tester --secret tester-secret --region eu-test-1 --port "127.0.0.1:${ports[0]}" \
    --virtual-domain "localhost:${ports[0]}" posix "$work/data" >"$work/log" 2>&1 &
}

start_seaweedfs() {
  local binary; binary=$(program seaweedfs weed)
  [ -n "$binary" ] || missing "SeaweedFS is not installed"
  cat >"$work/s3.json" <<CONFIG
{"identities": [{"name": "tester", "credentials": [{"accessKey": "tester", "secretKey": "tester-secret"}], "actions": ["Admin"]}]}
CONFIG
  mkdir "$work/data"
  (cd "$work/data" && exec "$binary" server -dir=. -ip=127.0.0.1 -ip.bind=127.0.0.1 -master.telemetry=false -master.volumeSizeLimitMB=64 \
    -volume.max=20 -s3 -s3.config="$work/s3.json" -s3.domainName="localhost" -s3.port="${ports[0]}" -s3.port.iceberg=0 -s3.port.lance=0 -s3.port.grpc="${ports[1]}" -master.port="${ports[2]}" \
    -master.port.grpc="${ports[3]}" -volume.port="${ports[4]}" -volume.port.grpc="${ports[5]}" -filer.port="${ports[6]}" \
    -filer.port.grpc="${ports[7]}") >"$work/log" 2>&1 &
}

# Also says that it answers: the bucket can be made once all its parts have found each other.
make_bucket() {
  curl -sf -m 5 -o /dev/null --aws-sigv4 aws:amz:eu-test-1:s3 --user tester:tester-secret -X PUT "$NS_TEST_S3/files" \
    -H "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
}

# True once it serves.
start() {
  rm -rf "$work/data"
  read -ra ports <<<"$(free_ports 8)"
  export NS_TEST_S3=http://127.0.0.1:${ports[0]}
  export NS_TEST_S3_VIRTUAL=http://localhost:${ports[0]}  # the same where the bucket is part of the host
  "start_$kind"
  server=$!
  answers make_bucket
}

# Again where another program took a port meanwhile.
start || start || start || { tail -n 30 "$work/log"; exit 1; }
"$@"
