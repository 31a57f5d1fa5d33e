#!/bin/sh
# How obtaining the library and setting up the machine fail: with a sentence, a
# status, and nothing half-made left behind. A false apt-get and id stand in
# front of the real ones, so nothing is fetched or installed.
here=$(pwd)
tree=$here/${BUILD:-build}/third_party/bearssl
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0
failed=0

check() {
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        sed 's/^/# /' "$dir/log"
        failed=1
    fi
}

# usage: refused STATUS PATTERN NAME
refused() {
    [ "$1" -ne 0 ] && grep -q -e "$2" "$dir/log" && [ -z "$(ls -A "$dir/dest")" ]
    check $? "$3"
}

mkdir -p "$dir/bin" "$dir/dest"
get() {
    PATH=$dir/bin:$PATH "$here/third_party/get-source.sh" "${1:-bearssl}" "$dir/dest/${1:-bearssl}" > "$dir/log" 2>&1
}

# The pristine tree, from what the build keeps.
cp -r "$tree" "$dir/pristine"
cp -r "$tree/.pristine/." "$dir/pristine/"
rm -rf "$dir/pristine/.pristine"

BEARSSL_SRC=$dir/nowhere get
refused $? 'is no BearSSL 0.6 tree' 'BEARSSL_SRC without a tree'

echo '/* changed by somebody */' > "$dir/pristine/src/ssl/ssl_rec_cbc.c"
BEARSSL_SRC=$dir/pristine get
refused $? '01-cbc-record-length.patch does not apply' 'a tree to which a patch does not apply'
cp "$tree/.pristine/src/ssl/ssl_rec_cbc.c" "$dir/pristine/src/ssl/"

BEARSSL_SRC=$dir/pristine get && cmp -s "$tree/src/ssl/ssl_engine.c" "$dir/dest/bearssl/src/ssl/ssl_engine.c"
check $? 'a pristine tree is copied and patched'

touch -d '2001-01-01' "$dir/dest/bearssl/src/ssl/ssl_engine.c"
echo '/* old */' > "$dir/dest/bearssl/src/ssl/ssl_io.c"
touch -d '2001-01-01' "$dir/dest/bearssl/src/ssl/ssl_io.c"
BEARSSL_SRC=$dir/pristine get
[ -n "$(find "$dir/dest/bearssl/src/ssl/ssl_engine.c" ! -newermt 2002-01-01)" ] &&
    [ -n "$(find "$dir/dest/bearssl/src/ssl/ssl_io.c" -newermt 2002-01-01)" ]
check $? 'a second time only what differs is new'
rm -rf "$dir/dest/bearssl"

unset BEARSSL_SRC
printf '#!/bin/sh\necho "E: no such package" >&2\nexit 100\n' > "$dir/bin/apt-get"
chmod +x "$dir/bin/apt-get"
get
refused $? 'cannot download the source package bearssl .*without network set BEARSSL_SRC' \
    'a download that fails'

file=$(sed -n 's/^bearssl [^ ]* \([^ ]*\) .*/\1/p' third_party/bearssl.pin)
printf '#!/bin/sh\ncase " $* " in *" update "* | *" install "*) ;; *) echo spoilt > "%s" ;; esac\n' "$file" \
    > "$dir/bin/apt-get"
get
refused $? "$file has the wrong SHA-256" 'an archive with the wrong checksum'

get nonesuch
refused $? "unknown library 'nonesuch'" 'a library that is not pinned'

# musl: two archives, each with a checksum, and patches of the distribution.
MUSL_SRC=$dir/pristine get musl
refused $? 'is no musl 1.2.3 tree' 'MUSL_SRC without a tree'
pack() { # what the false apt-get delivers, and a pin that says so
    tar czf "$dir/orig.tar.gz" -C "$dir" musl-0
    tar cJf "$dir/debian.tar.xz" -C "$dir" debian
    mkdir -p "$dir/house"
    cp third_party/get-source.sh "$dir/house/"
    {
        echo "musl 0-1 orig.tar.gz $(sha256sum < "$dir/orig.tar.gz" | cut -d ' ' -f 1)"
        echo "patches debian.tar.xz $(sha256sum < "$dir/debian.tar.xz" | cut -d ' ' -f 1)"
    } > "$dir/house/musl.pin"
}
get_musl() {
    PATH=$dir/bin:$PATH "$dir/house/get-source.sh" musl "$dir/dest/musl" > "$dir/log" 2>&1
}
mkdir -p "$dir/musl-0" "$dir/debian/patches"
printf 'one\ntwo\n' > "$dir/musl-0/file"
printf '%s\n' '--- a/file' '+++ b/file' '@@ -1,2 +1,2 @@' ' one' '-two' '+three' > "$dir/debian/patches/change"
printf 'change # and why\n' > "$dir/debian/patches/series"
printf '#!/bin/sh\ncase " $* " in *" source "*) cp "%s"/orig.tar.gz "%s"/debian.tar.xz . ;; esac\n' "$dir" "$dir" \
    > "$dir/bin/apt-get"
pack
get_musl && grep -q three "$dir/dest/musl/file"
check $? "musl comes with the distribution's patches"
rm -rf "$dir/dest/musl"
echo spoilt >> "$dir/debian.tar.xz"
get_musl
refused $? 'debian.tar.xz has the wrong SHA-256' 'patches with the wrong checksum'
echo 'none such' > "$dir/musl-0/file"
pack
get_musl
refused $? 'change does not apply' 'a patch of the distribution that does not apply'
rm -r "$dir/debian/patches"
pack
get_musl && grep -q none "$dir/dest/musl/file"
check $? 'a revision without patches'
rm -rf "$dir/dest/musl"

# A machine that lacks everything, and a user who may not install.
mkdir "$dir/bare"
for tool in sh cat sort tr mktemp rm tail; do
    ln -s "$(command -v $tool)" "$dir/bare/$tool"
done
ln -s "$dir/bin/apt-get" "$dir/bare/apt-get"
printf '#!/bin/sh\necho 1000\n' > "$dir/bare/id"
chmod +x "$dir/bare/id"
PATH=$dir/bare "$dir/bare/sh" third_party/setup.sh build > "$dir/log" 2>&1
[ $? -eq 1 ] && grep -q 'sudo apt-get install .*gcc.*musl-tools' "$dir/log"
check $? 'without root the one command is told'
printf '#!/bin/sh\necho 0\n' > "$dir/bare/id"
printf '#!/bin/sh\necho "E: cannot reach the archive" >&2\nexit 100\n' > "$dir/bin/apt-get"
PATH=$dir/bare "$dir/bare/sh" third_party/setup.sh build > "$dir/log" 2>&1
[ $? -eq 1 ] && grep -q 'could not install: .*musl-tools' "$dir/log"
check $? 'an installation that fails is an error'
# shellcheck disable=SC2016
printf '#!/bin/sh\n[ "$1" = -q ] && echo "$@" >> "%s/asked"; exit 100\n' "$dir" > "$dir/bin/apt-get"
ln -s "$(command -v mkdir)" "$dir/bare/mkdir"
PATH=$dir/bare "$dir/bare/sh" third_party/setup.sh interop > "$dir/log" 2>&1
[ $? -eq 1 ] && grep -q 'recommends firefox-esr$' "$dir/asked" && grep -q 'recommends nodejs$' "$dir/asked"
check $? 'of the large clients each is tried by itself'
third_party/setup.sh everything > "$dir/log" 2>&1
[ $? -eq 1 ] && grep -q "unknown part 'everything'" "$dir/log"
check $? 'an unknown part is an error'
echo "1..$n"
exit $failed
