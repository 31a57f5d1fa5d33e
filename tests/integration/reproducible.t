#!/bin/sh
# The program does not tell where, when or by whom it was built: a second build
# of the same source in another place, under another umask, time zone,
# language and name, with other time stamps, gives the same bytes.
build=${BUILD:-build}
n=0
failed=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

check() {
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        sed 's/^/# /' "$dir/log"
        failed=1
    fi
}

packaging/dist/reproduce -1 tiny > "$dir/log" 2>&1
check $? "another build gives the bytes of $build/tiny"
sum=$(sha256sum < "$build/tiny")
grep -q "^${sum%% *}  tiny$" "$dir/log"
check $? 'and tells their SHA-256'

# One byte is enough to be told. A make that only copies stands for the second build.
mkdir -p "$dir/build/third_party" "$dir/bin"
cp "$build/tiny" "$dir/build/tiny"
printf x >> "$dir/build/tiny"
cp -r "$build/third_party/bearssl" "$dir/build/third_party/bearssl"
# shellcheck disable=SC2016
printf '#!/bin/sh\nmkdir -p "$BUILD" && exec cp "$ORIGINAL" "$BUILD/tiny"\n' > "$dir/bin/make"
chmod +x "$dir/bin/make"
ORIGINAL=$(cd "$build" && pwd)/tiny
export ORIGINAL
BUILD=$dir/build PATH=$dir/bin:$PATH packaging/dist/reproduce -1 tiny > "$dir/log" 2>&1
[ $? -eq 1 ] && grep -q 'the two builds differ' "$dir/log"
check $? 'a byte that differs is found'
echo "1..$n"
exit $failed
