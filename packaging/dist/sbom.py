#!/usr/bin/env python3
"""Writes the bill of materials of a release, CycloneDX 1.5 in JSON.

usage: sbom.py VERSION NAME=PROGRAM:FLAGS...

What was fetched comes from third_party/*.pin, what the system brought from
dpkg; a checksum stands beside each. The compiler is the first word of FLAGS.
The same source, compiler and libraries give the same bytes: the time is
SOURCE_DATE_EPOCH, the serial number follows from the content.
"""
import datetime
import glob
import hashlib
import json
import os
import re
import subprocess
import sys
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GCC_EXCEPTION = [{"expression": "GPL-3.0-or-later WITH GCC-exception-3.1"}]


def sha256(path):
    with open(path, "rb") as f:
        return [{"alg": "SHA-256", "content": hashlib.sha256(f.read()).hexdigest()}]


def output(*argv):
    """What a command prints, or nothing if it cannot."""
    try:
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def pins(name):
    """The lines of a .pin file: name, version, file, checksum (musl's second one has no version)."""
    path = os.path.join(ROOT, "third_party", name + ".pin")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as f:
        return [line.split() for line in f if line.strip() and not line.startswith("#")]


def purl(package, version, **qualifiers):
    text = f"pkg:deb/debian/{package}@{version.replace('+', '%2B').replace('~', '~')}"
    return text + "?" + "&".join(f"{k}={v}" for k, v in sorted(qualifiers.items()))


def patches():
    """Our patches to BearSSL, each with the first paragraph of its reason."""
    found = []
    for path in sorted(glob.glob(os.path.join(ROOT, "third_party/patches/*.patch"))):
        with open(path, encoding="utf-8") as f:
            title, _, rest = f.read().partition("\n\n")
        reason = re.split(r"\n(?:Test: |--- )", rest, maxsplit=1)[0]
        found.append({"type": "unofficial", "diff": {"url": os.path.relpath(path, ROOT)},
                      "resolves": [{"type": "defect", "name": " ".join(title.split()),
                                    "description": " ".join(reason.split())}]})
    return found


def fetched(name, license_id, description, extra=None):
    """A library that is built from a pinned source package."""
    rows = pins(name)
    version, archive, checksum = rows[0][1:4]
    component = {
        "type": "library", "bom-ref": f"{name}@{version}", "name": name, "version": version,
        "description": description, "scope": "required",
        "hashes": [{"alg": "SHA-256", "content": checksum}],
        "licenses": [{"license": {"id": license_id}}], "purl": purl(name, version, arch="source"),
        "properties": [{"name": "tiny:hashed-file", "value": archive}],
    }
    for row in rows[1:]:
        component["properties"].append({"name": f"tiny:{row[0]}", "value": f"{row[-2]} sha256:{row[-1]}"})
    component.update(extra or {})
    return component


def installed(package, path, name, licenses, description):
    """A library that the system's package brings: the checksum is that of the file that is linked."""
    version, arch = (output("dpkg-query", "-W", "-f=${Version} ${Architecture}", package).split() + ["", ""])[:2]
    if not version:
        # No Debian: the file tells, whoever installed it.
        version = "sha256-" + sha256(path)[0]["content"][:12]
    component = {
        "type": "library", "bom-ref": f"{name}@{version}-{package}", "name": name, "version": version,
        "description": description, "scope": "required", "hashes": sha256(path), "licenses": licenses,
        "properties": [{"name": "tiny:hashed-file", "value": os.path.basename(path)}],
    }
    if arch:
        component["purl"] = purl(package, version, arch=arch)
    for row in pins(name):
        # The source of that very version, where we know it.
        if row[:2] == [name, version]:
            component["properties"].append({"name": "tiny:source", "value": f"{row[2]} sha256:{row[3]}"})
    return component


def package_of(path):
    """The Debian package that a file belongs to."""
    return output("dpkg", "-S", os.path.realpath(path)).partition(":")[0]


def compiler(cc):
    """The compiler as a tool: it makes the program, but is no part of it."""
    version = output(cc, "-dumpfullversion") or output(cc, "-dumpversion")
    first = output(cc, "--version").partition("\n")[0]
    return {"type": "application", "name": f"gcc for {output(cc, '-dumpmachine')}", "version": version,
            "description": first}


def library_of(cc, name):
    """The file that -lNAME links."""
    path = output(cc, f"-print-file-name=lib{name}.a")
    return path if os.path.isabs(path) else ""


def parts(folder, cc):
    """The libraries in the program of this folder, beside BearSSL: the C library, and the compiler's own."""
    found = []
    if os.path.exists(os.path.join(folder, "musl", "lib", "libc.a")):
        found.append(fetched("musl", "MIT", "the C library"))
    else:
        libc = library_of(cc, "c")
        if "musl" not in libc:
            # musl-gcc's specs are not asked by -print-file-name; the linker's map of them is.
            specs = re.search(r"-L(\S*musl\S*)", output("sh", "-c", f"{cc} -dumpspecs; cat /usr/lib/*/musl-gcc.specs"))
            libc = os.path.join(specs.group(1), "libc.a") if specs else libc
        found.append(installed(package_of(libc) or "musl-dev", libc, "musl", [{"license": {"id": "MIT"}}],
                               "the C library"))
    libgcc = output(cc, "-print-libgcc-file-name")
    if os.path.exists(libgcc):
        found.append(installed(package_of(libgcc), libgcc, "libgcc", GCC_EXCEPTION,
                               "arithmetic that the compiler calls, where the processor has not got it"))
    return found


def main():
    version = sys.argv[1]
    stamp = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
    tiny = {"type": "application", "bom-ref": f"tiny@{version}", "name": "tiny", "version": version,
            "description": "TLS server in one static program", "licenses": [{"license": {"id": "MIT"}}],
            "purl": f"pkg:generic/tiny@{version}"}
    bearssl = fetched("bearssl", "MIT", "TLS up to 1.2, X.509 and primitives", {"pedigree": {"patches": patches()}})
    components, tools, depends = {bearssl["bom-ref"]: bearssl}, {}, {}
    for item in sys.argv[2:]:
        name, _, rest = item.partition("=")
        program, _, flags = rest.partition(":")
        with open(flags, encoding="utf-8") as f:
            cc = f.read().split()[0]
        tool = compiler(cc)
        tools[(tool["name"], tool["version"])] = tool
        ref = f"tiny-{version}-{name}/tiny"
        libraries = parts(os.path.dirname(flags), cc)
        components.update({c["bom-ref"]: c for c in libraries})
        components[ref] = {"type": "file", "bom-ref": ref, "name": ref, "version": version,
                           "hashes": sha256(program), "licenses": tiny["licenses"],
                           "properties": [{"name": "tiny:compiler", "value": f"{tool['name']} {tool['version']}"},
                                          {"name": "tiny:size", "value": str(os.path.getsize(program))}]}
        depends[ref] = [bearssl["bom-ref"]] + [c["bom-ref"] for c in libraries]
    depends[tiny["bom-ref"]] = sorted(depends)
    for ref in components:
        depends.setdefault(ref, [])
    bom = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {"timestamp": stamp.strftime("%Y-%m-%dT%H:%M:%SZ"), "lifecycles": [{"phase": "build"}],
                     "tools": {"components": [tools[k] for k in sorted(tools)]}, "component": tiny},
        "components": [components[k] for k in sorted(components)],
        "dependencies": [{"ref": k, "dependsOn": sorted(set(depends[k]))} for k in sorted(depends)],
    }
    content = json.dumps(bom, sort_keys=True).encode()
    bom["serialNumber"] = f"urn:uuid:{uuid.UUID(bytes=hashlib.sha256(content).digest()[:16], version=5)}"
    json.dump(bom, sys.stdout, indent=2, sort_keys=True)
    print()


main()
