# test: ctest (unit tests, simulation and checks of the house), then the end-to-end tests and, beside them, real processes under
# faults; one closing line for all.

parse_test() {
  FULL=0 FILTER=
  while [ $# -gt 0 ]; do
    case $1 in
      --full) FULL=1; shift ;;
      -*) die "test does not know '$1' (see ./run help)" ;;
      *) [ -z "$FILTER" ] || die "test takes one filter, not '$FILTER' and '$1'"; FILTER=$1; shift ;;
    esac
  done
}

# Unit tests run two at a time; those marked `full` only when asked for.
run_ctest() {
  local args=(--test-dir build/dev --output-on-failure --output-junit "$RESULTS/ctest.xml" -j "$(nproc)")
  [ -z "$FILTER" ] || args+=(-R "$FILTER")
  [ "$FULL" = 1 ] || args+=(-LE full)
  ctest "${args[@]}" >"$RESULTS/ctest.log" 2>&1 || { tail -n 200 "$RESULTS/ctest.log"; return 1; }
  tail -n 4 "$RESULTS/ctest.log"
}

# run_pytest FOLDER: tests with a network, mounts and processes of their own, all of which end with them.
run_pytest() {
  local args=("tests/$1" -p no:cacheprovider --junit-xml "$RESULTS/$1.xml" --durations 15 -v) status=0
  [ -z "$FILTER" ] || args+=(-k "$FILTER")
  [ "$FULL" = 0 ] || args+=(--full)
  tests/e2e/isolated "$(pytest_bin)" "${args[@]}" || status=$?
  [ "$status" = 5 ] && [ -n "$FILTER" ] && return 0  # the filter names unit tests only
  return "$status"
}

# Faults are mostly waited out, with both processors idle: the end-to-end tests run meanwhile.
run_on_real_processes() {
  local status=0 faults
  set -m  # a process group of its own, so that it can be ended as a whole
  run_pytest faults >"$RESULTS/faults.log" 2>&1 </dev/null & faults=$!
  set +m
  trap "kill -- -$faults 2>/dev/null" EXIT
  echo "End-to-end tests"
  run_pytest e2e || status=1
  echo "Faults on real processes"
  wait "$faults" || status=1
  trap - EXIT
  cat "$RESULTS/faults.log"
  return "$status"
}

cmd_test() {
  local status=0 tools
  parse_test "$@"
  is_root || die "the end-to-end tests start daemons and containers and need root: run it with sudo"
  RESULTS=$ROOT/build/test-results
  rm -rf "$RESULTS"; mkdir -p "$RESULTS"
  step "Installing packages" install_packages $PACKAGES_BUILD $PACKAGES_RUN $PACKAGES_TEST
  # Fetched while the compiler works; the step of that name finds them there, or tells why not.
  mkdir -p "$STEP_LOGS"
  (set -e; install_test_tools) >"$STEP_LOGS/tools.log" 2>&1 </dev/null & tools=$!
  step "Building (dev)" build_preset dev
  wait "$tools" || true
  step "Fetching tools (Traefik, Caddy, BuildKit, pytest...)" install_test_tools
  echo "Unit tests and checks of the house"
  run_ctest || status=1
  [ -n "$FILTER" ] && ! [[ simulation =~ $FILTER ]] || { echo "Simulation"; test_simulation || status=1; }
  run_on_real_processes || status=1
  python3 run.d/summary.py "$RESULTS/ctest.xml" "$RESULTS/faults.xml" "$RESULTS/e2e.xml" || status=1
  return "$status"
}

install_test_tools() {
  install_tools
  tool_pytest
  tool_seaweedfs
  tool_buildkit
  tool_lifecycle
  tool_git_lfs
  tool_conformance
  tool_clients
  tool_web_clients
  [ "$FULL" = 0 ] || tool_versitygw
}
