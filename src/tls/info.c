#include "tls/info.h"

#include "core/bytes.h"

struct name {
    uint16_t number;
    const char *text;
};

static const char *look_up(const struct name *names, size_t count, uint16_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i].number == number) {
            return names[i].text;
        }
    }
    return "unknown";
}

const char *tls_version_name(uint16_t version)
{
    static const struct name names[] = {
        {0, "none"},         {0x0002, "SSLv2"},   {0x0300, "SSLv3"},   {0x0301, "TLSv1.0"},
        {0x0302, "TLSv1.1"}, {0x0303, "TLSv1.2"}, {0x0304, "TLSv1.3"},
    };

    return look_up(names, ARRAY_LEN(names), version);
}

/* IANA's "TLS Supported Groups", with the names that people use. */
const char *tls_group_name(uint16_t group)
{
    static const struct name names[] = {
        {0, "none"},
        {19, "P-192"},
        {21, "P-224"},
        {22, "secp256k1"},
        {23, "P-256"},
        {24, "P-384"},
        {25, "P-521"},
        {26, "brainpoolP256r1"},
        {27, "brainpoolP384r1"},
        {28, "brainpoolP512r1"},
        {29, "X25519"},
        {30, "X448"},
        {256, "ffdhe2048"},
        {257, "ffdhe3072"},
        {258, "ffdhe4096"},
        {259, "ffdhe6144"},
        {260, "ffdhe8192"},
        {512, "MLKEM512"},
        {513, "MLKEM768"},
        {514, "MLKEM1024"},
        {4587, "SecP256r1MLKEM768"},
        {4588, "X25519MLKEM768"},
        {4589, "SecP384r1MLKEM1024"},
    };

    return look_up(names, ARRAY_LEN(names), group);
}

/*
 * IANA's "TLS SignatureScheme". The TLS 1.2 pairs of hash and signature fall
 * on the same numbers; those that TLS 1.3 has no name for are written here in
 * the same manner.
 */
const char *tls_signature_name(uint16_t scheme)
{
    static const struct name names[] = {
        {0, "none"},
        {0x0101, "rsa_pkcs1_md5"},
        {0x0201, "rsa_pkcs1_sha1"},
        {0x0202, "dsa_sha1"},
        {0x0203, "ecdsa_sha1"},
        {0x0301, "rsa_pkcs1_sha224"},
        {0x0302, "dsa_sha224"},
        {0x0303, "ecdsa_sha224"},
        {0x0401, "rsa_pkcs1_sha256"},
        {0x0402, "dsa_sha256"},
        {0x0403, "ecdsa_secp256r1_sha256"},
        {0x0501, "rsa_pkcs1_sha384"},
        {0x0502, "dsa_sha384"},
        {0x0503, "ecdsa_secp384r1_sha384"},
        {0x0601, "rsa_pkcs1_sha512"},
        {0x0602, "dsa_sha512"},
        {0x0603, "ecdsa_secp521r1_sha512"},
        {0x0804, "rsa_pss_rsae_sha256"},
        {0x0805, "rsa_pss_rsae_sha384"},
        {0x0806, "rsa_pss_rsae_sha512"},
        {0x0807, "ed25519"},
        {0x0808, "ed448"},
        {0x0809, "rsa_pss_pss_sha256"},
        {0x080A, "rsa_pss_pss_sha384"},
        {0x080B, "rsa_pss_pss_sha512"},
        {0x081A, "ecdsa_brainpoolP256r1tls13_sha256"},
        {0x081B, "ecdsa_brainpoolP384r1tls13_sha384"},
        {0x081C, "ecdsa_brainpoolP512r1tls13_sha512"},
        {0x0904, "mldsa44"},
        {0x0905, "mldsa65"},
        {0x0906, "mldsa87"},
    };

    return look_up(names, ARRAY_LEN(names), scheme);
}
