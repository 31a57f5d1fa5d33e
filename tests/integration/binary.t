#!/bin/sh
# The released programs themselves, full, small and minimal: static,
# position independent, hardened, not larger than promised.
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

# examine PROGRAM BYTES: all checks of one program, which has at most so many bytes.
examine() {
    bin=$1
    what=${1##*/}
    headers=$(readelf -hlW "$bin") || {
        echo "Bail out! $bin is no program"
        exit 1
    }
    dynamic=$(readelf -dW "$bin")
    ! has "$headers" 'INTERP'
    check $? "$what: no interpreter"
    ! has "$dynamic" '(NEEDED)'
    check $? "$what: no shared library"
    if ls /usr/lib/*-linux-musl*/rcrt1.o > /dev/null 2>&1; then
        has "$headers" 'Type:.*DYN' && has "$dynamic" 'Flags:.*PIE'
        check $? "$what: position independent"
        has "$dynamic" 'BIND_NOW'
        check $? "$what: everything is bound at start"
        ! has "$dynamic" 'TEXTREL'
        check $? "$what: code is not relocated"
    fi
    has "$headers" 'GNU_RELRO'
    check $? "$what: relocated data is read-only"
    has "$headers" 'GNU_STACK.* RW ' && ! has "$headers" 'GNU_STACK.* RWE'
    check $? "$what: the stack is not executable"
    ! printf '%s\n' "$headers" | grep LOAD | grep -q 'RWE'
    check $? "$what: no memory is writable and executable"
    ! readelf -SW "$bin" | grep -q -e '\.symtab' -e '\.debug'
    check $? "$what: stripped"
    # The canary is read from the thread's block: the mark of the stack protector.
    # objdump knows only this machine's code, and the mark is x86-64's.
    if readelf -hW "$bin" | grep -q X86-64; then
        objdump -d "$bin" | grep -q '%fs:0x28'
        check $? "$what: functions with arrays are guarded by a canary"
    fi
    size=$(stat -c %s "$bin")
    echo "# $what: $size bytes"
    [ "$size" -le "$2" ]
    check $? "$what: at most $2 bytes"
    first=$("$bin" --version < /dev/null | head -n 1)
    has "$first" '^tiny [0-9]'
    check $? "$what: runs and tells its version"
}

examine "${BUILD:-build}/tiny" 425984
examine "${BUILD:-build}/tiny-small" 307200
examine "${BUILD:-build}/tiny-minimal" 184320
echo "1..$n"
exit $failed
