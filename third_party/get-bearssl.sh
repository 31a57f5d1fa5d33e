#!/bin/sh
# Obtains the pinned BearSSL source, verifies it, applies our patches.
# usage: get-bearssl.sh DEST   (BEARSSL_SRC=dir: copy that tree instead)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dest=$1
work=$dest.tmp
rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
if [ -n "${BEARSSL_SRC:-}" ]; then
    [ -f "$BEARSSL_SRC/inc/bearssl.h" ] || { echo "BEARSSL_SRC=$BEARSSL_SRC holds no BearSSL tree (inc/bearssl.h)" >&2; exit 1; }
    mkdir "$work/tree"
    (cd "$BEARSSL_SRC" && tar cf - --exclude=./build .) | (cd "$work/tree" && tar xf -)
else
    sed -n '/^bearssl /p' "$here/bearssl.pin" | {
        read -r name version file sum
        mkdir -p "$work/parts" "$work/lists/partial" "$work/cache/archives/partial" "$work/dl"
        for f in /etc/apt/sources.list.d/*.sources; do
            [ -f "$f" ] && sed 's/^Types:.*/Types: deb-src/' "$f" > "$work/parts/$(basename "$f")"
        done
        for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
            [ -f "$f" ] && sed -n 's/^deb /deb-src /p' "$f" > "$work/parts/$(basename "$f" .list).list"
        done
        set -- -qq -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$work/parts" \
            -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root
        apt-get "$@" update
        (cd "$work/dl" && apt-get "$@" source --download-only "$name=$version")
        echo "$sum  $work/dl/$file" | sha256sum -c --quiet -
        mkdir "$work/tree"
        tar xf "$work/dl/$file" -C "$work/tree" --strip-components=1
    }
fi
for p in "$here"/patches/*.patch; do
    [ -f "$p" ] && patch -s -p1 -d "$work/tree" < "$p"
done
rm -rf "$dest"
mv "$work/tree" "$dest"
