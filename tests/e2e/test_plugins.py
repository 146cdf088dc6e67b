"""Plugins that must not be loaded: each is refused with file, versions and remedy, and listed; the rest goes on."""
import http.client
import os
import shutil

import pytest

from harness.installation import Installation
from harness.wait import until

PLATFORM = "neoshowcase.platform.v1.PlatformService"
REAL = ["backend-docker", "engine-docker", "gateway", "build-runtime-buildpack", "build-runtime-cmd", "build-runtime-dockerfile", "storage-local"]
VICTIM = "build-runtime-cmd"
MODES = {".so": 0o755, ".nsplugin.json": 0o644}


def patch(path, before, after):
    """Replaces bytes by as many others, so that a library stays one."""
    assert len(before) == len(after)
    with open(path, "rb") as file:
        data = file.read()
    assert before.encode() in data, (path, before)
    with open(path, "wb") as file:
        file.write(data.replace(before.encode(), after.encode()))


def spoil_major(base):
    for suffix in MODES:
        patch(base + suffix, '"major": 1', '"major": 2')


# instance -> how its copy of a build method is spoiled, and the reason that must be given
SPOILED = {
    "major": (spoil_major, "AbiMajor"),
    "symbol": (lambda base: patch(base + ".so", "ns_plugin_entry_v1", "no_plugin_entry_v1"), "SymbolMissing"),
    "differs": (lambda base: patch(base + ".nsplugin.json", '"licence": "MIT"', '"licence": "XXX"'), "ManifestDiffers"),
    "open": (lambda base: os.chmod(base + ".so", 0o666), "PluginUnsafe"),
    "gone": (lambda base: os.remove(base + ".so"), "PluginMissing"),
}


def install(binaries, folder):
    source = os.path.join(os.path.dirname(binaries), "lib", "neoshowcase", "plugins")
    os.makedirs(folder, mode=0o755)
    for target, name in [*((name, name) for name in REAL), *((f"bad-{name}", VICTIM) for name in SPOILED)]:
        for suffix, mode in MODES.items():
            shutil.copyfile(f"{source}/{name}{suffix}", f"{folder}/{target}{suffix}")
            os.chmod(f"{folder}/{target}{suffix}", mode)
    for name, (spoil, _) in SPOILED.items():
        spoil(f"{folder}/bad-{name}")


@pytest.fixture(scope="module")
def spoiled(machine, binaries, logs):
    site = Installation(machine, "plugs", binaries, logs, index=6)
    folder = os.path.join(site.root, "plugins")
    install(binaries, folder)
    with open(site.config) as file:
        text = file.read()
    for name in SPOILED:
        text += f"  {name}: {{plugin: bad-{name}}}\n"
    text += f"  misfit: {{plugin: {VICTIM}, config: {{nonsense: 1}}}}\n"
    site.write_config(text + f"plugin_dirs: [{folder}]\n")
    site.nsd_command("migrate")
    for daemon in site.nsd.values():
        daemon.start()
    yield site
    site.stop()


def plugins(site):
    """instance -> what the hosts' rows say of it; a refused one is told by each host that might have used it."""
    hosts = site.api.call("ListPlugins", {}, service=PLATFORM).get("hosts", [])
    return {plugin["instance"]: plugin for host in hosts for plugin in host.get("plugins", [])}


def wait_for(site, names):
    def look():
        found = plugins(site)
        return found if names <= set(found) else None
    return until(look, 60, lambda: f"{names} listed\n{site.logs_tail()}", every=0.2)


def ready(site):
    connection = http.client.HTTPConnection("127.0.0.1", site.operations_port, timeout=10)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_each_spoiled_plugin_is_listed_with_its_reason_and_the_rest_goes_on(spoiled):
    good = {"docker", "engine", "gateway", "runtime_buildpack", "runtime_cmd", "runtime_dockerfile"}
    seen = wait_for(spoiled, good | {*SPOILED, "misfit"})
    for name, (_, reason) in SPOILED.items():
        plugin = seen[name]
        assert not plugin.get("healthy", False)
        assert plugin["reason"] == reason, plugin
        assert f"{spoiled.root}/plugins/bad-{name}.so" in plugin["message"], plugin  # the file
        assert "NeoShowcase " in plugin["message"] and "ABI 1.0" in plugin["message"], plugin  # the host's versions
    assert seen["misfit"]["reason"] == "ConfigInvalid" and "nonsense" in seen["misfit"]["message"]
    assert "ABI 2.0" in seen["major"]["message"] and "Upgrade NeoShowcase" in seen["major"]["message"]
    assert "chmod go-w" in seen["open"]["message"]
    for name in good:
        assert seen[name].get("healthy"), seen[name]
    assert all(daemon.running() for daemon in spoiled.nsd.values())
    assert ready(spoiled)[0] == 200


def test_required_one_that_is_refused_leaves_the_installation_not_ready(spoiled):
    with open(spoiled.config) as file:
        kept = file.read()
    spoiled.write_config(kept.replace("{plugin: bad-open}", "{plugin: bad-open, required: true}"))
    controller = spoiled.nsd["controller"]
    controller.stop()
    controller.start()
    status, text = until(lambda: (answer := ready(spoiled))[0] == 503 and answer, 60, spoiled.logs_tail, every=0.2)
    assert status == 503 and "open" in text, text
    assert controller.running()
    assert plugins(spoiled)["docker"].get("healthy")
