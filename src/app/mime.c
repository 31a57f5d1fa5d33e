#include "app/mime.h"

#include <string.h>

/* In the order of strcmp: it is searched by halves. */
static const struct mime table[] = {
    {"7z", false, "application/x-7z-compressed"},
    {"aac", false, "audio/aac"},
    {"apk", false, "application/vnd.android.package-archive"},
    {"apng", false, "image/apng"},
    {"appcache", true, "text/cache-manifest; charset=utf-8"},
    {"asc", true, "text/plain; charset=utf-8"},
    {"atom", true, "application/atom+xml"},
    {"avi", false, "video/x-msvideo"},
    {"avif", false, "image/avif"},
    {"bat", true, "text/plain; charset=utf-8"},
    {"bin", false, "application/octet-stream"},
    {"bmp", false, "image/bmp"},
    {"br", false, "application/x-brotli"},
    {"bz2", false, "application/x-bzip2"},
    {"c", true, "text/plain; charset=utf-8"},
    {"cer", false, "application/pkix-cert"},
    {"cfg", true, "text/plain; charset=utf-8"},
    {"conf", true, "text/plain; charset=utf-8"},
    {"cpp", true, "text/plain; charset=utf-8"},
    {"crl", false, "application/pkix-crl"},
    {"crt", false, "application/x-x509-ca-cert"},
    {"css", true, "text/css; charset=utf-8"},
    {"csv", true, "text/csv; charset=utf-8"},
    {"cur", false, "image/x-icon"},
    {"deb", false, "application/vnd.debian.binary-package"},
    {"diff", true, "text/plain; charset=utf-8"},
    {"dmg", false, "application/octet-stream"},
    {"doc", false, "application/msword"},
    {"docx", false, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"eot", false, "application/vnd.ms-fontobject"},
    {"eps", false, "application/postscript"},
    {"epub", false, "application/epub+zip"},
    {"exe", false, "application/octet-stream"},
    {"flac", false, "audio/flac"},
    {"flv", false, "video/x-flv"},
    {"geojson", true, "application/geo+json"},
    {"gif", false, "image/gif"},
    {"glb", false, "model/gltf-binary"},
    {"gltf", true, "model/gltf+json"},
    {"gpg", false, "application/pgp-encrypted"},
    {"gz", false, "application/gzip"},
    {"h", true, "text/plain; charset=utf-8"},
    {"heic", false, "image/heic"},
    {"heif", false, "image/heif"},
    {"htm", true, "text/html; charset=utf-8"},
    {"html", true, "text/html; charset=utf-8"},
    {"ico", false, "image/x-icon"},
    {"ics", true, "text/calendar; charset=utf-8"},
    {"img", false, "application/octet-stream"},
    {"ini", true, "text/plain; charset=utf-8"},
    {"ipk", false, "application/octet-stream"},
    {"iso", false, "application/octet-stream"},
    {"jar", false, "application/java-archive"},
    {"jpeg", false, "image/jpeg"},
    {"jpg", false, "image/jpeg"},
    {"js", true, "text/javascript; charset=utf-8"},
    {"json", true, "application/json"},
    {"jsonld", true, "application/ld+json"},
    {"jxl", false, "image/jxl"},
    {"key", false, "application/octet-stream"},
    {"log", true, "text/plain; charset=utf-8"},
    {"lz4", false, "application/x-lz4"},
    {"m3u8", false, "application/vnd.apple.mpegurl"},
    {"m4a", false, "audio/mp4"},
    {"m4v", false, "video/mp4"},
    {"map", true, "application/json"},
    {"md", true, "text/markdown; charset=utf-8"},
    {"mid", false, "audio/midi"},
    {"midi", false, "audio/midi"},
    {"mjs", true, "text/javascript; charset=utf-8"},
    {"mka", false, "audio/x-matroska"},
    {"mkv", false, "video/x-matroska"},
    {"mov", false, "video/quicktime"},
    {"mp3", false, "audio/mpeg"},
    {"mp4", false, "video/mp4"},
    {"mpd", true, "application/dash+xml"},
    {"mpeg", false, "video/mpeg"},
    {"mpg", false, "video/mpeg"},
    {"msi", false, "application/octet-stream"},
    {"odp", false, "application/vnd.oasis.opendocument.presentation"},
    {"ods", false, "application/vnd.oasis.opendocument.spreadsheet"},
    {"odt", false, "application/vnd.oasis.opendocument.text"},
    {"oga", false, "audio/ogg"},
    {"ogg", false, "audio/ogg"},
    {"ogv", false, "video/ogg"},
    {"opus", false, "audio/ogg"},
    {"otf", false, "font/otf"},
    {"p7b", false, "application/x-pkcs7-certificates"},
    {"patch", true, "text/plain; charset=utf-8"},
    {"pdf", false, "application/pdf"},
    {"pem", false, "application/x-pem-file"},
    {"png", false, "image/png"},
    {"ppt", false, "application/vnd.ms-powerpoint"},
    {"pptx", false, "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"ps", false, "application/postscript"},
    {"py", true, "text/plain; charset=utf-8"},
    {"rar", false, "application/vnd.rar"},
    {"rpm", false, "application/x-rpm"},
    {"rss", true, "application/rss+xml"},
    {"rtf", false, "application/rtf"},
    {"sh", true, "text/plain; charset=utf-8"},
    {"sig", false, "application/pgp-signature"},
    {"sql", true, "text/plain; charset=utf-8"},
    {"srt", true, "text/plain; charset=utf-8"},
    {"svg", true, "image/svg+xml"},
    {"svgz", false, "image/svg+xml"},
    {"swf", false, "application/x-shockwave-flash"},
    {"tar", false, "application/x-tar"},
    {"tgz", false, "application/gzip"},
    {"tif", false, "image/tiff"},
    {"tiff", false, "image/tiff"},
    {"toml", true, "application/toml"},
    {"torrent", false, "application/x-bittorrent"},
    {"ts", false, "video/mp2t"},
    {"tsv", true, "text/tab-separated-values; charset=utf-8"},
    {"ttc", false, "font/collection"},
    {"ttf", false, "font/ttf"},
    {"txt", true, "text/plain; charset=utf-8"},
    {"vcf", true, "text/vcard; charset=utf-8"},
    {"vtt", true, "text/vtt; charset=utf-8"},
    {"wasm", true, "application/wasm"},
    {"wav", false, "audio/wav"},
    {"weba", false, "audio/webm"},
    {"webm", false, "video/webm"},
    {"webmanifest", true, "application/manifest+json"},
    {"webp", false, "image/webp"},
    {"wma", false, "audio/x-ms-wma"},
    {"wmv", false, "video/x-ms-wmv"},
    {"woff", false, "font/woff"},
    {"woff2", false, "font/woff2"},
    {"xhtml", true, "application/xhtml+xml"},
    {"xls", false, "application/vnd.ms-excel"},
    {"xlsx", false, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"xml", true, "application/xml"},
    {"xsl", true, "application/xslt+xml"},
    {"xz", false, "application/x-xz"},
    {"yaml", true, "application/yaml"},
    {"yml", true, "application/yaml"},
    {"zip", false, "application/zip"},
    {"zst", false, "application/zstd"},
};

static const struct mime unknown = {"", false, "application/octet-stream"};

const struct mime *mime_of(struct span name)
{
    char ending[sizeof unknown.ending] = "";
    size_t low = 0;
    size_t high = ARRAY_LEN(table);
    size_t len = 0;

    while (len < name.len && name.data[name.len - 1 - len] != '.') {
        len++;
    }
    /* A name without a dot, or one that ends in it, has no ending. */
    if (len == 0 || len >= name.len || len >= sizeof ending) {
        return &unknown;
    }
    for (size_t i = 0; i < len; i++) {
        ending[i] = ascii_lower((char)name.data[name.len - len + i]);
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(ending, table[middle].ending, sizeof ending);

        if (order == 0) {
            return &table[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return &unknown;
}
