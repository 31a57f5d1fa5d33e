#!/usr/bin/env python3
"""The manual pages name everything that the option table holds.

`tiny --help` is made from the table, so what it prints is what there is: every
key (ssl.keyfile) must stand in doc/tiny.conf.5, every other spelling of the
command line (-cert, --help) in doc/tiny.1. The entry of a key opens with its default
and range in one regular form, the table's own, and with the words that it may have;
it says which build is without it. mandoc and groff must find no fault in either page.

In the other documents every relative link leads to a file and every named file is there, a size
that README.md names is not below the program's, and one version stands everywhere.
"""
import fnmatch
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = os.environ.get("BUILD", "build")
count = 0
failed = 0


def report(good, name, notes=()):
    global count, failed
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {name}")
    for n in notes if not good else ():
        print(f"# {n}")
    failed |= not good


def skip(name, why):
    global count
    count += 1
    print(f"ok {count} - {name} # SKIP {why}")


def page(path):
    """The page's text, without the marks that mdoc needs between words."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    return text.replace("\\-", "-").replace("\\&", "").replace("\\.", ".")


def smaller_builds():
    """Which keys each smaller build has, by the mark that others carry."""
    marks = {}
    for name, mark in (("tiny-small", "Full build only."), ("tiny-minimal", "Not in the minimal build.")):
        path = os.path.join(BUILD, name)
        if os.path.exists(path):
            out = subprocess.run([path, "--help"], capture_output=True, text=True, timeout=20, check=False).stdout
            marks[mark] = set(re.findall(r"^  --([a-z]\w*\.[\w.-]+)", out, re.M))
    return marks


def entries(path):
    """Of each key: its line, and those from Default: to the paragraph."""
    with open(path, encoding="utf-8") as f:
        found = re.findall(r"^\.It Ic ([a-z]\w*\.[\w.-]+) = Ar (.*)\n((?:(?!\.).*\n)*)\.Pp\n", f.read(), re.M)
    return {key: (argument, lines.splitlines()) for key, argument, lines in found}


def check_entries(path):
    """Default, range, words and build of each entry, against the table."""
    generator = os.path.join(BUILD, "completions", "completion")
    if not os.path.exists(generator):
        skip(f"{path} has each default", "make completions comes first")
        return
    table = subprocess.run([generator, "table"], capture_output=True, text=True, timeout=20, check=True).stdout
    builds = smaller_builds()
    have = entries(path)
    problems = []
    for row in table.splitlines():
        key, kind, default, least, greatest, words = row.split("\t")
        want = [f"Default: {default or 'empty'}{f', from {least} to {greatest}' if greatest else ''}."]
        # What the small build lacks, the minimal one lacks, too.
        want += [mark for mark, keys in builds.items() if key not in keys][:1]
        argument, lines = have.get(key, ("", []))
        if lines != want:
            problems.append(f"{key}: {' '.join(want)} is wanted; there is: {' '.join(lines) or 'no such entry'}")
        if words and argument != words.replace(" ", " | "):
            problems.append(f"{key}: its line has not the words {words}")
        if (kind == "list") != argument.endswith(" (list)"):
            problems.append(f"{key}: a list, and only that, is called (list)")
    unknown = set(have) - {row.split("\t")[0] for row in table.splitlines()}
    problems += [f"{key}: there is no such option" for key in sorted(unknown)]
    report(len(have) > 50 and not problems, f"{path}: default, range, words and build of {len(have)} options", problems)


def check_form(path):
    # A page's own companions are not installed yet: that one remark is about the machine.
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "style", path], capture_output=True, text=True, check=False)
    faults = [one for one in (lint.stdout + lint.stderr).splitlines()
              if "referenced manual not found" not in one and "outdated mandoc.db" not in one]
    report(not faults, f"{path} is well formed", faults[:10])
    if shutil.which("groff") is None:
        skip(f"{path} with groff", "there is no groff here")
        return
    groff = subprocess.run(["groff", "-mandoc", "-Tutf8", path], capture_output=True, text=True, check=False)
    report(groff.returncode == 0 and not groff.stderr and len(groff.stdout) > 5000, f"{path} with groff", groff.stderr.split("\n")[:10])


def check_links():
    """Of all documents: [text](path), and headings after #."""
    problems, links = [], 0
    for path in sorted(glob.glob("**/*.md", recursive=True)):
        if path.startswith("build"):
            continue
        with open(path, encoding="utf-8") as f:
            text = re.sub(r"`[^`\n]*`", "", f.read())
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            links += 1
            file, _, heading = target.partition("#")
            file = os.path.join(os.path.dirname(path), file) if file else path
            if not os.path.exists(file):
                problems.append(f"{path}: {target}: there is no such file")
            elif heading and heading not in headings(file):
                problems.append(f"{path}: {target}: there is no such heading")
    report(links > 10 and not problems, f"all {links} links between documents lead somewhere", problems)


def check_names():
    """`tls/agree.c`, `http*.c`, `tests/ct`: between backticks only what exists."""
    try:
        tracked = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.split("\n")
    except (OSError, subprocess.CalledProcessError):
        skip("files that documents name", "no git here")
        return
    folders = {os.path.dirname(f) for f in tracked} | {os.path.dirname(os.path.dirname(f)) for f in tracked}
    known = set(tracked) | folders
    known |= {os.path.join(*f.split("/")[i:]) for f in known for i in range(1, f.count("/") + 1)}
    problems, names = [], 0
    for path in sorted(f for f in tracked if f.endswith(".md")):
        with open(path, encoding="utf-8") as f:
            for line in f:
                for name in re.findall(r"`((?:src|tests|fuzz|doc|packaging|third_party)/[\w./*-]+|[\w./*-]+\.(?:c|h|t|ld))`", line):
                    names += 1
                    if "NAME" not in name and not fnmatch.filter(known, name.rstrip("/")):
                        problems.append(f"{path}: there is no {name}")
    report(names > 50 and not problems, f"all {names} files that documents name are there", problems)


def headings(path):
    """As hosts of repositories make anchors of them."""
    with open(path, encoding="utf-8") as f:
        found = re.findall(r"^#+ (.*)$", f.read(), re.M)
    return {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in found}


def check_conf():
    """What one begins with is taken by every build."""
    for name in ("tiny", "tiny-small", "tiny-minimal"):
        program = os.path.join(BUILD, name)
        if not os.path.exists(program):
            skip(f"{name} takes tiny.conf", "it is not built")
            continue
        with tempfile.TemporaryDirectory() as scratch:
            key = os.path.join(scratch, "key.pem")
            subprocess.run([os.path.join(BUILD, "tiny"), "certificate", "--name", "localhost", "--out", key], capture_output=True,
                           timeout=20, check=True)
            run = subprocess.run([program, "-c", "tiny.conf", "-t", "--ssl.keyfile", key], capture_output=True, text=True, timeout=20,
                                 check=False)
        report(run.returncode == 0 and "files.root = doc/www" in run.stdout, f"{name} takes tiny.conf", run.stderr.split("\n"))


def check_sizes():
    """| `build/tiny` ... | KB | in README.md; KB are 1024 bytes."""
    with open("README.md", encoding="utf-8") as f:
        lines = re.findall(r"^\| (`build/.*)\| ([\d.]+) \|$", f.read(), re.M)
    rows = [(name, size) for line, size in lines for name in re.findall(r"`build/([\w/-]+)`", line)]
    problems, there = [], 0
    for name, size in rows:
        path = os.path.join(BUILD, name)
        if not os.path.exists(path):
            continue
        there += 1
        actual = os.path.getsize(path) / 1024
        if actual > float(size):
            problems.append(f"{path} has {actual:.1f} KB, README.md says {size}")
    report(there > 0 and not problems, f"README.md promises no less than {there} programs of {len(rows)} have", problems)


def check_version(tiny):
    """Every place that repeats the version says the Makefile's."""
    with open("Makefile", encoding="utf-8") as f:
        version = re.search(r"^VERSION *:= *(\S+)$", f.read(), re.M)[1]
    problems = [] if re.fullmatch(r"\d+\.\d+\.\d+", version) else [f"Makefile: {version} is no semantic version"]
    run = subprocess.run([tiny, "--version"], capture_output=True, text=True, timeout=20, check=False)
    if not run.stdout.startswith((f"tiny {version},", f"tiny {version} (")):
        problems.append(f"tiny --version: {run.stdout}")
    looked = 1
    for files, place in (("CHANGELOG.md", r"^## \[?(\d[^\]\s]*)\]? "),
                         ("packaging/openwrt/Makefile", r"^PKG_VERSION:=(\S+)"),
                         ("packaging/openwrt/*/Makefile", r"^PKG_VERSION:=(\S+)"),
                         ("packaging/debian/changelog", r"^\S+ \((\d[\d.]*)"),
                         ("packaging/alpine/APKBUILD", r"^pkgver=(\S+)"),
                         ("packaging/docker/Dockerfile", r"version=\"?(\d[\d.]*)"),
                         ("packaging/docker/Dockerfile", r"VERSION=(\d[\d.]*)")):
        for path in glob.glob(files):
            with open(path, encoding="utf-8") as f:
                found = re.search(place, f.read(), re.M)
            if found is None:
                continue
            looked += 1
            if found[1] != version:
                problems.append(f"{path}: {found[1]}, the Makefile says {version}")
    report(looked > 1 and not problems, f"version {version} in {looked} places", problems)


def main():
    check_links()
    check_names()
    check_sizes()
    check_conf()
    tiny = os.path.join(BUILD, "tiny")
    if not os.path.exists(tiny):
        skip("manual pages", "there is no program yet")
        return
    run = subprocess.run([tiny, "--help"], capture_output=True, text=True, timeout=20, check=False)
    check_version(tiny)
    helptext = run.stdout + run.stderr
    keys = sorted(set(re.findall(r"(?<![\w./-])(?:--)?([a-z][a-z0-9]*(?:\.[a-z0-9-]+)+)(?![\w/])", helptext)))
    keys = [k for k in keys if not k.endswith((".conf", ".pem", ".log", ".html"))]
    spellings = sorted(set(re.findall(r"(?<![\w.-])(-{1,2}[A-Za-z0-9][A-Za-z0-9_-]*)(?![\w.])", helptext)))
    for path, names in (("doc/tiny.conf.5", keys), ("doc/tiny.1", spellings)):
        if not os.path.exists(path):
            skip(path, "not written yet")
            continue
        text = page(path)
        bare = re.sub(r"^\.\w+( \w\w)? ", " ", text, flags=re.M)
        missing = []
        for name in names:
            forms = [re.escape(name)]
            if name.startswith("-"):
                # mdoc writes -x as ".Fl x" and --x as ".Fl -x".
                forms.append(r"Fl " + re.escape(name[1:]))
            if not any(re.search(r"(?<![\w.])" + f + r"(?![\w-])", text) or re.search(r"(?<![\w.])" + f + r"(?![\w-])", bare)
                       for f in forms):
                missing.append(name)
        report(bool(names) and not missing, f"{path} names all {len(names)} of --help",
               [f"not named: {m}" for m in missing])
        check_form(path)
    check_entries("doc/tiny.conf.5")


main()
print(f"1..{count}")
sys.exit(failed)
