#!/usr/bin/env python3
"""What `make completions` writes, in the shells that it is for: each shell reads it
without complaint, and then is asked what it would offer. bash's function is called as
readline calls it, fish is asked by `complete -C`, zsh sits at a terminal of its own and
tells what its compadd is given. Nothing is started that the words on the line name."""
import os
import pty
import re
import select
import shlex
import subprocess
import time

from harness import PATIENCE, ROOT, TINY, done, folder, have, ok, run, skip, write

MADE = os.path.join(os.path.dirname(TINY), "completions")
FILES = {"bash": os.path.join(MADE, "tiny.bash"), "zsh": os.path.join(MADE, "_tiny"), "fish": os.path.join(MADE, "tiny.fish")}
HERE = folder()
write(os.path.join(HERE, "server.pem"), "")
write(os.path.join(HERE, "site", "index.html"), "")
ENV = {"PATH": os.environ["PATH"], "HOME": HERE, "ZDOTDIR": HERE, "LANG": "C.UTF-8", "TERM": "dumb", "XDG_CONFIG_HOME": HERE}


def bash(words):
    """COMPREPLY, and the words cut at = as readline has them."""
    cut = [piece for word in words for piece in re.split("(=)", word) if piece or "=" not in word]
    quoted = " ".join(shlex.quote(w) for w in cut)
    script = f'. {shlex.quote(FILES["bash"])}; COMP_WORDS=({quoted}) COMP_CWORD={len(cut) - 1}; _tiny; printf "%s\\n" "${{COMPREPLY[@]}}"'
    code, out, err = run("bash", "--norc", "-c", script, cwd=HERE, env=ENV)
    return set(out.decode().split("\n")) - {""} if code in (0, 1) and not err else {err.decode()}


def fish(words):
    line = " ".join(words)
    code, out, err = run("fish", "--no-config", "-c", f"source {FILES['fish']}; complete -C {shlex.quote(line)}", cwd=HERE, env=ENV)
    offered = {one.split("\t")[0] for one in out.decode().split("\n")} - {""}
    return {one.partition("=")[2] if "=" in words[-1] else one for one in offered} if code == 0 and not err else {err.decode()}


ZSHRC = """
PROMPT= RPROMPT= LISTMAX=100000
fpath=(%s $fpath)
autoload -Uz compinit && compinit -u -D
compadd() {
    local -a hits
    if (( ! ${@[(I)-[OAD]]} )); then
        builtin compadd -O hits "$@"
        print -rl -- $hits >> offered
    fi
    builtin compadd "$@"
}
ask() {
    _main_complete
    print -r -- END >> offered
    compstate[insert]= compstate[list]=
}
zle -C ask complete-word ask
bindkey '^X' ask
bindkey '^U' kill-whole-line
print -r -- READY >> offered
"""


class Zsh:
    """One at a terminal, which writes what it would offer to a file."""

    def __init__(self):
        write(os.path.join(HERE, ".zshrc"), ZSHRC % shlex.quote(MADE))
        self.file = write(os.path.join(HERE, "offered"), "")
        ours, theirs = pty.openpty()
        self.process = subprocess.Popen(["zsh", "-i"], cwd=HERE, env=ENV, stdin=theirs, stdout=theirs, stderr=theirs,
                                        start_new_session=True)
        os.close(theirs)
        self.terminal = ours
        self.until("READY")

    def until(self, mark):
        """What stands before the mark; the terminal is kept from filling up."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if select.select([self.terminal], [], [], 0.02)[0]:
                os.read(self.terminal, 65536)
            with open(self.file) as f:
                lines = f.read().split("\n")
            if mark in lines:
                return set(lines[:lines.index(mark)]) - {""}
        raise AssertionError(f"zsh did not come to {mark}")

    def ask(self, words):
        write(self.file, "")
        os.write(self.terminal, ("\x15" + " ".join(words) + "\x18").encode())
        return {one.rstrip("=") for one in self.until("END")}

    def end(self):
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)


help_text = run(TINY, "--help")[1].decode()
KEYS = set(re.findall(r"^  (--[a-z][\w.-]*\.[\w.-]+)", help_text, re.M))
SPELLINGS = {s for line in re.findall(r"^  --.*\[(-[^]]*)\]$", help_text, re.M) for s in line.split(", ")}
usage = help_text.split("\n  -c FILE")[0]


def of_usage(command):
    """What --help says that a subcommand takes."""
    text = re.search(rf"tiny {command}((?: .*|\n {{15,}}.*)*)", usage).group(1)
    return set(re.findall(r"(?<![\w-])(--?[a-z]\w*)", text))


COMMANDS = set(re.findall(r"^(?:Usage:|      ) tiny ([a-z]+)", usage, re.M))


def check(shell, ask):
    def offers(words, want, name, exactly=False):
        got = ask(words)
        ok(got == want if exactly else want <= got, f"{shell}: {name}", f"not offered: {want - got}\nwhat is: {sorted(got)[:40]}")

    offers(["tiny", "--"], KEYS, f"all {len(KEYS)} keys of --help")
    offers(["tiny", "-"], SPELLINGS | {"-c", "-t", "-h"}, f"all {len(SPELLINGS)} spellings of s_server")
    ok(not ask(["tiny", "-"]) & {"-dtls", "-ssl2", "-engine", "-nbio"}, f"{shell}: nothing that is refused or does nothing")
    offers(["tiny", "--ssl.keyf"], {"--ssl.keyfile"}, "the rest of a key", True)
    offers(["tiny", ""], COMMANDS, f"the {len(COMMANDS)} subcommands")
    for command in sorted(COMMANDS):
        takes_all = re.search(rf"tiny {command}.* \[options\]", usage) is not None
        offers(["tiny", command, "-"], of_usage(command), f"what {command} takes", not takes_all)
    modes = {"auto", "files", "proxy", "status", "raw", "echo", "reverse", "console"}
    offers(["tiny", "--server.mode", ""], modes, "the words of a choice")
    offers(["tiny", "--server.mode=rev"], {"reverse"}, "one behind =", True)
    offers(["tiny", "--files.listing="], {"true", "false"}, "a boolean's", True)
    offers(["tiny", "--ssl.verify", "o"], {"optional"}, "those of a text that has few", True)
    offers(["tiny", "-min_protocol", ""], {"TLSv1.2", "TLSv1.3"}, "the same for a spelling of s_server")
    offers(["tiny", "--ssl.password", ""], {"pass:", "env:", "file:", "fd:"}, "how a source begins", True)
    offers(["tiny", "--ssl.keyfile", "ser"], {"server.pem"}, "files", True)
    offers(["tiny", "-cert", "ser"], {"server.pem"}, "files for a spelling of s_server", True)
    ok(not {"server.pem"} & ask(["tiny", "--files.root", "s"]), f"{shell}: only folders where one is wanted")
    offers(["tiny", "certificate", "--rsa", ""], {"2048", "3072", "4096"}, "values of a subcommand's option", True)


for shell, path in FILES.items():
    if not have(shell):
        skip(shell, f"there is no {shell} here")
        continue
    code, out, err = run(shell, "-n", path, env=ENV)
    ok(code == 0 and not err, f"{shell}: reads it", err.decode())
    if shell != "zsh":
        check(shell, bash if shell == "bash" else fish)
        continue
    zsh = Zsh()
    check(shell, zsh.ask)
    zsh.end()
text = run("fish", "--no-config", "-c", f"source {FILES['fish']}; complete -C 'tiny --ssl.keyf'", env=ENV)[1] if have("fish") else b""
if text:
    ok(b"PEM with the private key" in text, "fish: with a description")
with open(FILES["zsh"]) as f:
    ok("[PEM with the private key" in f.read(), "zsh: with descriptions")
done()
