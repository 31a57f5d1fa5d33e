#!/bin/sh
# The C that our patches put beside T0 sources is what the T0 compiler makes.
if ! command -v mcs > /dev/null || ! command -v mono > /dev/null; then
    echo "1..0 # SKIP no T0 compiler here: mono-mcs and mono-runtime are not installed"
    exit 0
fi
echo "1..1"
if out=$(third_party/regen-t0.sh --check "${BUILD:-build}/third_party/bearssl" 2>&1); then
    echo "ok 1 - generated C files are the compiler's"
else
    echo "not ok 1 - generated C files are the compiler's"
    printf '%s\n' "$out" | sed 's/^/# /'
    exit 1
fi
