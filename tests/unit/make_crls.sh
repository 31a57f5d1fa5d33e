#!/bin/sh
# Writes crl_samples.h, the CRLs of test_crl.c and of the fuzzer's corpus, with
# openssl. Run by hand when another kind is needed; the result is committed, so
# the tests need no openssl.
set -eu
out=$(cd "$(dirname "$0")" && pwd)/crl_samples.h
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat > ca.cnf <<CNF
[ca]
default_ca = d
[d]
dir = .
database = index
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
crlnumber = number
policy = p
[p]
commonName = supplied
[req]
distinguished_name = dn
[dn]
[ca_ext]
basicConstraints = critical,CA:true
subjectKeyIdentifier = hash
[leaf]
basicConstraints = CA:false
crlDistributionPoints = URI:http://crl.example/1,URI:http://crl.example/2
[plain]
authorityKeyIdentifier = keyid
[delta]
2.5.29.27 = critical,DER:020101
[indirect]
issuingDistributionPoint = critical,@indirect_idp
[indirect_idp]
indirectCRL = TRUE
[reasons]
issuingDistributionPoint = critical,@reasons_idp
[reasons_idp]
onlysomereasons = keyCompromise, CACompromise
[users]
issuingDistributionPoint = critical,@users_idp
[users_idp]
onlyuser = TRUE
[cas]
issuingDistributionPoint = critical,@cas_idp
[cas_idp]
onlyCA = TRUE
[attributes]
issuingDistributionPoint = critical,@attributes_idp
[attributes_idp]
onlyAA = TRUE
[point]
issuingDistributionPoint = critical,@point_idp
[point_idp]
fullname = URI:http://crl.example/2
[elsewhere]
issuingDistributionPoint = critical,@elsewhere_idp
[elsewhere_idp]
fullname = URI:http://crl.example/3
[relative]
issuingDistributionPoint = critical,@relative_idp
[relative_idp]
relativename = relative_dn
[relative_dn]
CN = x
[critical]
1.2.3.4 = critical,DER:0500
[harmless]
1.2.3.4 = DER:0500
issuerAltName = DNS:a.example
CNF
authority() { # NAME KEY-OPTIONS
    # shellcheck disable=SC2086
    openssl req -new -x509 -config ca.cnf -extensions ca_ext -subj "/CN=List maker" -days 36500 \
        -newkey "$2" $3 -nodes -keyout "$1.pem" -out "$1.crt" 2>/dev/null
    openssl x509 -in "$1.crt" -outform DER -out "$1.der"
}
authority maker ec "-pkeyopt ec_paramgen_curve:P-256"
authority namesake ec "-pkeyopt ec_paramgen_curve:P-256"
authority rsa_maker rsa:2048 ""
# gencrl NAME AUTHORITY EXTENSIONS LAST NEXT [CONFIG]; the index says who is revoked
gencrl() {
    echo 07 > number
    # shellcheck disable=SC2086
    openssl ca -gencrl -config "${6:-ca.cnf}" -keyfile "$2.pem" -cert "$2.crt" ${3:+-crlexts "$3"} \
        -crl_lastupdate "$4" -crl_nextupdate "$5" -out "$1.crl.pem" 2>/dev/null
    openssl crl -in "$1.crl.pem" -outform DER -out "$1.crl"
}
entry() { printf 'R\t490101000000Z\t%s\t%s\tunknown\t/CN=x\n' "$2" "$1" >> index; }
: > index
: > index.attr
from=20200101000000Z to=20990101000000Z
gencrl empty maker plain $from $to
sed '/^crlnumber/d' ca.cnf > old.cnf
gencrl first maker "" $from $to old.cnf # version 1
entry 05 200301000000Z
entry 80FF 200302000000Z,keyCompromise
entry 0102030405060708090A 200303000000Z,holdInstruction,holdInstructionNone
entry 11 200304000000Z,removeFromCRL
entry 7F 200305000000Z,keyTime,20200101000000Z
entry 01 200306000000Z,superseded
gencrl some maker plain $from $to
gencrl later maker plain 20200601000000Z $to
gencrl expired maker plain $from 20200201000000Z
gencrl future maker plain 20980101000000Z $to
gencrl forged namesake harmless $from $to
gencrl by_rsa rsa_maker harmless $from $to
gencrl namesakes namesake plain $from $to
for kind in delta indirect reasons users cas attributes point elsewhere relative critical harmless; do
    gencrl $kind maker $kind $from $to
done
sed 's/^default_md.*/default_md = sha1/' ca.cnf > weak.cnf
gencrl weak maker plain $from $to weak.cnf
openssl req -new -config ca.cnf -key maker.pem -subj /CN=leaf -out leaf.csr
openssl x509 -req -in leaf.csr -CA maker.crt -CAkey maker.pem -set_serial 5 -days 36500 \
    -extfile ca.cnf -extensions leaf -outform DER -out leaf.der 2>/dev/null
{
    echo "/* Made by make_crls.sh. */"
    for f in *.der *.crl; do
        echo "static const unsigned char $(echo "$f" | sed 's/\.der$/_cert/; s/\.crl$/_crl/')[] = {"
        od -An -v -tx1 "$f" | sed 's/ \(..\)/0x\1,/g'
        echo "};"
    done
} > "$out"
clang-format -i "$out"
