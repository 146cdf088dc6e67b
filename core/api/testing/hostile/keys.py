"""Keys of hosts and of people: one line of OpenSSH."""
import base64
import struct

from hostile.lines import ASCII, STRANGE, accept, add, inserted, not_text, refuse


def blob(*fields):
    return b"".join(struct.pack(">I", len(field)) + field for field in fields)


def line(kind, data):
    return kind + " " + base64.b64encode(data).decode()


def rsa(bits, exponent=b"\x01\x00\x01"):
    modulus = ((1 << (bits - 1)) + 1).to_bytes(bits // 8 + 1, "big")
    return line("ssh-rsa", blob(b"ssh-rsa", exponent, modulus.lstrip(b"\0") if modulus[0] == 0 and modulus[1] < 0x80 else modulus))


def ecdsa(curve, size, first=b"\x04"):
    kind = "ecdsa-sha2-" + curve
    return line(kind, blob(kind.encode(), curve.encode(), first + b"p" * (2 * size)))


def security_key(kind, *fields, application=b"ssh:"):
    return line(kind, blob(kind.encode(), *fields, application))


def ssh_keys(of):
    """Lines that take one key: of hosts, or of people, who may also have security keys."""
    data = blob(b"ssh-ed25519", bytes(range(32)))
    good = line("ssh-ed25519", data)
    kind, text = good.split()
    accept(of, good, rsa(2048), rsa(3072), rsa(4096), ecdsa("nistp256", 32), ecdsa("nistp384", 48), ecdsa("nistp521", 66))
    for comment in ("root@git.example.com", "a  b", "é", "ssh-rsa AAAA", ""):
        add(of, "ok", good, good + " " + comment)
    for c in ASCII:
        control = ord(c) < 0x20 or c == "\x7f"
        for at in (0, 4, len(kind)):
            value = inserted(good, at, c)
            refuse(of, "one line without control" if control else "in base64" if at == len(kind) and c == " " else "must begin with one of", value)
        refuse(of, "one line without control" if control else "*", good[:20] + c + good[21:] if c != good[20] else good[:20] + "!" + good[21:])
        if control:
            refuse(of, "one line without control", good + c, good + " a" + c + "b")
    for c in STRANGE:
        refuse(of, "must begin with one of", c + good)
        refuse(of, "in base64", inserted(good, len(kind) + 5, c))
    refuse(of, "must begin with one of", "", " ", text, "git.example.com " + good, "[git.example.com]:22 " + good, "*,git " + good, "|1|a=|b= " + good,
           "@cert-authority * " + good, "@revoked * " + good, "# " + good, "from=\"*\" " + good, "SSH-ED25519 " + text, "ssh-dss " + text, "ssh-ed25519-cert-v01@openssh.com " + text,
           "ecdsa-sha2-nistp224 " + text, "rsa-sha2-512 " + text, "x509v3-ssh-rsa " + text, "SHA256:I2uPmBOJYt2wD4JAPKsSaYxhrKgvEpHCGiBMi5Ep6lE")
    for secure in (security_key("sk-ssh-ed25519@openssh.com", bytes(32)), security_key("sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", b"\x04" + b"p" * 64)):
        add(of, "refuse" if of == "host_key" else "ok", "must begin with one of" if of == "host_key" else "=", secure)
    refuse(of, "in base64", kind, kind + " ", kind + "  " + text, kind + " !!!!", good + "=", good[:-1], kind + " " + text[:20] + "-" + text[21:], kind + " ====")
    refuse(of, "differ", kind + " AAAA", "ssh-rsa " + text, "ecdsa-sha2-nistp256 " + text, line(kind, data[4:]), line(kind, b"\xff\xff\xff\xff" + data[4:]), line(kind, blob(b"")),
           line("ecdsa-sha2-nistp256", blob(b"ecdsa-sha2-nistp384", b"nistp256", b"\x04" + b"p" * 64)))
    refuse(of, "bytes behind the key", line(kind, data + b"x"), line(kind, data + data))
    for size in (0, 1, 31, 33, 64):
        refuse(of, "32 bytes", line(kind, blob(b"ssh-ed25519", b"k" * size)))
    for bits in (512, 1024, 2040, 16392):
        refuse(of, "2048 to 16384 bits", rsa(bits))
    refuse(of, "RSA key", rsa(2048, b"\x00\x01\x00\x01"), rsa(2048, b""), rsa(2048, b"\x01"), rsa(2048, b"\x02"), rsa(2048, b"\x7f" * 9))
    refuse(of, "no point", ecdsa("nistp256", 31), ecdsa("nistp256", 33), ecdsa("nistp256", 32, b"\x02"), ecdsa("nistp384", 32), ecdsa("nistp521", 65), ecdsa("nistp256", 0))
    refuse(of, "at most 8192", good + " " + "c" * 9000, "ssh-rsa " + "A" * 8200, "a" * 100000)
    refuse(of, "at most 1024", good + " " + "c" * 1025)
    not_text(of, good, 20)


def keys():
    ssh_keys("host_key")
    ssh_keys("user_key")
    for application in (b"", b"ss", b"SSH:", b"https://a.test", b"ssh:" + b"a" * 252):
        refuse("user_key", "begins with", security_key("sk-ssh-ed25519@openssh.com", bytes(32), application=application))
    accept("user_key", security_key("sk-ssh-ed25519@openssh.com", bytes(32), application=b"ssh:work"))
