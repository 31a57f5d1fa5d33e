#!/bin/sh
# Runs shellcheck over every shell script of the repository.
n=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for f in $(git ls-files 2> /dev/null || find .ci third_party tests -type f); do
    [ -f "$f" ] || continue
    head -n 1 "$f" 2> /dev/null | grep -aq '^#!.*[/ ]\(ba\)\?sh' || continue
    n=$((n + 1))
    if shellcheck "$f" > "$log" 2>&1; then
        echo "ok $n - $f"
    else
        echo "not ok $n - $f"
        sed 's/^/# /' "$log"
        failed=1
    fi
done
echo "1..$n"
exit $failed
