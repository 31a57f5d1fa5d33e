"""Examples of README and manual, pasted into a shell as a reader would: in a folder of
their own, on ports that are free, with a server that listens before the next line is
typed. What a block has left running is ended with it."""
import os
import re
import signal
import socket
import subprocess

from harness import PATIENCE, TINY, folder

PORTS = r"(?<![\w.])(4433|70\d\d|80\d\d)\b"  # as examples write them
ENDPOINT = "TINY_SERVER_ENDPOINT"


def free_port():
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as s:
        return s.getsockname()[1]


def fill(text, ports):
    """The text with ports that are free; `ports` keeps what each one became."""
    for port in re.findall(PORTS, text):
        ports.setdefault(port, str(free_port()))
    return re.sub(PORTS, lambda m: ports[m[1]], text)


def scene():
    """An empty folder, in which `tiny` and build/tiny are the program."""
    here = folder()
    tools = folder()
    os.symlink(TINY, os.path.join(tools, "tiny"))
    return here, tools


def started(command, ports):
    """A server's line, and the wait for it. Without an endpoint of its own tiny would
    listen on 4433, where others' examples are."""
    own = re.search(r"(?:endpoint|accept|port)[ =](?:tcp://)?\S*?(\d{4})\b", command)
    path = re.search(r"endpoint unix://(\S+)", command)
    text = fill(command, ports)
    if path:
        return text + f"\nuntil [ -S {path[1]} ]; do sleep 0.02; done"
    if own:
        port = ports[own[1]]
    elif re.match(r"\S*tiny\b", command):
        port = ports["4433"]
        text = f"export {ENDPOINT}=tcp://[::]:{port}\n{text}\nunset {ENDPOINT}"
    else:
        port = ports[re.search(PORTS, command)[1]]
    return text + f"\nuntil grep -qi ':{int(port):04X} 0*:0000 0A' /proc/net/tcp /proc/net/tcp6; do sleep 0.02; done"


def typed(command, ports, printed):
    """Any other line. Where a person would wait for an answer, the answer is waited for."""
    return re.sub(r"\(echo (\w+); sleep 1\)", rf"(echo \1; until grep -qx \1 {printed}; do sleep 0.02; done)", fill(command, ports))


def pasted(block, here, tools, ports):
    """(status, what it printed) of a block."""
    fill("4433", ports)
    printed = os.path.join(tools, "printed")
    lines = []
    for command in re.findall(r"(?:.*\\\n)*.+\n?", block):
        command = command.rstrip("\n")
        lines.append(started(command, ports) if command.rstrip().endswith("&") else typed(command, ports, printed))
    script = "trap 'kill $(jobs -p) 2> /dev/null; wait' EXIT\n" + "\n".join(lines) + "\n"
    env = {**os.environ, "PATH": tools + ":" + os.environ["PATH"], "HOME": here}
    env.pop(ENDPOINT, None)
    with open(printed, "wb+") as out:
        p = subprocess.Popen(["bash", "-c", script], cwd=here, env=env, stdin=subprocess.DEVNULL, stdout=out,
                             stderr=subprocess.STDOUT, start_new_session=True)
        try:
            status = p.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            status = p.wait()
        out.seek(0)
        return status, out.read().decode(errors="replace")


def in_order(patterns, text):
    """"" when the text holds all of them one behind another, else what is missing. The
    last character of one may be the first of the next."""
    for pattern in patterns:
        m = re.search(pattern, text)
        if m is None:
            return f"not there: {pattern}\n"
        text = text[m.end() - 1:]
    return ""
