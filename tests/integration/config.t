#!/usr/bin/env python3
"""The configuration as the program takes it: exit codes, all errors at once,
nothing started with a wrong one, and -t, whose output is a file that gives the
same again."""

import os
import subprocess

import harness
from harness import ok, equal, done


def run(*args, env=None):
    base = {k: v for k, v in os.environ.items() if not k.startswith("TINY_")}
    p = subprocess.run([harness.TINY, *args], capture_output=True, text=True, timeout=30,
                       env={**base, **(env or {})}, cwd=harness.ROOT)
    return p.returncode, p.stdout, p.stderr


def test_exit_codes():
    code, out, err = run("--help")
    ok(code == 0 and "--ssl.keyfile" in out and err == "", "--help", err)
    code, out, _ = run("--version")
    ok(code == 0 and out.startswith("tiny "), "--version", out)
    code, out, err = run("-t", "-c", "tiny.conf")
    ok(code == 0 and "files.root = doc/www\n" in out, "-t with the repository's tiny.conf", err)
    code, _, err = run("-c", "none.conf")
    ok(code == 2 and "none.conf" in err, "a file that does not exist", err)


def test_unused(folder):
    """What has no effect is told, with what it would need; -t's own output is not."""
    console = "server.mode = console"
    verify = "ssl.verify (-verify, -Verify)"
    for options, key, needs in (
            (["-www", "-crlf"], "console.crlf", console),
            (["-rev", "-ign_eof"], "console.ignore-eof", console),
            (["-www", "-msgfile", "x"], "watch.file", "watch.msg or watch.trace (-msg, -trace)"),
            (["-www", "-keymatexportlen", "5"], "ssl.export-length", "ssl.export-label (-keymatexport)"),
            (["-www", "-attime", "5"], "ssl.attime", verify),
            (["-www", "-no_check_time"], "ssl.check-time", verify),
            (["-www", "-verify_hostname", "a.b"], "ssl.verify-hostname", verify),
            (["-www", "-x509_strict"], "ssl.x509-strict", verify)):
        code, _, err = run("-t", "-accept", "0", *options)
        ok(code == 0 and f"warning: {key}: not used without {needs}\n" in err, " ".join(options), err)
    code, out, err = run("-t", "-accept", "0", "-crlf", "-ign_eof", "-msg", "-msgfile", "x",
                         "-keymatexport", "EXPORTER-x", "-keymatexportlen", "5", "-verify", "1",
                         "-verify_hostname", "a.b")
    ok(code == 0 and "not used" not in err, "with what they need there is nothing to tell", err)
    path = os.path.join(folder, "printed.conf")
    harness.write(path, run("-t", "-accept", "0", "-www")[1])
    code, out, err = run("-t", "-c", path)
    ok(code == 0 and out.count("\n") > 80 and "not used" not in err, "nor is there in what -t prints", err)


def test_errors(folder):
    path = os.path.join(folder, "bad.conf")
    harness.write(path, "[ssl]\nkeyfiel = x\nprotocol = 3\n@include more\n")
    harness.write(os.path.join(folder, "more.conf"), "server.backlog = many\n")
    code, out, err = run("-c", path, "--log.level=loud", env={"TINY_SSL_OPTIONS": "0x800"})
    equal((code, out), (2, ""), "a wrong configuration starts nothing")
    for want in (f"{path}:2: ssl.keyfiel: there is no such option; did you mean ssl.keyfile?",
                 f"{path}:3: ssl.protocol: SSL 3",
                 os.path.join(folder, "more.conf") + ":1: server.backlog: ",
                 "TINY_SSL_OPTIONS: ssl.options: DONT_INSERT_EMPTY_FRAGMENTS (0x800): ",
                 "command line: log.level: one of error, "):
        ok(want in err, f"it tells {want[len(folder):] if want.startswith(folder) else want}", err)
    ok("listening" not in err and "SELF-SIGNED" not in err, "and nothing else was begun", err)


def test_round_trip(folder):
    path = os.path.join(folder, "again.conf")
    _, first, _ = run("-t", "-c", "tiny.conf", "-no_tls1", "-unix", "/x@y", "-cipher",
                      "HIGH:@STRENGTH", env={"TINY_SERVER_IDLE_TIMEOUT": "1500ms"})
    harness.write(path, first)
    code, second, err = run("-t", "-c", path)
    equal(code, 0, "what -t prints is accepted as a file")
    equal(second, first, "and gives the same again")
    ok("server.idle-timeout = 1500ms\n" in first and "unix:///x@@y\n" in first and
       "ssl.options = NO_TLSv1\n" in first, "with all layers in it", first)
    _, out, _ = run("-t", "-pass", "pass:SECRET")
    ok("SECRET" not in out, "a password is not printed", out)


def main():
    folder = harness.folder()
    test_exit_codes()
    test_errors(folder)
    test_unused(folder)
    test_round_trip(folder)
    done()


main()
