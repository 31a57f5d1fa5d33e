#!/bin/sh
# Every harness over its corpus and over the inputs that once broke something,
# with the programs of both compilers. A harness without inputs runs over one
# empty file, so that it at least starts.
build=${BUILD:-build}
n=0
failed=0
log=$(mktemp)
empty=$(mktemp)
trap 'rm -f "$log" "$empty"' EXIT

for source in fuzz/fuzz_*.c; do
    [ -f "$source" ] || continue
    harness=$(basename "$source" .c)
    name=${harness#fuzz_}
    set -- "$empty"
    for dir in "fuzz/corpus/$name" "fuzz/regressions/$name"; do
        if [ -d "$dir" ]; then
            set -- "$@" "$dir"
        fi
    done
    for variant in gcc-san clang-san; do
        n=$((n + 1))
        if timeout 120 "$build/$variant/replay/$harness" "$@" > "$log" 2>&1; then
            echo "ok $n - $harness ($variant): $(tail -n 1 "$log")"
        else
            echo "not ok $n - $harness ($variant)"
            sed 's/^/# /' "$log" | head -n 40
            failed=1
        fi
    done
done
[ $n -gt 0 ] || echo "1..0 # SKIP no harnesses"
[ $n -eq 0 ] || echo "1..$n"
exit $failed
