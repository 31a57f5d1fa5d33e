#!/usr/bin/env python3
"""The programs for other processors (make cross), run by qemu: each is what it says, fits, and
serves real clients over TLS. Those that were not built are skipped; where CROSS is in the
environment, just the ones that it names are tried, and must be there."""
import os
import re
import signal
import ssl
import struct

import harness
from harness import Tiny, client_context, done, equal, folder, have, ok, receive_all, run, self_signed, skip
from probe13 import CERTIFICATE, HYBRID, messages
from tlskit import connect, resumes, s_client

BUILD = os.path.join(harness.ROOT, os.environ.get("BUILD", "build"))
LIMIT = 307200
# Bits, order of bytes, the number of the machine in the ELF header, and the compiler's name.
TARGETS = {"aarch64": (64, "<", 183, "aarch64-linux-gnu"), "armhf": (32, "<", 40, "arm-linux-gnueabihf"),
           "arm": (32, "<", 40, "arm-linux-gnueabi"), "mipsel": (32, "<", 8, "mipsel-linux-gnu"),
           "mips": (32, ">", 8, "mips-linux-gnu"), "riscv64": (64, "<", 243, "riscv64-linux-gnu"),
           "i386": (32, "<", 3, "i686-linux-gnu"), "x86_64": (64, "<", 62, "x86_64-linux-gnu")}
FIXED = "mips", "mipsel", "i386"
# Instructions and registers that the least machine of a target has not.
MIPS_FPU = rb"\$f\d|\t(l|s|m[ft])[dw]?c1\t|\tbc1[ft]"
ABSENT = {"mips": MIPS_FPU, "mipsel": MIPS_FPU, "arm": rb"\tv(ldr|str|mov|mrs|msr|push|pop|add|mul)|\t(ldrd|blx|movw|movt)\t.*\bd\d",
          "i386": rb"%[xyz]?mm\d|\tendbr|\tnop[wl]\t"}
EXEC, DYN = 2, 3
LOAD, INTERP, STACK, RELRO = 1, 3, 0x6474E551, 0x6474E552
WRITE_AND_RUN = 3
SUITES13 = "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"
SUITES12 = "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"


def segments(data, bits, order):
    """Type and rights of each program header."""
    form, at = ("Q14xHH", 32) if bits == 64 else ("I10xHH", 28)
    start, size, count = struct.unpack_from(order + form, data, at)
    rows = [struct.unpack_from(order + "8I", data, start + i * size) for i in range(count)]
    return [(row[0], row[1 if bits == 64 else 6]) for row in rows]


def examine(target, program, version):
    """What its headers and its code say."""
    bits, order, machine, triple = TARGETS[target]
    with open(program, "rb") as f:
        data = f.read()
    found = data[:4], {1: 32, 2: 64}[data[4]], {1: "<", 2: ">"}[data[5]], struct.unpack_from(order + "HH", data, 16)
    equal(found, (b"\x7fELF", bits, order, (EXEC if target in FIXED else DYN, machine)),
          f"{target}: {bits} bits, {'little' if order == '<' else 'big'} end first, "
          f"{'at a fixed address' if target in FIXED else 'position independent'}")
    parts = segments(data, bits, order)
    ok(INTERP not in dict(parts), f"{target}: static", parts)
    equal(dict(parts).get(STACK), 6, f"{target}: the stack is not executable")
    ok(all(rights & WRITE_AND_RUN != WRITE_AND_RUN for kind, rights in parts if kind == LOAD),
       f"{target}: no memory is writable and executable", parts)
    if target not in FIXED:
        ok(RELRO in dict(parts), f"{target}: relocated data is read-only", parts)
    print(f"# {target}: {len(data)} bytes", flush=True)
    if b"(" in version:
        ok(len(data) <= LIMIT, f"{target}: {len(data)} bytes, at most {LIMIT}")
    if not have(triple + "-objdump"):
        skip(f"{target}: its code", f"no {triple}-objdump here")
        return
    sections = run(triple + "-objdump", "-h", program)[1]
    ok(b".symtab" not in data and b".debug" not in sections, f"{target}: stripped", sections)
    if target in ABSENT:
        # Symbols tell which encoding a function has.
        code = run(triple + "-objdump", "-d", "--no-show-raw-insn", program + ".sym")[1]
        odd = [line for line in code.split(b"\n") if re.search(ABSENT[target], line)]
        ok(len(code) > 1 << 20 and odd == [], f"{target}: no instruction that its least machine has not", b"\n".join(odd).decode())


def serve(target, tiny, pem):
    """Clients of TLS 1.3 and 1.2, each suite, the hybrid group, resumption."""
    trust = ["--cacert", pem, "--connect-to", f"localhost:{tiny.port}:127.0.0.1:{tiny.port}"]
    for version, words in (("1.3", ["--tlsv1.3"]), ("1.2", ["--tls-max", "1.2"])):
        code, out, err = run("curl", "-sS", "--max-time", "60", *trust, *words, tiny.url("/big"), timeout=70)
        ok(code == 0 and out == BIG, f"{target}: curl gets {len(BIG)} bytes over TLS {version}", err)
    for suite in SUITES13:
        equal(s_client(tiny, "-tls1_3", "-ciphersuites", suite).suite, suite, f"{target}: {suite}")
    for suite in SUITES12:
        equal(s_client(tiny, "-tls1_2", "-cipher", suite).suite, suite, f"{target}: {suite}")
    for group in ("prime256v1", "secp384r1"):
        equal(s_client(tiny, "-tls1_3", "-groups", group).group, group, f"{target}: {group}")
    ok(CERTIFICATE in messages(tiny, group=HYBRID), f"{target}: X25519MLKEM768")
    for version, name in ((ssl.TLSVersion.TLSv1_3, "1.3"), (ssl.TLSVersion.TLSv1_2, "1.2")):
        context = client_context(version, version)
        _, session, answer = connect(tiny, context)
        ok("200 OK" in answer and session is not None, f"{target}: a session of TLS {name}", answer[:500])
        resumes(tiny, context, session, True, f"{target}: is resumed")


def wide(target, tiny):
    """What needs 64 bits of a date and of a length."""
    head = run("curl", "-sSkI", tiny.url("/late"))[1].decode()
    if os.stat(root + "/late").st_mtime == LATE:
        ok(f'ETag: "{LATE:x}.' in head, f"{target}: a date beyond 2038", head) # Last-Modified is never in the future
    else:
        skip(f"{target}: a date beyond 2038", "the file system has none")
    ok(f"Content-Length: {HUGE}\r\n" in run("curl", "-sSkI", tiny.url("/huge"))[1].decode(), f"{target}: a length of 5 GiB")
    equal(run("curl", "-sSk", "-r", f"{HUGE - 4}-", tiny.url("/huge"))[1], b"last", f"{target}: the end of it")


def tells_alignment(target):
    """qemu-mips stops a program at the first word that is read from an odd address, so what passed here and
    the unit tests has none."""
    compiler, place = TARGETS[target][3] + "-gcc", folder()
    name = f"{target}: qemu would have told of an address that is not aligned"
    if target not in ("mips", "mipsel") or not have(compiler):
        skip(name, "only on MIPS it does" if have(compiler) else f"no {compiler} here")
        return
    harness.write(place + "/odd.c", "static char bytes[8]; char *volatile at = bytes + 1;\n"
                  "void __start(void) { for (;;) { *(volatile unsigned *)at; } }\n")
    run(compiler, "-O1", "-mno-abicalls", "-fno-pic", "-no-pie", "-nostdlib", "-static", place + "/odd.c", "-o", place + "/odd")
    equal(run(os.path.join(BUILD, target, "run"), place + "/odd")[0], -signal.SIGBUS, name)


def drain(target, tiny):
    """SIGTERM between a request and its answer's end: the answer still comes whole."""
    context = client_context(ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3)
    with tiny.tls(context, timeout=60) as client:
        client.sendall(b"GET /big HTTP/1.0\r\nHost: localhost\r\n\r\n")
        answer = client.recv(1)
        tiny.signal(signal.SIGTERM)
        answer += receive_all(client)
    equal(answer.partition(b"\r\n\r\n")[2] == BIG, True, f"{target}: SIGTERM lets an answer end")
    equal(tiny.wait(60), 0, f"{target}: and then it ends")


root, keys = folder(), folder()
BIG = os.urandom(3 << 20)
with open(root + "/big", "wb") as big:
    big.write(BIG)
harness.write(root + "/index.html", "across\n")
LATE, HUGE = 0x1F4865700, 5 << 30  # a day of the year 2236
os.utime(harness.write(root + "/late", "late\n"), (LATE, LATE))
with open(root + "/huge", "wb") as huge:
    huge.seek(HUGE - 4)
    huge.write(b"last")
ec, rsa = self_signed(keys, "ec", "ec"), self_signed(keys, "rsa", "rsa")
wanted = os.environ.get("CROSS", "").split()
for target in TARGETS:
    program, qemu = os.path.join(BUILD, target, "tiny"), os.path.join(BUILD, target, "run")
    if target not in wanted and (wanted or not os.path.exists(program)):
        skip(target, "not asked for" if wanted else f"not built: make cross TARGET={target}")
        continue
    if not ok(os.path.exists(program) and os.path.exists(qemu), f"{target}: it was built"):
        continue
    code, version, err = run(qemu, program, "--version")
    ok(code == 0 and version.startswith(b"tiny "), f"{target}: --version", version + err)
    examine(target, program, version)
    tiny = Tiny({"ssl.keyfile": ec, "files.root": root}, binary=program, wrap=[qemu])
    serve(target, tiny, ec)
    wide(target, tiny)
    drain(target, tiny)
    tiny = Tiny({"ssl.keyfile": rsa, "files.root": root}, binary=program, wrap=[qemu])
    ok(s_client(tiny, "-tls1_3").suite in SUITES13, f"{target}: signs with RSA, TLS 1.3")
    ok((s_client(tiny, "-tls1_2").suite or "").startswith("ECDHE-RSA-"), f"{target}: signs with RSA, TLS 1.2")
    equal(tiny.stop(), 0, f"{target}: and ends in peace")
    tells_alignment(target)
done()
