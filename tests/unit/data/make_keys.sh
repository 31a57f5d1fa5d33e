#!/bin/bash
# Makes the key files of tests/unit/data/keys with openssl. The files are kept in
# the repository; run this again only to change them. good-* must load with the
# password "secret"; bad-* must be refused with the words behind "# expect: ".
set -eu
here=$(cd "$(dirname "$0")" && pwd)/keys
tmp=$(mktemp -d)
trap '[ $? = 0 ] || cat "$tmp/errors"; rm -rf "$tmp"' EXIT
cd "$tmp"
rm -rf "$here"
mkdir -p "$here"

exec 2>"$tmp/errors"

generate() { # NAME openssl-options...
    local name=$1
    shift
    openssl genpkey "$@" -out "$name.p8"
    openssl req -x509 -new -key "$name.p8" -subj "/O=tiny/CN=$name.test" -days 36500 -out "$name.crt"
    openssl x509 -in "$name.crt" -outform DER -out "$name.crt.der"
}
for bits in 1024 2048 4096; do
    generate rsa$bits -algorithm RSA -pkeyopt rsa_keygen_bits:$bits
    openssl pkey -in rsa$bits.p8 -traditional -out rsa$bits.key
done
for curve in P-256 P-384 P-521; do
    name=$(echo $curve | tr -d - | tr P p)
    generate "$name" -algorithm EC -pkeyopt ec_paramgen_curve:$curve -pkeyopt ec_param_enc:named_curve
    openssl pkey -in "$name.p8" -traditional -out "$name.key"
done

good() { # NAME files...
    local name=$1
    shift
    cat "$@" > "$here/good-$name.pem"
}
bad() { # NAME SENTENCE files...
    local name=$1
    { echo "# expect: $2"; shift 2; cat "$@"; } > "$here/bad-$name.pem"
}

for k in rsa1024 rsa2048 rsa4096 p256 p384 p521; do
    good $k-traditional $k.crt $k.key
    openssl pkey -in $k.p8 -outform DER -out $k.p8.der
    openssl pkey -in $k.p8 -traditional -outform DER -out $k.key.der
    cat $k.crt.der $k.p8.der > "$here/good-$k-pkcs8.der"
    cat $k.key.der $k.crt.der > "$here/good-$k-traditional.der"
done
for k in rsa2048 p256 p521; do
    good $k-pkcs8 $k.p8 $k.crt
    sed 's/$/\r/' $k.crt $k.key > "$here/good-$k-crlf.pem"
done
(openssl ecparam -name prime256v1; cat p256.key p256.crt) > "$here/good-p256-parameters.pem"
openssl x509 -in p256.crt -trustout -addtrust serverAuth -out p256.trusted
good p256-trusted-label p256.trusted p256.key
sed 's/CERTIFICATE/X509 CERTIFICATE/' p256.crt > p256.x509
good p256-x509-label p256.x509 p256.key
(openssl x509 -in p256.crt -text; echo 'Bag Attributes'; cat p256.key) > "$here/good-p256-text-around.pem"
(printf '\357\273\277'; cat p256.crt; printf '%s' "$(cat p256.key)") > "$here/good-p256-bom.pem"
(printf '%s' "$(cat p256.crt)"; cat p256.key) > "$here/good-p256-joined.pem"

# Encrypted, PKCS#8: every cipher with one hash, every hash with one cipher.
for cipher in aes-128-cbc aes-192-cbc aes-256-cbc des-ede3-cbc; do
    openssl pkcs8 -topk8 -in p256.p8 -v2 $cipher -passout pass:secret -out enc
    good p256-pbes2-$cipher p256.crt enc
done
for hash in hmacWithSHA1 hmacWithSHA224 hmacWithSHA256 hmacWithSHA384 hmacWithSHA512; do
    openssl pkcs8 -topk8 -in rsa2048.p8 -v2 aes-256-cbc -v2prf $hash -iter 1000 -passout pass:secret -out enc
    good rsa2048-pbes2-$hash rsa2048.crt enc
done
openssl pkcs8 -topk8 -in p256.p8 -v2 aes-256-cbc -passout pass:secret -outform DER -out enc.der
cat p256.crt.der enc.der > "$here/good-p256-pbes2.der"
# Encrypted, the old form.
for cipher in aes128 aes192 aes256 des3; do
    openssl rsa -in rsa2048.p8 -traditional -$cipher -passout pass:secret -out enc
    good rsa2048-dek-$cipher rsa2048.crt enc
    openssl ec -in p384.p8 -$cipher -passout pass:secret -out enc
    good p384-dek-$cipher p384.crt enc
done

# Refused.
openssl pkcs8 -topk8 -in p256.p8 -scrypt -passout pass:secret -out enc
bad scrypt "scrypt, which is not supported; convert it with: openssl pkcs8" p256.crt enc
openssl pkcs8 -topk8 -in p256.p8 -v1 PBE-SHA1-3DES -passout pass:secret -out enc
bad pbes1 "an old scheme (PBES1 or PKCS#12)" p256.crt enc
openssl pkcs8 -topk8 -in p256.p8 -v2 aes-256-cbc -passout pass:other -out enc
bad password "the password is wrong" p256.crt enc
openssl rsa -in rsa2048.p8 -traditional -des3 -passout pass:other -out enc
bad password-dek "the password is wrong" rsa2048.crt enc
openssl pkcs8 -topk8 -in p256.p8 -v2 aes-256-cbc -iter 20000000 -passout pass:secret -out enc || true
[ ! -s enc ] || bad iterations "wants 20000000 iterations" p256.crt enc
openssl rsa -in rsa2048.p8 -traditional -camellia128 -passout pass:secret -out enc
bad camellia "encrypted with CAMELLIA-128-CBC, which is not supported" rsa2048.crt enc
sed 's/AES-128-CBC\|CAMELLIA-128-CBC/DES-CBC/' enc > enc2
bad des "encrypted with DES-CBC, which is not supported" rsa2048.crt enc2
bad mismatch "the private key does not belong to the certificate" p256.crt p384.key
generate other -algorithm EC -pkeyopt ec_paramgen_curve:P-256
bad mismatch-same-kind "the private key does not belong to the certificate" p256.crt other.p8
bad mismatch-several "does not belong to any of the certificates" p256.crt rsa2048.crt other.p8
bad no-key "there is no private key in the file" p256.crt
bad no-certificate "there is no certificate in the file" p256.key
bad two-keys "block 3 (EC PRIVATE KEY), line" p256.crt p256.key p256.key
generate ed25519 -algorithm ED25519
bad ed25519 "a key of a kind that is not supported" ed25519.crt ed25519.p8
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out pss.p8
bad rsa-pss "restricted to PSS" rsa2048.crt pss.p8
generate rsa512 -algorithm RSA -pkeyopt rsa_keygen_bits:768
bad rsa768 "an RSA key of 768 bits; 1024 to 4096 are supported" rsa512.crt rsa512.p8
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out k1.p8
bad secp256k1 "a curve other than P-256, P-384 and P-521" p256.crt k1.p8
openssl ec -in p256.p8 -param_enc explicit -out explicit.key
bad explicit "explicit parameters; convert it with: openssl ec" p256.crt explicit.key
openssl pkey -in explicit.key -out explicit.p8
bad explicit-pkcs8 "explicit parameters; convert it with: openssl ec" p256.crt explicit.p8
ssh-keygen -q -t ecdsa -N '' -f ssh
bad openssh "an OpenSSH key; convert it with: ssh-keygen" p256.crt ssh
openssl pkcs12 -export -in p256.crt -inkey p256.key -passout pass:secret -out "$here/bad-pkcs12.der"
openssl genrsa -primes 3 -traditional -out three.key 2048
bad three-primes "more than two primes" rsa2048.crt three.key
# A changed factor: the numbers no longer belong together.
python3 - <<'PY'
import base64, textwrap
lines = open('rsa2048.key').read().split('\n')
der = bytearray(base64.b64decode(''.join(lines[1:-2])))
der[-5] ^= 1                      # in the coefficient: found by the test signature
open('damaged1.key', 'w').write('-----BEGIN RSA PRIVATE KEY-----\n' + '\n'.join(textwrap.wrap(base64.b64encode(der).decode(), 64)) + '\n-----END RSA PRIVATE KEY-----\n')
der[-5] ^= 1
der[-500] ^= 2                    # in p or q
open('damaged2.key', 'w').write('-----BEGIN RSA PRIVATE KEY-----\n' + '\n'.join(textwrap.wrap(base64.b64encode(der).decode(), 64)) + '\n-----END RSA PRIVATE KEY-----\n')
PY
bad damaged-coefficient "the private key is damaged" rsa2048.crt damaged1.key
bad damaged-factor "the RSA key's numbers do not belong together" rsa2048.crt damaged2.key

# Chains: leaf, intermediate, root.
export OPENSSL_CONF=/dev/null
ca() { # NAME SUBJECT ISSUER-OPTIONS...
    local name=$1 subject=$2
    shift 2
    openssl ecparam -name prime256v1 -genkey -noout -out "$name.key"
    openssl req -new -key "$name.key" -subj "$subject" -out "$name.csr" -config /dev/stdin <<< $'[req]\ndistinguished_name=d\n[d]'
    openssl x509 -req -in "$name.csr" -days 36500 -out "$name.crt" "$@"
}
printf 'basicConstraints=critical,CA:TRUE\n' > ca.ext
printf 'subjectAltName=DNS:leaf.test\n' > leaf.ext
openssl ecparam -name prime256v1 -genkey -noout -out root.key
ca root /CN=root -signkey root.key -extfile ca.ext
openssl x509 -req -in root.csr -signkey root.key -days 36500 -extfile ca.ext -out root.crt
ca inter /CN=inter -CA root.crt -CAkey root.key -CAcreateserial -extfile ca.ext
ca leaf /CN=leaf -CA inter.crt -CAkey inter.key -CAcreateserial -extfile leaf.ext
good chain leaf.crt inter.crt root.crt leaf.key
good chain-disordered root.crt inter.crt leaf.crt leaf.crt leaf.key
openssl x509 -req -in root.csr -signkey root.key -days 36500 -out v1.crt
cat root.crt inter.crt leaf.crt root.crt v1.crt ed25519.crt > "$here/../anchors.pem"
