#!/usr/bin/env python3
"""What the kernel would enforce of a unit's sandbox, without systemd: a seccomp
filter made of SystemCallFilter=, RestrictAddressFamilies= and
MemoryDenyWriteExecute=. As a program: sandbox.py NAME,NAME... COMMAND...
runs the command under a filter that lets these system calls pass; whoever makes
another is killed."""

import ctypes
import os
import platform
import re
import struct
import subprocess
import sys

ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}.get(platform.machine())
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06  # of classic BPF, words and constants
ALLOW, KILL = 0x7FFF0000, 0x80000000
PROT_WRITE, PROT_EXEC = 2, 4
FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6


def numbers():
    """Number of each system call by name, as the C library's headers have them."""
    text = subprocess.run(["gcc", "-E", "-dM", "-include", "sys/syscall.h", "-x", "c", "/dev/null"],
                          stdout=subprocess.PIPE, check=True, universal_newlines=True).stdout
    return {name: int(n) for name, n in re.findall(r"#define __NR_(\w+) (\d+)$", text, re.M)}


def instruction(code, k, true=0, false=0):
    return struct.pack("HBBI", code, true, false, k)


def argument(n):
    """Loads the lower half of an argument, on little-endian machines."""
    return instruction(LOAD, 16 + 8 * n)


def refuse_bits(n, *bits):
    """Kills where argument n has all of these bits, allows otherwise: the last rule of a call."""
    rule = argument(n)
    for left, bit in enumerate(reversed(bits)):
        # Without the bit: over the tests behind it and the kill.
        rule_bit = instruction(ANY_BIT, bit, 0, left + 1)
        bits_code = rule_bit if left == 0 else rule_bit + bits_code
    return rule + bits_code + instruction(RETURN, KILL) + instruction(RETURN, ALLOW)


def filter_of(calls):
    program = instruction(LOAD, 4) + instruction(EQUAL, ARCHITECTURE, 1, 0) + instruction(RETURN, KILL)
    rules = {"mprotect": refuse_bits(2, PROT_EXEC), "mmap": refuse_bits(2, PROT_WRITE, PROT_EXEC)}
    family = argument(0)
    for i, number in enumerate(FAMILIES):
        family += instruction(EQUAL, number, len(FAMILIES) - i, 0)
    rules["socket"] = family + instruction(RETURN, KILL) + instruction(RETURN, ALLOW)
    for name, number in sorted(calls.items()):
        rule = rules.get(name, instruction(RETURN, ALLOW))
        program += instruction(LOAD, 0) + instruction(EQUAL, number, 0, len(rule) // 8) + rule
    return program + instruction(RETURN, KILL)


def enter(calls):
    libc = ctypes.CDLL(None, use_errno=True)
    program = filter_of(calls)
    held = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HP", len(program) // 8, ctypes.addressof(held))
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, header, 0, 0) != 0:
        sys.exit(f"sandbox: prctl: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    known = numbers()
    enter({name: known[name] for name in sys.argv[1].split(",") if name in known})
    os.execvp(sys.argv[2], sys.argv[2:])
