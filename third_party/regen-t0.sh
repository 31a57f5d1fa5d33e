#!/bin/sh
# Makes the C files that BearSSL generates from T0 anew, or compares them.
#
# usage: regen-t0.sh [--check] TREE
#
# A maintainer's tool: it builds the T0 compiler from the C# source in TREE with
# mcs (Debian: mono-mcs, mono-runtime) and runs it. --check changes nothing and
# fails when a C file is not what the compiler makes of its .t0 file.
set -eu

check=
if [ "${1:-}" = --check ]; then
    check=1
    shift
fi
if [ $# -ne 1 ] || [ ! -f "$1/T0/T0Comp.cs" ]; then
    echo "usage: regen-t0.sh [--check] TREE   (TREE holds T0/ and src/ of BearSSL)" >&2
    exit 2
fi
for tool in mcs mono; do
    command -v $tool > /dev/null || {
        echo "regen-t0: no $tool here; install mono-mcs and mono-runtime" >&2
        exit 2
    }
done
tree=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mcs -out:"$work/t0.exe" -res:"$tree/T0/kern.t0",t0-kernel "$tree"/T0/*.cs
cp -r "$tree/src" "$work/src"
failed=0

# usage: make_c OUT NAME SOURCE...   (the compiler writes OUT.c)
make_c() {
    out=$1
    name=$2
    shift 2
    (cd "$work" && mono t0.exe -o "$out" -r "$name" "$@" > t0.log) || {
        cat "$work/t0.log" >&2
        exit 1
    }
    if [ -z "$check" ]; then
        cmp -s "$work/$out.c" "$tree/$out.c" || cp "$work/$out.c" "$tree/$out.c"
    elif ! cmp -s "$work/$out.c" "$tree/$out.c"; then
        echo "regen-t0: $out.c is not what the compiler makes of $*" >&2
        failed=1
    fi
}

make_c src/codec/pemdec br_pem_decoder src/codec/pemdec.t0
make_c src/ssl/ssl_hs_client br_ssl_hs_client src/ssl/ssl_hs_common.t0 src/ssl/ssl_hs_client.t0
make_c src/ssl/ssl_hs_server br_ssl_hs_server src/ssl/ssl_hs_common.t0 src/ssl/ssl_hs_server.t0
make_c src/x509/skey_decoder br_skey_decoder src/x509/asn1.t0 src/x509/skey_decoder.t0
make_c src/x509/x509_decoder br_x509_decoder src/x509/asn1.t0 src/x509/x509_decoder.t0
make_c src/x509/x509_minimal br_x509_minimal src/x509/asn1.t0 src/x509/x509_minimal.t0
exit $failed
