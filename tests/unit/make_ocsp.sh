#!/bin/sh
# Writes ocsp_samples.h, the certificates and OCSP responses of test_ocsp.c,
# with openssl. Run by hand when another kind is needed; the result is
# committed, so the tests need no openssl.
set -eu
out=$(cd "$(dirname "$0")" && pwd)/ocsp_samples.h
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat > conf <<CONF
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical,CA:true
[leaf]
basicConstraints = CA:false
[ocsp]
basicConstraints = CA:false
extendedKeyUsage = serverAuth,OCSPSigning
CONF
# cert NAME ISSUER EXTENSIONS SERIAL [DAYS] [ALGORITHM]
cert() {
    openssl req -new -config conf -newkey "${6:-ec}" -pkeyopt "${7:-ec_paramgen_curve:P-256}" \
        -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>/dev/null
    signer="-CA $2.pem -CAkey $2.key"
    if [ "$2" = self ]; then signer="-signkey $1.key"; fi
    # shellcheck disable=SC2086
    openssl x509 -req -in "$1.csr" $signer -set_serial "$4" -days "${5:-36500}" -extfile conf \
        -extensions "$3" -out "$1.pem" 2>/dev/null
    openssl x509 -in "$1.pem" -outform DER -out "$1.cert"
}
cert ca self ca 1
cert other_ca self ca 1
cert rsa_ca self ca 1 36500 rsa rsa_keygen_bits:2048
cert server ca leaf 0x1001
cert second ca leaf 0x1002
cert rsa_server rsa_ca leaf 0x1001
cert responder ca ocsp 0x2001
cert late_responder ca ocsp 0x2002 1
cert no_responder ca leaf 0x2003
cert other_responder other_ca ocsp 0x2004
# index STATUS REVOKED: what the authority knows of both servers
index() {
    for n in 1001 1002; do
        printf '%s\t491231235959Z\t%s\t%s\tunknown\t/CN=%s\n' "$1" "$2" $n $n
    done > index.txt
}
# answer NAME SIGNER CA "CERTIFICATES" [OPTIONS]
answer() {
    name=$1 signer=$2 ca=$3 certs=$4
    shift 4
    ask=
    for c in $certs; do ask="$ask -cert $c.pem"; done
    # shellcheck disable=SC2086
    openssl ocsp -issuer "$ca.pem" ${hash:-} $ask -no_nonce -reqout request >/dev/null 2>&1
    openssl ocsp -index index.txt -CA "$ca.pem" -rsigner "$signer.pem" -rkey "$signer.key" \
        -reqin request -respout "$name.resp" "$@" >/dev/null 2>&1
}
index V ''
answer good ca ca server -ndays 7
answer no_next ca ca server
answer delegated responder ca server -ndays 7
answer by_key responder ca server -ndays 7 -resp_key_id
answer two ca ca "second server" -ndays 7
answer for_second ca ca second -ndays 7
answer rsa rsa_ca rsa_ca rsa_server -ndays 7 -rmd sha512
hash=-sha256
answer sha256 ca ca server -ndays 7 -resp_no_certs
hash=
answer late late_responder ca server -ndays 7
answer not_named no_responder ca server -ndays 7
answer stranger other_responder ca server -ndays 7
answer other_key other_ca ca server -ndays 7
answer no_certs responder ca server -ndays 7 -resp_no_certs
answer weak ca ca server -ndays 7 -rmd sha1
index R 200101000000Z
answer revoked ca ca server -ndays 7
: > index.txt
answer unknown ca ca server -ndays 7
printf '\060\003\012\001\003' > try_later.resp
{
    echo "/* Made by make_ocsp.sh. */"
    echo "#define MADE_S INT64_C($(date +%s))"
    for f in *.cert *.resp; do
        echo "static const unsigned char $(echo "$f" | tr . _)[] = {"
        od -An -v -tx1 "$f" | sed 's/ \(..\)/0x\1,/g'
        echo "};"
    done
} > "$out"
clang-format -i "$out"
