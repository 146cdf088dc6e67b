"""OpenSSH's server before the repositories of the Git server, whose host keys change as a test wants."""
import os
import subprocess

from .wait import until

SSHD = "/usr/sbin/sshd"


class SshHost:
    """Lets the installation in by its own key, as root of this machine."""

    def __init__(self, site, name, port):
        self.root, self.port, self.process = os.path.join(site.root, name), port, None
        os.makedirs(self.root)
        os.makedirs("/run/sshd", exist_ok=True)
        with open(os.path.join(self.root, "authorized"), "w", encoding="utf-8") as file:
            file.write(site.api.GetSystemInfo()["publicKey"] + "\n")

    def path(self, kind):
        return os.path.join(self.root, f"host_key_{kind}")

    def new_key(self, kind):
        """In place of the one of that type. The server shows it from its next start on."""
        for path in (self.path(kind), self.path(kind) + ".pub"):
            if os.path.exists(path):
                os.remove(path)
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", self.path(kind)], check=True)
        return self

    def key(self, kind):
        with open(self.path(kind) + ".pub", encoding="utf-8") as file:
            return " ".join(file.read().split()[:2])

    def fingerprint(self, kind):
        return subprocess.run(["ssh-keygen", "-lf", self.path(kind) + ".pub"], check=True, capture_output=True, text=True).stdout.split()[1]

    def start(self, *kinds):
        self.stop()
        # The libssh2 of Debian 12 knows RSA keys with SHA-1 alone. The repositories belong to the Git server.
        options = ["HostKeyAlgorithms=+ssh-rsa", "ListenAddress=127.0.0.1", "PidFile=none", "StrictModes=no", "UsePAM=no", "PasswordAuthentication=no",
                   "PermitRootLogin=prohibit-password", f"AuthorizedKeysFile={self.root}/authorized",
                   "SetEnv=GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=*"]
        argv = [SSHD, "-D", "-f", "/dev/null", "-p", str(self.port), "-E", os.path.join(self.root, "log")]
        argv += [word for kind in kinds for word in ("-h", self.path(kind))] + [word for option in options for word in ("-o", option)]
        self.process = subprocess.Popen(argv)
        until(self.answers, 10, lambda: f"sshd answers on port {self.port}", every=0.1)
        return self

    def answers(self):
        return subprocess.run(["ssh-keyscan", "-T", "2", "-p", str(self.port), "127.0.0.1"], capture_output=True, text=True).stdout != ""

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def url(self, repo):
        return f"ssh://root@127.0.0.1:{self.port}{repo.bare}"
