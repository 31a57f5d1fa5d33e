#!/bin/sh
# Installs what a part of the work needs and this machine lacks.
#
# usage: setup.sh build|test|interop|check|bench|dist|deb|maintain|cross-TARGET
#
# Nothing is asked of the network when nothing is missing. As root the missing
# packages are installed with apt-get; anyone else is told the one command.
set -eu

# One line a need: a command or a file pattern, and the Debian package that brings it.
needs() {
    case $1 in
    build)
        cat <<'END'
gcc gcc
ar binutils
patch patch
xz xz-utils
sha256sum coreutils
musl-gcc musl-tools
/usr/include/stdlib.h libc6-dev
END
        ;;
    test)
        cat <<'END'
clang clang
/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a libclang-rt-dev
/usr/lib/gcc/*/*/libasan.so gcc
prove perl
python3 python3
curl curl
openssl openssl
gnutls-cli gnutls-bin
sslscan sslscan
testssl testssl.sh
strace strace
valgrind valgrind
/usr/include/valgrind/memcheck.h valgrind
mandoc mandoc
busybox busybox
nsenter util-linux
groff groff-base
zsh zsh
fish fish
qemu-aarch64 qemu-user
/usr/share/bash-completion/bash_completion bash-completion
nginx nginx-light
END
        ;;
    cross-aarch64) echo 'aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu' ;;
    cross-armhf) echo 'arm-linux-gnueabihf-gcc gcc-arm-linux-gnueabihf' ;;
    cross-arm) echo 'arm-linux-gnueabi-gcc gcc-arm-linux-gnueabi' ;;
    cross-mipsel) echo 'mipsel-linux-gnu-gcc gcc-mipsel-linux-gnu' ;;
    cross-mips) echo 'mips-linux-gnu-gcc gcc-mips-linux-gnu' ;;
    cross-riscv64) echo 'riscv64-linux-gnu-gcc gcc-riscv64-linux-gnu' ;;
    cross-i386) echo 'i686-linux-gnu-gcc gcc-i686-linux-gnu' ;;
    cross-x86_64) echo 'x86_64-linux-gnu-gcc gcc-x86-64-linux-gnu' ;;
    interop)
        cat <<'END'
chromium chromium
firefox-esr firefox-esr
go golang-go
javac default-jdk-headless
node nodejs
brotli brotli
zstd zstd
systemd-analyze systemd
dh debhelper
/usr/share/doc/build-essential/copyright build-essential
lintian lintian
busybox busybox
END
        ;;
    check)
        cat <<'END'
clang-format clang-format
clang-tidy clang-tidy
cppcheck cppcheck
shellcheck shellcheck
mandoc mandoc
python3 python3
prove perl
END
        ;;
    bench)
        cat <<'END'
nginx nginx-light
openssl openssl
wrk wrk
python3 python3
curl curl
END
        ;;
    dist)
        cat <<'END'
tar tar
gzip gzip
python3 python3
END
        ;;
    deb)
        cat <<'END'
dpkg-buildpackage dpkg-dev
dh debhelper
/usr/share/doc/build-essential/copyright build-essential
END
        ;;
    maintain)
        cat <<'END'
mcs mono-mcs
mono mono-runtime
END
        ;;
    *)
        echo "setup: unknown part '$1' (build, test, interop, check, bench, dist, deb, maintain or cross-TARGET)" >&2
        return 1
        ;;
    esac
}

present() {
    case $1 in
    /*)
        # A pattern: present when it names at least one file.
        # shellcheck disable=SC2086
        set -- $1
        [ -e "$1" ]
        ;;
    *) command -v "$1" > /dev/null ;;
    esac
}

missing_packages() {
    needs "$1" | while read -r what package; do
        present "$what" || printf '%s\n' "$package"
    done | sort -u | tr '\n' ' '
}

[ $# -eq 1 ] || {
    echo "usage: setup.sh build|test|interop|check|bench|dist|deb|maintain|cross-TARGET" >&2
    exit 1
}
needs "$1" > /dev/null
packages=$(missing_packages "$1")
[ -n "$packages" ] || exit 0
if ! command -v apt-get > /dev/null; then
    echo "setup: this machine lacks what these Debian packages bring: $packages" >&2
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "setup: packages are missing. Install them with" >&2
    echo "    sudo apt-get install --no-install-recommends $packages" >&2
    echo "and run make again." >&2
    exit 1
fi
echo "  SETUP  $packages"
# No daemon starts by itself (nginx would), and a lock held by somebody else is waited for.
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
    apt-get -q -y -o DPkg::Lock::Timeout=600 install --no-install-recommends "$@" > "$log" 2>&1
}
# Java's packages take it for granted.
[ "$1" != interop ] || mkdir -p /usr/share/man/man1
# shellcheck disable=SC2086
if ! install $packages; then
    # The lists may be missing or old.
    if ! { apt-get -q -o DPkg::Lock::Timeout=600 update > "$log" 2>&1 && install $packages; }; then
        tail -n 20 "$log" >&2
        echo "setup: could not install: $packages" >&2
        [ "$1" = interop ] || exit 1
        # Each of these is worth having without the others.
        for package in $packages; do
            install "$package" || true
        done
    fi
fi
packages=$(missing_packages "$1")
[ -z "$packages" ] || {
    echo "setup: installed, but still not found: $packages" >&2
    exit 1
}
