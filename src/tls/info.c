#include "tls/info.h"

#include "core/text.h"

#include <string.h>

/* names: number in hexadecimal, blank, name, NUL; an empty one ends the list.
 * Short and without a pointer, which a table of structs would not be. */
static const char *look_up(const char *names, uint16_t number)
{
    char hex[6];
    struct text t = text_over(hex, sizeof hex);

    text_addf(&t, "%04X ", (unsigned)number);
    /* NOLINTNEXTLINE(clang-analyzer-core.*): it does not see the empty name at the end. */
    for (; names[0] != '\0'; names += strlen(names) + 1) {
        if (memcmp(names, hex, 5) == 0) {
            return names + 5;
        }
    }
    return "unknown";
}

const char *tls_version_name(uint16_t version)
{
    static const char names[] = "0000 none\0"
                                "0002 SSLv2\0"
                                "0300 SSLv3\0"
                                "0301 TLSv1.0\0"
                                "0302 TLSv1.1\0"
                                "0303 TLSv1.2\0"
                                "0304 TLSv1.3\0";

    return look_up(names, version);
}

/* IANA's "TLS Supported Groups", with the names that people use. */
const char *tls_group_name(uint16_t group)
{
    static const char names[] = "0000 none\0"
                                "0013 P-192\0"
                                "0015 P-224\0"
                                "0016 secp256k1\0"
                                "0017 P-256\0"
                                "0018 P-384\0"
                                "0019 P-521\0"
                                "001A brainpoolP256r1\0"
                                "001B brainpoolP384r1\0"
                                "001C brainpoolP512r1\0"
                                "001D X25519\0"
                                "001E X448\0"
                                "0100 ffdhe2048\0"
                                "0101 ffdhe3072\0"
                                "0102 ffdhe4096\0"
                                "0103 ffdhe6144\0"
                                "0104 ffdhe8192\0"
                                "0200 MLKEM512\0"
                                "0201 MLKEM768\0"
                                "0202 MLKEM1024\0"
                                "11EB SecP256r1MLKEM768\0"
                                "11EC X25519MLKEM768\0"
                                "11ED SecP384r1MLKEM1024\0";

    return look_up(names, group);
}

/*
 * IANA's "TLS SignatureScheme". The TLS 1.2 pairs of hash and signature fall
 * on the same numbers; those that TLS 1.3 has no name for are written here in
 * the same manner.
 */
const char *tls_signature_name(uint16_t scheme)
{
    static const char names[] = "0000 none\0"
                                "0101 rsa_pkcs1_md5\0"
                                "0201 rsa_pkcs1_sha1\0"
                                "0202 dsa_sha1\0"
                                "0203 ecdsa_sha1\0"
                                "0301 rsa_pkcs1_sha224\0"
                                "0302 dsa_sha224\0"
                                "0303 ecdsa_sha224\0"
                                "0401 rsa_pkcs1_sha256\0"
                                "0402 dsa_sha256\0"
                                "0403 ecdsa_secp256r1_sha256\0"
                                "0501 rsa_pkcs1_sha384\0"
                                "0502 dsa_sha384\0"
                                "0503 ecdsa_secp384r1_sha384\0"
                                "0601 rsa_pkcs1_sha512\0"
                                "0602 dsa_sha512\0"
                                "0603 ecdsa_secp521r1_sha512\0"
                                "0804 rsa_pss_rsae_sha256\0"
                                "0805 rsa_pss_rsae_sha384\0"
                                "0806 rsa_pss_rsae_sha512\0"
                                "0807 ed25519\0"
                                "0808 ed448\0"
                                "0809 rsa_pss_pss_sha256\0"
                                "080A rsa_pss_pss_sha384\0"
                                "080B rsa_pss_pss_sha512\0"
                                "081A ecdsa_brainpoolP256r1tls13_sha256\0"
                                "081B ecdsa_brainpoolP384r1tls13_sha384\0"
                                "081C ecdsa_brainpoolP512r1tls13_sha512\0"
                                "0904 mldsa44\0"
                                "0905 mldsa65\0"
                                "0906 mldsa87\0";

    return look_up(names, scheme);
}
