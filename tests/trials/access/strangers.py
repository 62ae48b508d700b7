"""Those who do not get in: wrong tokens, wrong certificates, and other things than TLS."""

import os
import socket
import ssl
import time

import grpc

import processes
from cells import REQUESTS
from harness import PATIENCE
from lab import Lab, Person, Thing, bearer
from rpcs import Answer

ABSENT = "b" * 12
COLLECTIONS = {"ModelService": "models", "DatasetService": "datasets", "UploadService": "uploads", "JobService": "jobs",
               "ExperimentService": "experiments", "ServerService": "server"}


def _headers(lab):
    """{name: metadata} of callers who are nobody."""
    good, other = lab.tokens["bob"], lab.tokens["dan"]
    prefix, token_id, secret = good.split("_")
    revoked = lab.modlabd("token", "create", "bob").strip()
    lab.modlabd("token", "revoke", revoked.split("_")[1])
    expired = lab.modlabd("token", "create", "bob", "--expires", "1").strip()
    lab.modlabd("user", "add", "gone")
    of_one_gone = lab.modlabd("token", "create", "gone").strip()
    lab.modlabd("user", "remove", "gone")
    lab.modlabd("user", "add", "back")
    of_one_back = lab.modlabd("token", "create", "back").strip()
    lab.modlabd("user", "remove", "back")
    lab.modlabd("user", "add", "back")
    time.sleep(1.1)  # until the second of `expired` is over
    tokens = {
        "empty": "", "the prefix": prefix + "_", "no parts": prefix + "__", "no secret": f"{prefix}_{token_id}",
        "an empty secret": f"{prefix}_{token_id}_", "an unknown id": f"{prefix}_{ABSENT}_{secret}",
        "a wrong secret": f"{prefix}_{token_id}_{'0' * 64}", "another's secret": f"{prefix}_{token_id}_{other.split('_')[2]}",
        "the secret alone": secret, "cut short": good[:-1], "too long": good + "0", "upper case": good.upper(),
        "twice": f"{good} {good}", "a space before": " " + good, "SQL": f"{prefix}_' OR 1=1 --_{secret}",
        "wild cards": f"{prefix}_%_{secret}", "4000 bytes": f"{prefix}_{'a' * 4000}", "revoked": revoked,
        "expired": expired, "of a user who has gone": of_one_gone, "of a user who has gone and come back": of_one_back,
    }
    headers = {"token: " + name: bearer(token) for name, token in tokens.items()}
    headers.update({
        "no header": (), "an empty header": (("authorization", ""),), "a bare token": (("authorization", good),),
        "another scheme": (("authorization", "Basic " + good),), "another case": (("authorization", "bearer " + good),),
        "another header": (("x-authorization", "Bearer " + good),)})
    return headers


def try_tokens(lab):
    """Every wrong token on every RPC: none gets in, and none learns what is there, or what was wrong with it."""
    count, problems = 0, []
    headers = _headers(lab)
    bob_s = {kind: lab.thing(kind, "owner", "PRIVATE").name for kind in ("model", "job", "upload")}
    for row, request in REQUESTS.items():
        collection = COLLECTIONS[row[0].split(".")[0]]
        absent = Thing(f"{collection}/{ABSENT}")
        present = Thing(bob_s.get(collection[:-1], absent.name))
        answers = {}
        for name, metadata in headers.items():
            person = Person(name, None, lab.channel_over_tls, metadata)
            seen = {lab.ask(row[0], person, request(thing)).without(thing.name) for thing in (present, absent)}
            count += 2
            for answer in seen:
                answers.setdefault(answer, []).append(name)
                if answer.code != "UNAUTHENTICATED":
                    problems.append(f"{name}: {' '.join(row)} answers {answer.code} {answer.details}")
        if len(answers) > 2:  # with a token, and without one
            problems.append(f"{' '.join(row)} tells wrong tokens apart: {answers}")
    print(f"{len(headers)} kinds of wrong tokens", flush=True)
    return count, problems


def _openssl(*arguments, stdin=""):
    done = processes.run(["openssl", *map(str, arguments)], PATIENCE)
    assert done.returncode == 0, done


def _certificate(folder, name, issuer, extensions, days=1, subject=None):
    """A certificate that deploy/tls.sh would not make. Returns its file and its key's."""
    key, request, certificate = (folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
    _openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
             subject or f"/CN={name}", "-keyout", key, "-out", request)
    rules = folder / f"{name}.ext"
    rules.write_text(extensions)
    sign = ("-signkey", key) if issuer is None else ("-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key")
    _openssl("x509", "-req", "-in", request, *sign, "-days", days, "-set_serial", 7, "-extfile", rules, "-out",
             certificate)
    return certificate, key


def _bad_certificates(lab):
    """{what is wrong: (certificate, key)}; each says that it is of a user here."""
    odd, other = lab.home.path / "odd", lab.home.path / "other"
    odd.mkdir()
    for user in ("bob", "ada"):
        lab.certify("--user", user)
    lab.certify("--user", "bob", folder=other)
    client = "extendedKeyUsage=clientAuth\nkeyUsage=digitalSignature\n"
    authority = lab.tls / "ca"
    return {
        "of another authority": (other / "bob.pem", other / "bob.key"),
        "signed by itself": _certificate(odd, "own", None, client, subject="/CN=bob"),
        "out of date": _certificate(odd, "old", authority, client, days=0, subject="/CN=bob"),
        "of a server": _certificate(odd, "server", authority, client.replace("client", "server"), subject="/CN=bob"),
        "signed by a user": _certificate(odd, "made", lab.tls / "bob", client, subject="/CN=ada"),
    }


def _get_server(lab, channel, metadata=()):
    return lab.ask("ServerService.GetServer", Person("", None, channel, metadata), REQUESTS["ServerService.GetServer", ""](None))


class LabWithoutCertificates(Lab):
    takes_certificates = False


def try_certificates(lab):
    """On a daemon that takes certificates, `lab`, and on one that does not."""
    outcomes = {}
    for name, (certificate, key) in _bad_certificates(lab).items():
        channel = grpc.secure_channel(lab.target, lab.credentials(certificate, key))
        outcomes["certificate " + name] = _get_server(lab, channel), "UNAVAILABLE"
    lab.certify("--user", "mallory")
    bob, mallory = ((lab.tls / f"{user}.pem", lab.tls / f"{user}.key") for user in ("bob", "mallory"))
    many = _certificate(lab.home.path / "odd", "many", lab.tls / "ca",
                        "extendedKeyUsage=clientAuth\nkeyUsage=digitalSignature\n", subject="/CN=mallory/CN=bob")
    for name, files, metadata, code in (
            ("certificate of nobody here", mallory, (), "UNAUTHENTICATED"),
            ("certificate of two names", many, (), "UNAUTHENTICATED"),
            ("certificate missing", (), (), "UNAUTHENTICATED"),
            ("certificate of bob", bob, (), "OK"),
            ("certificate of bob, and a wrong token", bob, bearer("x"), "UNAUTHENTICATED"),
            ("certificate of nobody here, and bob's token", mallory, bearer(lab.tokens["bob"]), "OK")):
        channel = grpc.secure_channel(lab.target, lab.credentials(*files))
        outcomes[name] = _get_server(lab, channel, metadata), code
    without = LabWithoutCertificates().begin()
    try:
        channel = grpc.secure_channel(without.target, without.credentials(*bob))
        outcomes["certificate, where none is asked for"] = _get_server(without, channel), "UNAUTHENTICATED"
    finally:
        without.daemon.terminate()
        without.home.remove()
    return outcomes


def _raw(lab, sent):
    """What the TLS port sends back to bytes that are not TLS, before it hangs up."""
    with socket.create_connection(("127.0.0.1", lab.port), timeout=PATIENCE) as connection:
        connection.sendall(sent)
        received = b""
        try:
            while len(received) < 1 << 16 and (more := connection.recv(4096)):
                received += more
        except ConnectionError:
            pass
    return received


def _old_tls(lab):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", lab.port), timeout=PATIENCE) as plain:
        try:
            with context.wrap_socket(plain):
                return "OK"
        except OSError:
            return "UNAVAILABLE"


def try_transports(lab):
    """Everything but TLS of this authority on the port, and TLS on the socket."""
    lab.certify("localhost", folder=lab.home.path / "elsewhere")
    channels = {
        "plain text on the TLS port": grpc.insecure_channel(lab.target),
        "a server that the client's authority did not sign": grpc.secure_channel(
            lab.target, lab.credentials(authority=lab.home.path / "elsewhere" / "ca.pem")),
        "a server of another name": grpc.secure_channel(lab.target, lab.credentials(), (
            ("grpc.ssl_target_name_override", "lab.example"),)),
        "TLS on the Unix socket": grpc.secure_channel(lab.daemon.address, lab.credentials(), (
            ("grpc.ssl_target_name_override", "localhost"),)),
    }
    outcomes = {name: (_get_server(lab, channel), "UNAVAILABLE") for name, channel in channels.items()}
    for name, sent in (("HTTP/1.1 on the TLS port", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                       ("HTTP/2 without TLS", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9)),
                       ("a broken hello", b"\x16\x03\x01\xff\xff" + b"\xff" * 70000), ("noise", os.urandom(5000))):
        leaked = _raw(lab, sent)
        outcomes[name] = Answer("UNAVAILABLE" if len(leaked) < 100 else f"sends {leaked[:200]}"), "UNAVAILABLE"
    outcomes["TLS 1.1"] = Answer(_old_tls(lab)), "UNAVAILABLE"
    return outcomes


def check(outcomes):
    """Prints what came of each. Returns the count and sentences on what should not be."""
    problems = []
    for name, (answer, expected) in outcomes.items():
        print(f"  {name:52} {answer.code}", flush=True)
        if answer.code != expected:
            problems.append(f"{name}: expected {expected}, got {answer.code} {answer.details}")
    return len(outcomes), problems
