#!/bin/sh
# The released program itself: static, position independent, hardened, small.
bin=${BUILD:-build}/tiny
n=0
failed=0

check() {
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        failed=1
    fi
}

has() {
    printf '%s\n' "$1" | grep -q -e "$2"
}

headers=$(readelf -hlW "$bin") || {
    echo "Bail out! $bin is no program"
    exit 1
}
dynamic=$(readelf -dW "$bin")
! has "$headers" 'INTERP'
check $? "no interpreter"
! has "$dynamic" '(NEEDED)'
check $? "no shared library"
set -- /usr/lib/*-linux-musl*/rcrt1.o
if [ -e "$1" ]; then
    has "$headers" 'Type:.*DYN' && has "$dynamic" 'Flags:.*PIE'
    check $? "position independent"
    has "$dynamic" 'BIND_NOW'
    check $? "everything is bound at start"
    ! has "$dynamic" 'TEXTREL'
    check $? "code is not relocated"
fi
has "$headers" 'GNU_RELRO'
check $? "relocated data is read-only"
has "$headers" 'GNU_STACK.* RW ' && ! has "$headers" 'GNU_STACK.* RWE'
check $? "the stack is not executable"
! printf '%s\n' "$headers" | grep LOAD | grep -q 'RWE'
check $? "no memory is writable and executable"
! readelf -SW "$bin" | grep -q -e '\.symtab' -e '\.debug'
check $? "stripped"
# The canary is read from the thread's block: the mark of the stack protector.
# objdump knows only this machine's code, and the mark is x86-64's.
if readelf -hW "$bin" | grep -q X86-64; then
    objdump -d "$bin" | grep -q '%fs:0x28'
    check $? "functions with arrays are guarded by a canary"
fi
size=$(stat -c %s "$bin")
echo "# $size bytes"
[ "$size" -le 307200 ]
check $? "at most 300 KB"
first=$("$bin" --version < /dev/null | head -n 1)
has "$first" '^tiny [0-9]'
check $? "runs and tells its version"
echo "1..$n"
exit $failed
