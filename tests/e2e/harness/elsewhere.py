"""Hosts "on other machines": processes that have nothing of an installation but what they are given, and come to its controller over the link.
What they need is in the folder `tls` of the installation: certificates, and a token for each host."""
import os
import shutil

from .daemon import Daemon

LINK = """
link:
  listen: "127.0.0.1:{port}"
  advertise: "localhost:{port}"
  certificate: {tls}/controller.pem
  key: {tls}/controller.key
  hosts:
"""
BUILDER = """
installation: {name}
data: {root}/builder
roles: [builder]
git: {git}
link:
  connect: ["127.0.0.1:1", "localhost:{port}"]
  token: {{file: {tls}/{token}}}
  ca: {tls}/ca.pem
plugins:
  engine: {{plugin: engine-docker, config: {{concurrency: 2, memory: 256M, timeout: 60s}}}}
  runtime_cmd: {{plugin: build-runtime-cmd}}
  runtime_dockerfile: {{plugin: build-runtime-dockerfile}}
"""
SERVICES = """
installation: {name}
data: {root}/edge
database: "host={socket} user=neoshowcase dbname=neoshowcase"
key_file: {root}/edge-key
roles: [services]
domains: [{{name: "*.apps.test"}}]
registry: {{url: "http://127.0.0.1:{registry}"}}
backend: docker
plugins:
  docker: {{plugin: backend-docker}}
  gateway: {{plugin: gateway, required: true, {gateway}}}
"""


def tls_of(site):
    return f"{site.root}/tls"


def link_settings(site, port, hosts):
    """What the controller's configuration says of the link; `hosts`: (name, file of the token, role) of each that may come in."""
    lines = "".join(f"    - {{name: {name}, token: {{file: {tls_of(site)}/{token}}}, roles: [{role}]}}\n" for name, token, role in hosts)
    return LINK.format(port=port, tls=tls_of(site)) + lines


def builder(site, logs, port, token="token", git="{private_hosts: [127.0.0.1]}"):
    """A builder without database and key; the first address that it is given answers to nobody."""
    config = write(f"{site.root}/builder-{token}.yaml",
                   BUILDER.format(name=site.name, root=site.root, tls=tls_of(site), port=port, token=token, git=git))
    return Daemon(f"{site.name}-builder-{token}", [f"{site.binaries}/nsd", "--config", config], logs)


def services(site, gateway, more=""):
    """The command of a host of services with a data folder of its own; `gateway`: settings of its gateway, `more`: of the host."""
    shutil.copy(f"{site.root}/data/key", f"{site.root}/edge-key")
    config = write(f"{site.root}/edge.yaml",
                   SERVICES.format(name=site.name, root=site.root, socket=site.database_socket(), registry=site.registry_port, gateway=gateway) + more)
    return [f"{site.binaries}/nsd", "--config", config]


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path
