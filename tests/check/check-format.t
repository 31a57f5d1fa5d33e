#!/bin/sh
# Every C file is as clang-format leaves it.
n=0
failed=0
for f in $(git ls-files '*.c' '*.h' 2> /dev/null || find src tests fuzz -name '*.[ch]'); do
    [ -f "$f" ] || continue
    n=$((n + 1))
    if clang-format --dry-run -Werror "$f" > /dev/null 2>&1; then
        echo "ok $n - $f"
    else
        echo "not ok $n - $f"
        echo "# run: clang-format -i $f"
        failed=1
    fi
done
echo "1..$n"
exit $failed
