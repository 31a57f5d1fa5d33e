#!/bin/sh
# Obtains the pinned source of a library, verifies it and applies patches.
#
# usage: get-source.sh bearssl|musl DEST
#
# NAME.pin names the archives and their checksums. They come from the system's
# own package sources through a private list beside DEST, so that /etc/apt stays
# as it is. With BEARSSL_SRC=dir or MUSL_SRC=dir the tree in dir is copied
# instead and nothing is fetched: it must be the source of the pinned
# version. To BearSSL our patches are applied, to musl those that Debian's
# package brings. DEST appears whole or not at all; files that did not change
# since the last time keep their time stamps, so that make compiles only what a
# patch touched. DEST/.pristine holds what our patches change as it was, for the
# tests that show what each patch mends.
set -eu

say() {
    printf 'get-source: %s\n' "$*" >&2
}

die() {
    say "$@"
    exit 1
}

here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 2 ] || die "usage: get-source.sh bearssl|musl DEST"
name=$1
dest=$2
case $name in
bearssl)
    title='BearSSL 0.6'
    variable=BEARSSL_SRC
    given=${BEARSSL_SRC:-}
    mark=inc/bearssl.h
    parts='inc src T0 LICENSE.txt'
    ;;
musl)
    title='musl 1.2.3'
    variable=MUSL_SRC
    given=${MUSL_SRC:-}
    mark=src/internal/libc.h
    parts='arch crt include ldso src compat tools Makefile configure VERSION COPYRIGHT'
    ;;
*) die "unknown library '$name' (bearssl or musl)" ;;
esac
pin=$here/$name.pin
read -r version file sum <<END
$(sed -n "s/^$name //p" "$pin")
END
[ -n "$sum" ] || die "third_party/$name.pin holds no line '$name VERSION FILE SHA256'"

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

# usage: verify FILE SHA256
verify() {
    [ -f "$work/download/$1" ] || die "the source package $name $version holds no $1"
    echo "$2  $work/download/$1" | sha256sum -c --status - ||
        die "$1 has the wrong SHA-256 (want $2); it is not used"
}

# usage: unpack FILE DIR
unpack() {
    mkdir "$2"
    tar xf "$work/download/$1" -C "$2" --strip-components=1 --no-same-owner || die "cannot unpack $1"
}

fetch() {
    command -v apt-get > /dev/null || die "no apt-get here; set $variable to a pristine $title tree"
    # Other vendors' entries seldom have sources; they are asked only if nothing
    # looks like Debian's own.
    write_source_lists debian || write_source_lists '' ||
        die "found no package source in /etc/apt/sources.list or sources.list.d;" \
            "set $variable to a pristine $title tree instead"
    # One list that cannot be read does not matter if the package is in another.
    private_apt update || say "cannot read every list of source packages (is the network up?)"
    mkdir "$work/download"
    # The archive is the same in every Debian revision; its checksum decides.
    (cd "$work/download" &&
        { private_apt source --download-only "$name=$version" ||
            private_apt source --download-only "$name"; }) ||
        die "cannot download the source package $name $version;" \
            "without network set $variable to a pristine $title tree"
    verify "$file" "$sum"
    unpack "$file" "$work/tree"
}

# The distribution's patches, in the order of its series; they are part of the pin.
apply_series() {
    read -r file sum <<END
$(sed -n 's/^patches //p' "$pin")
END
    [ -n "$file" ] || return 0
    verify "$file" "$sum"
    unpack "$file" "$work/debian"
    [ -f "$work/debian/patches/series" ] || return 0 # a revision without patches
    sed -e 's/[[:space:]]*#.*//' -e '/^$/d' "$work/debian/patches/series" > "$work/series"
    while read -r p; do
        apply "$work/debian/patches/$p"
    done < "$work/series"
}

# usage: apply PATCH
apply() {
    patch -s -f -p1 --no-backup-if-mismatch -r - -d "$work/tree" < "$1" > "$work/patch.log" 2>&1 || {
        cat "$work/patch.log" >&2
        die "$(basename "$1") does not apply; is the source really a pristine $name $version?"
    }
}

copy_tree() {
    [ -f "$given/$mark" ] || die "$variable=$given is no $title tree: it holds no $mark"
    mkdir "$work/tree"
    # shellcheck disable=SC2086
    (cd "$given" && tar cf - $parts) | (cd "$work/tree" && tar xf - --no-same-owner) ||
        die "cannot copy the $title tree from $variable=$given"
}

apply_our_patches() {
    for p in "$here"/patches/*.patch; do
        [ -f "$p" ] || continue
        sed -n 's|^+++ b/||p' "$p" | while read -r path; do
            if [ ! -f "$work/tree/.pristine/$path" ] && [ -f "$work/tree/$path" ]; then
                mkdir -p "$work/tree/.pristine/$(dirname "$path")"
                cp -p "$work/tree/$path" "$work/tree/.pristine/$path"
            fi
        done
        apply "$p"
    done
}

# What is the same as before keeps its time; what changed is newer than any object.
keep_times() {
    (cd "$work/tree" && find . -type f) | while read -r path; do
        if cmp -s "$work/tree/$path" "$dest/$path"; then
            touch -r "$dest/$path" "$work/tree/$path"
        else
            touch "$work/tree/$path"
        fi
    done
}

if [ -n "$given" ]; then
    copy_tree
else
    fetch
    apply_series
fi
[ "$name" != bearssl ] || apply_our_patches
if [ -d "$dest" ]; then
    keep_times
    mv "$dest" "$work/old"
fi
mv "$work/tree" "$dest"
