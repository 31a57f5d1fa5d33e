#!/bin/sh
# Constant time: the primitives with their secrets marked undefined, under valgrind.
program=${BUILD:-build}/ct/ct
if ! command -v valgrind > /dev/null; then
    echo "1..0 # SKIP valgrind is not installed"
    exit 0
fi
exec valgrind -q --log-file="$program.log" "$program"
