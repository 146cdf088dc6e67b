# Fuzzing of what strangers send (tests/fuzz): inputs that reach new code join the corpus, which the gate replays.

FUZZ_LARGEST=8192  # bytes of an input that is kept: longer ones are cut, and the targets' limits on a head (4 KiB) and a body (2 KiB) are to be passed

# fuzz_one TARGET SECONDS: what it finds lies in build/fuzz/found; is it mended, it belongs into the corpus.
fuzz_one() {
  local target=$1 seconds=$2 corpus=tests/fuzz/corpus/$1 grown=build/fuzz/grown/$1 status=0
  mkdir -p "$grown" build/fuzz/found
  "build/fuzz/tests/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/found/$target-" "$grown" "$corpus" 2>&1 | tail -n 20 || status=1
  "build/fuzz/tests/fuzz_$target" -merge=1 -max_len="$FUZZ_LARGEST" "$corpus" "$grown" 2>&1 | grep -E "MERGE-OUTER: [0-9]+ new files" || true
  return "$status"
}

cmd_fuzz() {
  local targets=() seconds=60 status=0 target
  case ${1:-} in
    '' | [0-9]*) mapfile -t targets < <(sed -n 's/^ns_fuzz(//p' tests/fuzz/CMakeLists.txt) ;;
    *) targets=("$1"); shift ;;
  esac
  seconds=${1:-$seconds}
  step "Installing packages" install_packages $PACKAGES_BUILD $PACKAGES_TEST $PACKAGES_STYLE $PACKAGES_FUZZ
  [ -f build/fuzz/build.ninja ] || step "Configuring (fuzz)" cmake --preset fuzz
  step "Building (fuzz)" cmake --build build/fuzz --target "${targets[@]/#/fuzz_}"
  for target in "${targets[@]}"; do
    echo "$target, $seconds s"
    fuzz_one "$target" "$seconds" || status=1
  done
  return "$status"
}
