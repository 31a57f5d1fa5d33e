#!/bin/sh
# Each test of a library patch passes with our patches and fails without them.
# The failure must come after a check that passed and be of the kinds that the
# tests can have: a "not ok", a sanitizer's report, a crash or a hang. A test
# that cannot even begin is no proof.
build=${BUILD:-build}/bearssl
n=0
failed=0

result() {
    n=$((n + 1))
    if [ "$1" = 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        sed 's/^/# /' "$log" | head -n 30
        failed=1
    fi
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
for source in tests/bearssl/[0-9]*.c; do
    name=$(basename "$source" .c)
    timeout 60 "$build/$name" > "$log" 2>&1
    result $? "$name: passes with our patches"
    timeout 20 "$build/$name.pristine" > "$log" 2>&1
    status=$?
    proof=1
    if ! grep -q '^ok 1 ' "$log"; then
        proof=1
    elif [ $status -eq 124 ] || [ $status -gt 128 ]; then
        proof=0
    elif [ $status -ne 0 ] &&
        grep -q -e '^not ok' -e 'ERROR: AddressSanitizer' -e 'runtime error:' "$log"; then
        proof=0
    fi
    result $proof "$name: fails without them"
done
echo "1..$n"
exit $failed
