"""What hosts on several machines show each other."""
import os
import subprocess


def make_certificates(folder, names="DNS:localhost"):
    """An authority, and the certificate of a controller under `names`: ca.pem, controller.pem, controller.key."""
    os.makedirs(folder)

    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)
    fresh = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *fresh, "-days", "2", "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", *fresh, "-subj", "/CN=controller", "-keyout", "controller.key", "-out", "request")
    with open(f"{folder}/names", "w", encoding="utf-8") as file:
        file.write(f"subjectAltName={names}\n")
    openssl("x509", "-req", "-in", "request", "-days", "2", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-extfile", "names", "-out", "controller.pem")


def make_token(path):
    """A file with a new token, for its owner's eyes."""
    with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(os.urandom(32).hex())
