#!/usr/bin/env python3
"""make dist: the tarballs are what they should be, made twice they are the same
bytes, the checksums hold, the bill of materials names what is in the programs,
and a program out of a tarball serves."""
import hashlib
import json
import os
import re
import tarfile

import harness
from harness import ROOT, Tiny, curl, done, equal, folder, ok, run, self_signed, skip, write

BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
# The make that runs the tests shall not have its say in those that are started here.
ENV = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "DIST")}
ENV["BUILD"] = os.path.relpath(BUILD, ROOT)


def make_dist(out, **env):
    # What other tests build for other processors is not waited for.
    return run("make", "-s", "dist", "DIST_TARGETS=", "DIST=" + out, cwd=ROOT, env={**ENV, **env}, timeout=300)


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def names(path):
    """What a tarball holds, without the folder in front, which is its own name."""
    prefix = os.path.basename(path)[:-len(".tar.gz")] + "/"
    with tarfile.open(path) as tar:
        members = tar.getmembers()
    ok(members and all(m.name.startswith(prefix) for m in members), f"{os.path.basename(path)}: all below {prefix}")
    ok(all((m.uid, m.gid, m.mtime) == (0, 0, EPOCH) for m in members),
       "root's, and as old as the source", {(m.uid, m.gid, m.mtime) for m in members})
    ok(all(m.issym() or m.mode in (0o644, 0o755) for m in members), "modes are 644 and 755")
    return [m.name[len(prefix):] for m in members]


def components(bom, **want):
    return [c for c in bom["components"] if all(c.get(k) == v for k, v in want.items())]


def check_form(bom):
    """The rules of CycloneDX 1.5 that a reader stumbles over."""
    equal((bom.get("bomFormat"), bom.get("specVersion"), bom.get("version")), ("CycloneDX", "1.5", 1), "CycloneDX 1.5")
    ok(re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bom.get("serialNumber", "")), "a serial number")
    ok(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", bom["metadata"]["timestamp"]), "a time")
    everything = bom["components"] + [bom["metadata"]["component"]]
    kinds = {"application", "library", "file"}
    ok(all(c["type"] in kinds and c["name"] and c["version"] for c in everything), "components have type, name and version")
    refs = [c["bom-ref"] for c in everything]
    equal(len(refs), len(set(refs)), "each is named once")
    for c in bom["components"]:
        ok(all(h["alg"] == "SHA-256" and re.fullmatch(r"[0-9a-f]{64}", h["content"]) for h in c["hashes"]) and c["hashes"],
           f"{c['bom-ref']} has a checksum")
        ok(all(("license" in x) != ("expression" in x) for x in c["licenses"]) and c["licenses"], "and a licence")
    used = [d["ref"] for d in bom["dependencies"]] + [r for d in bom["dependencies"] for r in d["dependsOn"]]
    ok(set(used) == set(refs), "dependencies are about these alone, and about each", set(used) ^ set(refs))
    ok(bom["metadata"]["tools"]["components"], "the compiler is named")


out = folder()
dist, again = out + "/one", out + "/two"
code, stdout, stderr = make_dist(dist)
if not ok(code == 0, "make dist", stdout + stderr):
    done()
files = sorted(os.listdir(dist))
version = re.search(r"^VERSION := (\S+)$", open(ROOT + "/Makefile", encoding="utf-8").read(), re.M).group(1)
sources = [f for f in files if f == f"tiny-{version}.tar.gz"]
feed = f"tiny-{version}-openwrt-feed.tar.gz"
programs = [f for f in files if f.endswith(".tar.gz") and f not in sources and f != feed]
ok(len(sources) == 1 and len(programs) >= 2 and f"tiny-{version}.cdx.json" in files and "SHA256SUMS" in files,
   "source, programs, bill and sums", files)
code, stdout, stderr = run("sha256sum", "-c", "--strict", "SHA256SUMS", cwd=dist)
ok(code == 0 and stdout.count(b": OK") == len(files) - 1, "the sums hold, and there is one for each file", stdout + stderr)

EPOCH = int(run(ROOT + "/packaging/dist/source", "date", env=ENV)[1])
inside = names(f"{dist}/{sources[0]}")
tracked = run(ROOT + "/packaging/dist/source", "list", env=ENV)[1].decode().split("\n")[:-1]
equal(inside, tracked, "the source tarball holds the repository's files, in order")
# Git may be missing, or refuse somebody else's checkout: then the files in the folder count.
if os.path.exists(ROOT + "/.git") and harness.have("git") and run("git", "rev-parse", "HEAD", cwd=ROOT)[0] == 0:
    git = set(run("git", "ls-files", cwd=ROOT)[1].decode().split("\n")[:-1])
    equal(set(inside), {f for f in git if os.path.lexists(os.path.join(ROOT, f))}, "which are git's")
    equal(EPOCH, int(run("git", "log", "-1", "--format=%ct", cwd=ROOT, env={**ENV, "SOURCE_DATE_EPOCH": ""})[1]),
          "the date is the commit's")
else:
    skip("which are git's", "this is no checkout")
with tarfile.open(f"{dist}/{sources[0]}") as tar:
    tar.extractall(out + "/source", filter="tar") if hasattr(tarfile, "tar_filter") else tar.extractall(out + "/source")
tree = out + f"/source/tiny-{version}"
ok(all(os.path.islink(f"{tree}/{f}") or sha256(f"{tree}/{f}") == sha256(f"{ROOT}/{f}") for f in inside), "byte by byte")
equal(run(tree + "/packaging/dist/source", "list", env=ENV)[1].decode().split("\n")[:-1], tracked,
      "unpacked, without git, the same files are named")
equal(int(run(tree + "/packaging/dist/source", "date", env={**ENV, "SOURCE_DATE_EPOCH": ""})[1]), EPOCH,
      "and the same date")

for name in programs:
    kept = names(f"{dist}/{name}")
    equal(kept, sorted(kept), "in order")
    equal(set(kept), {"tiny", "tiny.1", "tiny.conf", "tiny.conf.5", "README.md", "LICENSE", "LICENSE.bearssl",
                      "LICENSE.musl", "completions/_tiny", "completions/tiny.bash", "completions/tiny.fish"}, "with what belongs to it")

names(f"{dist}/{feed}")
with tarfile.open(f"{dist}/{feed}") as tar:
    package = tar.extractfile(feed[:-len(".tar.gz")] + "/tiny/Makefile").read().decode()
equal(re.findall(r"^PKG_(?:VERSION|HASH):=(.*)$", package, re.M), [version, sha256(f"{dist}/{sources[0]}")],
      "OpenWrt's package knows version and checksum of the source")

name = f"tiny-{version}-{os.uname().machine}"
with tarfile.open(f"{dist}/{name}.tar.gz") as tar:
    tar.extractall(out + "/program")
program = f"{out}/program/{name}/tiny"
ok(run(program, "--version")[1].startswith(f"tiny {version}".encode()), "a program out of a tarball runs")
for licence, words in (("LICENSE.bearssl", "Thomas Pornin"), ("LICENSE.musl", "Rich Felker")):
    ok(words in open(f"{out}/program/{name}/{licence}", encoding="utf-8").read(), f"{licence} is that licence")
root, keys = folder(), folder()
write(root + "/index.html", b"out of a tarball\n")
tiny = Tiny({"ssl.keyfile": self_signed(keys), "files.root": root}, binary=program)
equal(curl(tiny.url())[:2], (0, b"out of a tarball\n"), "and serves")
equal(tiny.stop(), 0, "and ends in peace")

with open(f"{dist}/tiny-{version}.cdx.json", encoding="utf-8") as f:
    bom = json.load(f)
check_form(bom)
equal(bom["metadata"]["component"]["version"], version, "it is about this version")
pin = [line.split() for line in open(ROOT + "/third_party/bearssl.pin", encoding="utf-8") if not line.startswith("#")][0]
found = components(bom, name="bearssl")
equal([(c["version"], c["hashes"][0]["content"], c["licenses"][0]["license"]["id"]) for c in found],
      [(pin[1], pin[3], "MIT")], "BearSSL with the pinned version and checksum")
ok(found[0]["purl"].startswith("pkg:deb/debian/bearssl@0.6%2B"), "and where it is from", found[0]["purl"])
patches = sorted(f for f in os.listdir(ROOT + "/third_party/patches") if f.endswith(".patch"))
equal([os.path.basename(p["diff"]["url"]) for p in found[0]["pedigree"]["patches"]], patches, "and our patches")
ok(all(p["resolves"][0]["name"] and p["resolves"][0]["description"] for p in found[0]["pedigree"]["patches"]),
   "each with its reason")
musl = components(bom, name="musl")
ok(musl and all(re.match(r"\d+\.\d+", c["version"]) for c in musl), "musl with its version", musl)
for c in components(bom, type="file"):
    tarball = c["name"].split("/")[0]
    with tarfile.open(f"{dist}/{tarball}.tar.gz") as tar:
        content = tar.extractfile(c["name"]).read()
    equal(c["hashes"][0]["content"], hashlib.sha256(content).hexdigest(), f"{c['name']}: its checksum is in the bill")
    needs = next(d["dependsOn"] for d in bom["dependencies"] if d["ref"] == c["bom-ref"])
    ok(any(r.startswith("bearssl@") for r in needs) and any(r.startswith("musl@") for r in needs), "it stands on both")
equal(len(components(bom, type="file")), len(programs), "each program is in the bill")

old = os.umask(0o077)
code, stdout, stderr = make_dist(again, TZ="Asia/Tokyo", LC_ALL="C.UTF-8")
os.umask(old)
equal(code, 0, "make dist again, under another umask, time zone and language")
equal([(f, sha256(f"{again}/{f}")) for f in sorted(os.listdir(again))], [(f, sha256(f"{dist}/{f}")) for f in files],
      "the same bytes")
code, stdout, stderr = make_dist(out + "/later", SOURCE_DATE_EPOCH=str(EPOCH + 86400))
with tarfile.open(out + f"/later/{name}.tar.gz") as tar:
    equal({m.mtime for m in tar.getmembers()}, {EPOCH + 86400}, "SOURCE_DATE_EPOCH is obeyed")
later = json.load(open(out + f"/later/tiny-{version}.cdx.json", encoding="utf-8"))
ok(later["serialNumber"] != bom["serialNumber"], "another bill has another number")
done()
