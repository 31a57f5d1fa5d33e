#!/usr/bin/env python3
"""The manual pages name everything that the option table holds.

`tiny --help` is made from the table, so what it prints is what there is: every
key (ssl.keyfile) must stand in doc/tiny.conf.5, every other spelling of the
command line (-cert, --help) in doc/tiny.1. mandoc must find no fault in either.
"""
import os
import re
import subprocess
import sys

BUILD = os.environ.get("BUILD", "build")
count = 0
failed = 0


def report(good, name, notes=()):
    global count, failed
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {name}")
    for n in notes:
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


def main():
    tiny = os.path.join(BUILD, "tiny")
    if not os.path.exists(tiny):
        skip("manual pages", "there is no program yet")
        return
    run = subprocess.run([tiny, "--help"], capture_output=True, text=True, timeout=20, check=False)
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
        lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", path], capture_output=True, text=True, check=False)
        report(lint.returncode == 0, f"{path} is well formed", lint.stdout.split("\n")[:10])


main()
print(f"1..{count}")
sys.exit(failed)
