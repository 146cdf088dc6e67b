"""Another machine: a network namespace behind a cable of its own, whose packets get lost when a test wants it."""
import subprocess

from harness.certificates import make_certificates, make_token

HOME, SUBNET = "10.77.0.1", "10.77.0"
PORT = 7443  # where controllers let hosts of other machines in

CONTROLLER = """
link:
  listen: "{home}:{port}"
  certificate: {tls}/controller.pem
  key: {tls}/controller.key
  hosts:
    - {{name: away, token: {{file: {tls}/token}}, roles: [builder]}}
"""
# Neither a database nor the key file.
BUILDER = """
installation: {name}
data: {root}/data-away
roles: [builder]
git: {{private_hosts: [{home}]}}
engines: [engine]
builder: {{concurrency: {slots}}}
plugin_dirs: [{plugins}]
link:
  connect: ["{home}:{port}"]
  token: {{file: {tls}/token}}
  ca: {tls}/ca.pem
plugins:
  engine: {{plugin: engine-files, config: {{folder: "{root}/engine", build_ms: {build_ms}}}}}
  runtime_dockerfile: {{plugin: build-runtime-dockerfile}}
"""


def run(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, f"{argv}: {done.stderr}"


class Machine:
    """One other machine, at the other end of a cable to this one, which it knows as HOME. `prefix`: runs a command there."""

    CUTS = {"both ways": ("INPUT", "OUTPUT"), "what it says": ("INPUT",), "what it hears": ("OUTPUT",)}

    def __init__(self, name="away"):
        self.name, self.cable = name, f"to-{name}"
        self.prefix = ("ip", "netns", "exec", name)
        run("ip", "netns", "add", name)
        run("ip", "link", "add", self.cable, "type", "veth", "peer", "name", "home", "netns", name)
        run("ip", "address", "add", f"{HOME}/24", "dev", self.cable)
        run("ip", "link", "set", self.cable, "up")
        for command in (("address", "add", f"{SUBNET}.2/24", "dev", "home"), ("link", "set", "home", "up"), ("link", "set", "lo", "up")):
            run(*self.prefix, "ip", *command)

    def cut(self, which="both ways"):
        """From now on packets are dropped, without a word to either side."""
        for chain in self.CUTS[which]:
            run("iptables", "-I", chain, "-i" if chain == "INPUT" else "-o", self.cable, "-j", "DROP")

    def heal(self):
        for chain in ("INPUT", "OUTPUT"):
            run("iptables", "-F", chain)

    def stop(self):
        self.heal()
        run("ip", "link", "delete", self.cable)
        run("ip", "netns", "delete", self.name)


def join(site, machine):
    """The site's controller lets a builder of `machine` in, which becomes its process "away". Neither is started."""
    tls = f"{site.root}/tls"
    make_certificates(tls, f"IP:{HOME}")
    make_token(f"{tls}/token")
    settings = {**site.settings, "home": HOME, "port": PORT, "tls": tls}
    with open(site.config("controller"), "a", encoding="utf-8") as file:
        file.write(CONTROLLER.format(**settings))
    return site.add_process("away", "builder", text=BUILDER.format(**settings), prefix=machine.prefix)
