#!/bin/sh
# Obtains the pinned BearSSL source, verifies it and applies our patches.
#
# usage: get-bearssl.sh DEST
#
# The archive comes from the system's own package sources through a private
# list beside DEST, so that /etc/apt stays as it is. With BEARSSL_SRC=dir the
# tree in dir is copied instead and nothing is fetched: it must be the pristine
# source of the pinned version. DEST appears whole or not at all; files that
# did not change since the last time keep their time stamps, so that make
# compiles only what a patch touched. DEST/.pristine holds the patched files as
# they were, for the tests that show what each patch mends.
set -eu

say() {
    printf 'get-bearssl: %s\n' "$*" >&2
}

die() {
    say "$@"
    exit 1
}

here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 1 ] || die "usage: get-bearssl.sh DEST"
dest=$1
read -r name version file sum <<END
$(sed -n '/^bearssl /p' "$here/bearssl.pin")
END
[ -n "$sum" ] || die "third_party/bearssl.pin holds no line 'bearssl VERSION FILE SHA256'"

mkdir -p "$(dirname "$dest")"
work=$(mktemp -d "$dest.tmp.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# A private copy of the system's package sources, with source packages on: of
# the entries that match a pattern. Both forms are read, one-line and deb822.
write_source_lists() {
    rm -rf "$work/parts"
    mkdir -p "$work/parts" "$work/lists/partial" "$work/cache/archives/partial"
    for list in /etc/apt/sources.list.d/*.sources; do
        if [ -f "$list" ] && grep -q "^URIs:.*$1" "$list"; then
            sed 's/^Types:.*/Types: deb-src/' "$list" > "$work/parts/$(basename "$list")"
        fi
    done
    for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        if [ -f "$list" ]; then
            sed -n -e 's/^deb-src[[:space:]]/deb /' -e "s/^deb[[:space:]]\\(.*$1.*\\)/deb-src \\1/p" \
                "$list" | sort -u > "$work/parts/$(basename "$list" .list).list"
        fi
    done
    find "$work/parts" -size 0 -exec rm -f {} +
    [ -n "$(ls "$work/parts")" ]
}

# apt-get with private lists; what it says is shown only when it fails.
private_apt() {
    apt-get -q -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$work/parts" \
        -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache" \
        -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=3 "$@" > "$work/apt.log" 2>&1 || {
        grep '^[EW]:' "$work/apt.log" >&2
        return 1
    }
}

fetch() {
    command -v apt-get > /dev/null ||
        die "no apt-get here; set BEARSSL_SRC to a pristine BearSSL 0.6 tree"
    # Other vendors' entries seldom have sources; they are asked only if nothing
    # looks like Debian's own.
    write_source_lists debian || write_source_lists '' ||
        die "found no package source in /etc/apt/sources.list or sources.list.d;" \
            "set BEARSSL_SRC to a pristine BearSSL 0.6 tree instead"
    # One list that cannot be read does not matter if the package is in another.
    private_apt update || say "cannot read every list of source packages (is the network up?)"
    mkdir "$work/download"
    # The archive is the same in every Debian revision; its checksum decides.
    (cd "$work/download" &&
        { private_apt source --download-only "$name=$version" ||
            private_apt source --download-only "$name"; }) ||
        die "cannot download the source package $name $version;" \
            "without network set BEARSSL_SRC to a pristine BearSSL 0.6 tree"
    [ -f "$work/download/$file" ] || die "the source package $name $version holds no $file"
    echo "$sum  $work/download/$file" | sha256sum -c --status - ||
        die "$file has the wrong SHA-256 (want $sum); it is not used"
    mkdir "$work/tree"
    tar xf "$work/download/$file" -C "$work/tree" --strip-components=1 --no-same-owner ||
        die "cannot unpack $file"
}

copy_tree() {
    [ -f "$BEARSSL_SRC/inc/bearssl.h" ] ||
        die "BEARSSL_SRC=$BEARSSL_SRC is no BearSSL tree: it holds no inc/bearssl.h"
    mkdir "$work/tree"
    (cd "$BEARSSL_SRC" && tar cf - inc src T0 LICENSE.txt) | (cd "$work/tree" && tar xf - --no-same-owner) ||
        die "cannot copy the BearSSL tree from BEARSSL_SRC=$BEARSSL_SRC"
}

apply_patches() {
    for p in "$here"/patches/*.patch; do
        [ -f "$p" ] || continue
        sed -n 's|^+++ b/||p' "$p" | while read -r path; do
            if [ ! -f "$work/tree/.pristine/$path" ] && [ -f "$work/tree/$path" ]; then
                mkdir -p "$work/tree/.pristine/$(dirname "$path")"
                cp -p "$work/tree/$path" "$work/tree/.pristine/$path"
            fi
        done
        patch -s -f -p1 --no-backup-if-mismatch -r - -d "$work/tree" < "$p" > "$work/patch.log" 2>&1 || {
            cat "$work/patch.log" >&2
            die "$(basename "$p") does not apply; is the source really a pristine $name $version?"
        }
    done
}

# What is the same as before keeps its time; what changed is newer than any object.
keep_times() {
    (cd "$work/tree" && find inc src .pristine -type f) | while read -r path; do
        if cmp -s "$work/tree/$path" "$dest/$path"; then
            touch -r "$dest/$path" "$work/tree/$path"
        else
            touch "$work/tree/$path"
        fi
    done
}

if [ -n "${BEARSSL_SRC:-}" ]; then
    copy_tree
else
    fetch
fi
apply_patches
if [ -d "$dest" ]; then
    keep_times
    mv "$dest" "$work/old"
fi
mv "$work/tree" "$dest"
