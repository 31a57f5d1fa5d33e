#!/usr/bin/env python3
"""Rules of the house that a compiler does not know.

- A room of src/ includes only itself and the rooms before it in the list.
- BearSSL is known to crypto/ and tls/ only.
- Functions are at most 70 lines (from brace to brace; a function that is one
  flat switch over constants may be longer), files at most 500; a file or
  function that is mostly a table may be longer.
- No mark of unfinished work stays, no path of somebody's machine.
- A header of src/ opens with a comment of three lines or more.
"""
import glob
import re
import subprocess
import sys

ROOMS = ["core", "config", "crypto", "tls", "app", "server"]
MAX_FUNCTION = 70
MAX_FILE = 500
MARKS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
PLACES = re.compile(r"(?<![\w.])/(wo" r"rk|fa" r"rm|ho" r"me/\w+)/")

count = 0
failed = 0


def report(name, problems):
    global count, failed
    count += 1
    print(f"{'not ok' if problems else 'ok'} {count} - {name}")
    for p in problems:
        print(f"# {p}")
    failed |= bool(problems)


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read().split("\n")


def table_line(line):
    """A line that can only stand in a table of constants."""
    return re.match(r'^\s*(\{.*\},?|\[.*\] = .*,|".*"[,;]?|(0x[0-9a-fA-F]+, ?)+(0x[0-9a-fA-F]+,?)?|[A-Z0-9_]+,)\s*(/\*.*\*/)?$', line)


def check_rooms(sources):
    problems = []
    for path in sources:
        parts = path.split("/")
        room = parts[1] if len(parts) > 2 else None
        if room is not None and room not in ROOMS:
            problems.append(f"{path}: {room}/ is no room; the rooms are {', '.join(ROOMS)}")
            continue
        for number, line in enumerate(read(path), 1):
            m = re.match(r'\s*#\s*include\s*(["<])([^">]+)', line)
            if m is None or room is None:
                continue
            target = m.group(2)
            if "bearssl" in target or target == "inner.h":
                if room not in ("crypto", "tls"):
                    problems.append(f"{path}:{number}: only crypto/ and tls/ know BearSSL")
            elif m.group(1) == '"':
                other = target.split("/")[0]
                if "/" not in target or other not in ROOMS:
                    problems.append(f'{path}:{number}: "{target}" does not name a room')
                elif ROOMS.index(other) > ROOMS.index(room):
                    problems.append(f"{path}:{number}: {room}/ must not include {other}/")
    return problems


def functions(lines):
    """(name, first line, lines from brace to brace) by the braces in column 0."""
    start = None
    name = ""
    for i, line in enumerate(lines):
        if line == "{":
            start = i
        elif line == "}" and start is not None:
            yield name, start, lines[start : i + 1]
            start = None
        elif start is None and re.match(r"^[a-zA-Z_].*\(", line):
            m = re.search(r"(\w+)\(", line)
            name = m.group(1) if m else ""


def flat_switch(body):
    """One switch whose lines are almost all labels, one statement and a break."""
    # A statement may be broken after a comma.
    code = [b.strip() for b in re.sub(r",\n\s*", ", ", "\n".join(body)).split("\n") if b.strip()]
    flat = [c for c in code if re.match(r"^(case .*:|default:|break;|return [^;]*;|\w[\w.>-]* = [^;]*;|\w+\([^;]*\);)$", c)]
    return len(code) - len(flat) <= 12


def check_lengths(sources):
    problems = []
    for path in sources:
        lines = read(path)
        tables = sum(1 for line in lines if table_line(line))
        if len(lines) - 1 - tables > MAX_FILE:
            problems.append(f"{path}: {len(lines) - 1} lines, more than {MAX_FILE}")
        for name, start, body in functions(lines):
            rows = sum(1 for line in body if table_line(line))
            if len(body) - rows > MAX_FUNCTION and not flat_switch(body):
                problems.append(f"{path}:{start + 1}: {name}: {len(body)} lines, more than {MAX_FUNCTION}")
    return problems


def check_marks(files):
    problems = []
    for path in files:
        for number, line in enumerate(read(path), 1):
            if MARKS.search(line):
                problems.append(f"{path}:{number}: a mark of unfinished work")
            if PLACES.search(line):
                problems.append(f"{path}:{number}: a path of somebody's machine")
    return problems


def check_headers(headers):
    problems = []
    for path in headers:
        lines = read(path)
        end = next((i for i, line in enumerate(lines) if "*/" in line), -1)
        if not lines[0].startswith("/*") or end < 3:
            problems.append(f"{path}: opens with no comment that says what it owns")
    return problems


def tracked():
    try:
        out = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.split("\n")
    except (OSError, subprocess.CalledProcessError):
        out = glob.glob("src/**", recursive=True) + glob.glob("tests/**", recursive=True)
    kinds = (".c", ".h", ".t", ".sh", ".py", ".md", ".conf", ".1", ".5")
    return [f for f in out if (f.endswith(kinds) or f == "Makefile") and "/patches/" not in f and "/corpus/" not in f
            and glob.glob(glob.escape(f))]


def main():
    sources = sorted(glob.glob("src/**/*.[ch]", recursive=True))
    harness = sorted(glob.glob("tests/**/*.[ch]", recursive=True) + glob.glob("fuzz/*.[ch]"))
    report("a room includes only rooms before it", check_rooms(sources))
    report(f"functions of at most {MAX_FUNCTION} lines, files of at most {MAX_FILE}",
           check_lengths(sources + harness))
    report("no marks of unfinished work, no machine paths", check_marks(tracked()))
    report("headers say what they own", check_headers([s for s in sources if s.endswith(".h")]))
    print(f"1..{count}")
    return failed


sys.exit(main())
