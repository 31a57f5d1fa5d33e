#!/bin/sh
# Writes tls_certs.h, the certificates and keys of the TLS unit tests, with
# openssl. Run by hand when another kind is needed; the result is committed,
# so the tests need no openssl.
set -eu
out=$(cd "$(dirname "$0")" && pwd)/tls_certs.h
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
touch index.txt
cat > ca.cnf <<CNF
[ca]
default_ca = d
[d]
dir = .
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
policy = p
[p]
commonName = supplied
[req]
distinguished_name = dn
[dn]
[ca_ext]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
[leaf]
basicConstraints = CA:false
[server_only]
basicConstraints = CA:false
extendedKeyUsage = serverAuth
[client_only]
basicConstraints = CA:false
extendedKeyUsage = clientAuth
CNF
ec() { openssl ecparam -name "$2" -genkey -noout -outform DER -out "$1.key"; }
rsa() { openssl genrsa -traditional 2048 2>/dev/null | openssl rsa -traditional -outform DER -out "$1.key" 2>/dev/null; }
# sign NAME COMMON-NAME ISSUER EXTENSIONS [END]
sign() {
    openssl req -new -config ca.cnf -key "$1.key" -keyform DER -subj "/CN=$2" -out "$1.csr"
    issuer=$3
    self=
    if [ "$3" = self ]; then issuer=$1; self=-selfsign; else openssl x509 -inform DER -in "$3.der" -out "$3.pem"; fi
    openssl pkey -inform DER -in "$issuer.key" -out issuer.pem
    # shellcheck disable=SC2086
    openssl ca -batch -notext -config ca.cnf -in "$1.csr" -keyfile issuer.pem $self \
        ${self:--cert "$issuer.pem"} -extensions "$4" -startdate 20200101000000Z \
        -enddate "${5:-20990101000000Z}" -out "$1.pem" 2>/dev/null
    openssl x509 -in "$1.pem" -outform DER -out "$1.der"
}
rsa ca_rsa;           sign ca_rsa "RSA authority" self ca_ext
ec ca_ec prime256v1;  sign ca_ec "EC authority" self ca_ext
ec other_ca prime256v1; sign other_ca "Other authority" self ca_ext
ec middle prime256v1; sign middle "Middle authority" ca_ec ca_ext
rsa server_rsa;       sign server_rsa localhost ca_rsa leaf
ec server_ec prime256v1; sign server_ec localhost ca_ec leaf
cp server_ec.key server_ec_by_rsa.key; sign server_ec_by_rsa localhost ca_rsa leaf
ec server_p384 secp384r1; sign server_p384 localhost ca_ec leaf
ec client prime256v1; sign client "Good client" ca_ec client_only
rsa client_rsa;       sign client_rsa "RSA client" ca_rsa leaf
ec client_p384 secp384r1; sign client_p384 "P-384 client" ca_ec leaf
cp client.key client_wrong.key;   sign client_wrong "Stranger" other_ca leaf
cp client.key client_expired.key; sign client_expired "Late client" ca_ec leaf 20210101000000Z
cp client.key client_server.key;  sign client_server "A server" ca_ec server_only
cp client.key client_deep.key;    sign client_deep "Deep client" middle leaf
{
    echo "/* Made by make_tls_certs.sh. Keys of tests: they guard nothing. */"
    for f in *.der *.key; do
        name=$(echo "$f" | sed 's/\.der$/_cert/; s/\.key$/_key/')
        case $f in ca_*.key | other_ca.key | middle.key) continue ;; esac
        echo "static const unsigned char ${name}[] = {"
        od -An -v -tx1 "$f" | sed 's/ \(..\)/0x\1,/g'
        echo "};"
    done
} > "$out"
