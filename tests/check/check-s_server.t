#!/usr/bin/env python3
"""doc/s_server.md tells the truth about every option of openssl s_server.

NAMES are the options of the manuals of 1.1.0 and 3.0. Each has one row in the
table, and the program is asked whether the row is right: what `works` stands
in --help under the keys that the row names, what is `refused` is refused with
the very sentence of the row, and where there is `nothing to do` the option
is taken and --help does not speak of it.
"""
import os
import re
import subprocess
import sys
import tempfile

TINY = os.path.abspath(os.path.join(os.environ.get("BUILD", "build"), "tiny"))
PAGE = "doc/s_server.md"
NAMES = """
-4 -6 -CAfile -CApath -CAstore -CRL -CRLform -HTTP -Verify -WWW -accept -allow_no_dhe_kex -allow_proxy_certs -alpn
-anti_replay -async -attime -auth_level -brief -bugs -build_chain -cert -cert2 -cert_chain -certform -chainCAfile
-chainCApath -chainCAstore -check_ss_sig -cipher -ciphersuites -client_renegotiation -client_sigalgs -comp -context
-crl_check -crl_check_all -crl_download -crlf -curves -dcert -dcert_chain -dcertform -debug -debug_broken_protocol
-dhparam -dkey -dkeyform -dpass -dtls -dtls1 -dtls1_2 -early_data -engine -explicit_policy -ext_cache -extended_crl
-groups -help -http_server_binmode -id_prefix -ign_eof -ignore_critical -ignore_unexpected_eof -inhibit_any
-inhibit_map -issuer_checks -key -key2 -keyform -keylogfile -keymatexport -keymatexportlen -legacy_renegotiation
-legacy_server_connect -listen -max_early_data -max_pipelines -max_protocol -max_send_frag -min_protocol -msg
-msgfile -mtu -naccept -named_curve -nameopt -nbio -nbio_test -nextprotoneg -no-CAfile -no-CApath -no-CAstore
-no_alt_chains -no_anti_replay -no_ca_names -no_cache -no_check_time -no_comp -no_dhe -no_etm -no_ign_eof
-no_legacy_server_connect -no_middlebox -no_proxy -no_renegotiation -no_resume_ephemeral -no_resumption_on_reneg
-no_ssl2 -no_ssl3 -no_ticket -no_tls1 -no_tls1_1 -no_tls1_2 -no_tls1_3 -nocert -num_tickets -partial_chain -pass
-policy -policy_check -policy_print -port -prioritize_chacha -propquery -provider -provider-path -proxy -psk
-psk_hint -psk_identity -psk_session -purpose -quiet -rand -read_buf -record_padding -recv_max_early_data -rev
-security_debug -security_debug_verbose -sendfile -serverinfo -servername -servername_fatal -serverpref -sigalgs
-split_send_frag -srpuserseed -srpvfile -ssl2 -ssl3 -ssl_config -state -stateless -status -status_file
-status_timeout -status_url -status_verbose -strict -suiteB_128 -suiteB_128_only -suiteB_192 -timeout -tls1 -tls1_1
-tls1_2 -tls1_3 -tlsextdebug -trace -trusted_first -unix -unlink -use_deltas -use_srtp -verify -verifyCAfile
-verifyCApath -verifyCAstore -verify_depth -verify_email -verify_hostname -verify_ip -verify_name -verify_quiet
-verify_return_error -writerand -www -x509_strict -xcert -xcertform -xchain -xchain_build -xkey -xkeyform
""".split()
count = 0
failed = 0


def report(good, name, notes=()):
    global count, failed
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {name}")
    for n in notes:
        print(f"# {n}")
    failed |= not good


def tiny(*args):
    with tempfile.TemporaryDirectory() as empty:
        run = subprocess.run([TINY, *args], capture_output=True, text=True, timeout=20, check=False,
                             stdin=subprocess.DEVNULL, cwd=empty)
    return run.returncode, run.stdout, run.stderr


def spellings():
    """{"-cert": {"ssl.certfile"}, ...}, as --help has them in brackets."""
    keys = {}
    for key, names in re.findall(r"^  --(\S+) .*\[(-.*)\]$", tiny("--help")[1], re.M):
        for name in names.split(", "):
            keys.setdefault(name, set()).add(key)
    return keys


def table():
    """Rows as (option, value or None, fate, note)."""
    with open(PAGE, encoding="utf-8") as f:
        return re.findall(r"^\| `(-[\w-]+)(?: ([^`]*))?` \| ([^|]*) \| (.*) \|$", f.read(), re.M)


def problem(option, value, fate, note, keys):
    """What is wrong with a row, or None."""
    if option == "-help":
        return None if fate == "works" and tiny("-help")[0] == 0 else "it works"
    if fate == "works":
        named = set(re.findall(r"`([a-z]+\.[a-z0-9-]+)`", note))
        return None if named and named == keys.get(option) else f"--help names {keys.get(option)}"
    if option in keys:
        return f"--help has it under {keys[option]}"
    code, _, err = tiny("-t", option, *(["1"] if value else []))
    told = re.search(r"^command line: (.*)$", err, re.M)
    if fate == "refused":
        wanted = f"{option}: {note}"
        return None if code == 2 and told and told[1] == wanted else f"exit code {code}, {told and told[1]!r}"
    if fate == "nothing to do":
        return None if code == 0 and not told and note else f"exit code {code}, {told and told[1]!r}"
    return f"what is {fate!r}?"


def main():
    if not os.path.exists(TINY):
        report(True, "openssl s_server # SKIP there is no program yet")
        return
    rows = table()
    keys = spellings()
    listed = [option for option, *_ in rows]
    report(len(listed) == len(set(listed)), "no option has two rows",
           sorted({o for o in listed if listed.count(o) > 1}))
    report(set(NAMES) <= set(listed), f"{PAGE} has a row for all {len(NAMES)} options of the manuals",
           sorted(set(NAMES) - set(listed)))
    report(set(keys) <= set(listed), "and for every spelling that --help names", sorted(set(keys) - set(listed)))
    wrong = [f"{row[0]}: {p}" for row in rows for p in [problem(*row, keys)] if p]
    report(not wrong, f"what it says of {len(rows)} options is what tiny does", wrong)


main()
print(f"1..{count}")
sys.exit(failed)
