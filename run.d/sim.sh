# The simulation: a whole installation in virtual time (docs/design/simulation.md).

# build_simulation PRESET: `mutants` has the planted bugs in it; with none chosen it runs as `sim` does.
build_simulation() {
  [ -f "build/$1/build.ninja" ] || step "Configuring ($1)" cmake --preset "$1"
  step "Building (simulation, $1)" cmake --build "build/$1" --target simulation
}

cmd_sim() {
  step "Installing packages" install_packages $PACKAGES_BUILD $PACKAGES_TEST
  build_simulation sim
  build/sim/tests/ns-simulation --jobs "$(nproc)" "$@"
}

cmd_mutants() {
  step "Installing packages" install_packages $PACKAGES_BUILD $PACKAGES_TEST
  build_simulation mutants
  build/mutants/tests/ns-simulation --mutants --jobs "$(nproc)" "$@"
}

# same_hashes SEEDS PRESET...: whether each of these builds runs the seeds as the first does, event by event.
same_hashes() {
  local seeds=$1 first=$2 folder preset status=0
  shift
  folder=$(mktemp -d)
  for preset in "$@"; do
    "build/$preset/tests/ns-simulation" --seeds "$seeds" --hashes | grep -E '^[0-9]+ [0-9a-f]{16}$' >"$folder/$preset"
    [ "$(wc -l <"$folder/$preset")" = "$seeds" ] || { echo "$preset ran not all of $seeds seeds"; status=1; }
    diff "$folder/$first" "$folder/$preset" >"$folder/diff" || { echo "$first and $preset differ:"; head -n 6 "$folder/diff"; status=1; }
  done
  rm -rf "$folder"
  [ "$status" != 0 ] || echo "$seeds seeds run alike: $*"
  return "$status"
}

cmd_hashes() {
  local preset
  step "Installing packages" install_packages $PACKAGES_BUILD $PACKAGES_TEST $PACKAGES_STYLE
  for preset in dev sim clang sim-clang; do build_simulation "$preset"; done
  same_hashes "${1:-100}" dev sim clang sim-clang
}

# The gate's part: a minute of seeds on all cores, the same ones each time, so that only a change can break them; thirty of them at -O0; and
# ten planted bugs, others each day; all of them with `full`.
test_simulation() {
  local jobs status=0 mutants=(--sample 10 --pick "$(($(date +%s) / 86400))" --seeds 2000)
  jobs=$(nproc)
  build_simulation mutants
  build/mutants/tests/ns-simulation --from 100000 --seeds 6000 --jobs "$jobs" || status=1
  same_hashes 30 dev mutants || status=1
  [ "$FULL" = 0 ] || mutants=(--seeds 10000)
  build/mutants/tests/ns-simulation --mutants --jobs "$jobs" "${mutants[@]}" || status=1
  return "$status"
}
