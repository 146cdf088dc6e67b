"""swift_servers.py FOLDER PROXY ACCOUNT CONTAINER OBJECT MEMCACHED: a Swift of one device and one replica on these ports of the loopback
address, in the foreground. The folder's file system keeps extended attributes. Ends with the first of its servers that does.

Swift's own servers, started by its own function; the packages with their programs would bring services."""

import os
import pwd
import signal
import sys

from swift.cli import ringbuilder
from swift.common.wsgi import run_wsgi

USER = pwd.getpwuid(os.getuid()).pw_name
folder = sys.argv[1]
ports = dict(zip(("proxy", "account", "container", "object", "memcached"), sys.argv[2:]))

SERVER = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
swift_dir = {folder}
devices = {folder}/nodes
mount_check = false
workers = 0
user = {user}
log_address = {folder}/no-syslog
fallocate_reserve = 0

[pipeline:main]
pipeline = {pipeline}

[app:{name}-server]
use = egg:swift#{name}
"""
# A listing shows what was put just before, however busy the machine is.
OBJECT = "container_update_timeout = 60\n"
# The proxy is asked before the others are up, and would leave them alone for a minute after ten failures.
PROXY = """error_suppression_limit = 1000000
allow_account_management = true
account_autocreate = true
conn_timeout = 30
node_timeout = 60
recoverable_node_timeout = 60

[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{memcached}

[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
user_test_reader = reading

[filter:slo]
use = egg:swift#slo
"""


def write(name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def ring(name, *arguments):
    try:
        ringbuilder.main(["swift-ring-builder", os.path.join(folder, name + ".builder"), *arguments])
    except SystemExit as end:
        if end.code not in (0, None):
            raise


def configure():
    os.makedirs(os.path.join(folder, "nodes", "disk"))
    write("swift.conf", "[swift-hash]\nswift_hash_path_prefix = test\nswift_hash_path_suffix = test\n")
    for name in ("account", "container", "object"):
        ring(name, "create", "2", "1", "1")
        ring(name, "add", f"r1z1-127.0.0.1:{ports[name]}/disk", "1")
        ring(name, "rebalance")
    for name in ("account", "container", "object", "proxy"):
        pipeline = "cache tempauth slo proxy-server" if name == "proxy" else name + "-server"
        text = SERVER.format(folder=folder, user=USER, name=name, port=ports[name], pipeline=pipeline)
        write(name + ".conf", text + {"object": OBJECT, "proxy": PROXY.format(**ports)}.get(name, ""))


def cache():
    """Where tempauth keeps its tokens."""
    pid = os.fork()
    if pid == 0:
        os.execvp("memcached", ["memcached", "-l", "127.0.0.1", "-p", ports["memcached"], "-U", "0", "-u", USER, "-m", "16"])  # MiB
    return pid


def serve(name):
    pid = os.fork()
    if pid == 0:
        os.environ["SWIFT_CONF_DIR"] = folder
        conf = os.path.join(folder, name + ".conf")
        os._exit(run_wsgi(conf, name + "-server", default_port=int(ports[name]), verbose="NS_TEST_VERBOSE" in os.environ) or 0)
    return pid


def main():
    configure()
    from swift.common import utils
    utils.SWIFT_CONF_FILE = os.path.join(folder, "swift.conf")
    utils.validate_hash_conf()
    servers = [cache()] + [serve(name) for name in ("account", "container", "object", "proxy")]

    def stop(*_):
        for pid in servers:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    ended, status = os.wait()
    print(f"server {servers.index(ended)} ended with {status}", flush=True)
    servers.remove(ended)
    stop()


main()
