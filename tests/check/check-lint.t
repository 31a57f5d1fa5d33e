#!/bin/sh
# cppcheck over src/, clang-tidy over every C file of src/ with the checks of
# .clang-tidy. clang-tidy is slow: a file whose preprocessed text was clean once
# is not looked at again (build/check/).
build=${BUILD:-build}
cache=$build/check/tidy
mkdir -p "$cache"
export build cache
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0

if cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
    --error-exitcode=1 -D_GNU_SOURCE -D__linux__ '-DTINY_VERSION="0"' -Isrc \
    --suppress='*:build/*' --suppress=missingInclude src > "$log" 2>&1; then
    echo "ok 1 - cppcheck"
else
    echo "not ok 1 - cppcheck"
    sed 's/^/# /' "$log"
    failed=1
fi

# One file a call, so that each finding stays with its file.
# shellcheck disable=SC2016
if find src -name '*.c' | sort | xargs -P "$(nproc)" -n 1 sh -c '
    f=$1
    set -- -std=c11 -D_GNU_SOURCE "-DTINY_VERSION=\"0\"" -Isrc -isystem "$build/third_party/bearssl/inc"
    key=$( (cat .clang-tidy; clang -E -CC "$@" "$f") | sha256sum | cut -d" " -f1)
    [ -f "$cache/$key" ] && exit 0
    out=$(clang-tidy --quiet "$f" -- "$@" 2> /dev/null)
    status=$?
    if [ $status -eq 0 ]; then : > "$cache/$key"; else printf "%s\n" "$out"; exit 1; fi
' tidy > "$log" 2>&1; then
    echo "ok 2 - clang-tidy"
else
    echo "not ok 2 - clang-tidy"
    sed 's/^/# /' "$log"
    failed=1
fi
echo "1..2"
exit $failed
