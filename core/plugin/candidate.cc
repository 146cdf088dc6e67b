#include "plugin/candidate.h"

#include <algorithm>
#include <filesystem>

#include "ns/sdk/text.h"
#include "plugin/elf.h"
#include "plugin/file_check.h"
#include "plugin/library.h"

namespace ns::plugin {
namespace {

namespace fs = std::filesystem;
using MaybeObjection = std::optional<Objection>;

constexpr char kEntry[] = "ns_plugin_entry_v1";

// The library of that name, or nothing.
std::string Find(const std::string& plugin, const std::vector<std::string>& folders) {
  std::error_code error;
  if (fs::path(plugin).is_absolute()) return fs::exists(plugin, error) ? plugin : "";
  if (plugin.find('/') != std::string::npos) return "";
  for (const std::string& folder : folders) {
    const std::string file = folder + "/" + plugin + ".so";
    if (fs::exists(file, error)) return file;
  }
  return "";
}

Candidate Missing(const std::string& plugin, const std::vector<std::string>& folders) {
  Candidate candidate;
  for (const std::string& folder : folders)
    candidate.file += (candidate.file.empty() ? "" : ", ") + folder + "/" + plugin + ".so";
  if (fs::path(plugin).is_absolute() || folders.empty()) candidate.file = plugin;
  candidate.objection = {
      "PluginMissing", "there is no such file",
      "Install the plugin, or write the name of one that is installed into the configuration"};
  return candidate;
}

std::string ManifestFileOf(const std::string& library) {
  return fs::path(library).replace_extension(".nsplugin.json").string();
}

MaybeObjection CheckManifest(const std::string& file, const ElfFacts& elf) {
  if (!elf.manifest)
    return Objection{"ManifestMissing", "it has no ELF section .ns_manifest",
                     "Build it with ns_add_plugin()"};
  const std::string beside = ManifestFileOf(file);
  const auto text = ReadWhole(beside);
  if (!text.ok())
    return Objection{"ManifestMissing", text.status().message(),
                     "Install " + beside + ", which was built with the library"};
  if (*text == *elf.manifest) return std::nullopt;
  return Objection{"ManifestDiffers",
                   beside + " differs from the library's ELF section .ns_manifest",
                   "Install the library and the manifest of one and the same build"};
}

MaybeObjection CheckEntry(const ElfFacts& elf) {
  if (std::find(elf.entries.begin(), elf.entries.end(), kEntry) != elf.entries.end())
    return std::nullopt;
  if (elf.entries.empty())
    return Objection{"SymbolMissing", std::string("it exports no symbol ") + kEntry,
                     "Build it with NS_PLUGIN() and ns_add_plugin()"};
  return Objection{
      "AbiMajor", "it exports " + elf.entries.back() + " and no " + kEntry,
      std::string("Install a build of it for plugin ABI ") + std::to_string(NS_ABI_MAJOR)};
}

MaybeObjection CheckAbi(const Manifest& manifest) {
  const std::string wants =
      "it was built for plugin ABI " + manifest.Abi() + ", this host speaks " + HostAbi();
  if (manifest.abi_major > NS_ABI_MAJOR) {
    return Objection{"AbiMajor", wants,
                     "Upgrade NeoShowcase, or install a build of the plugin for ABI " +
                         std::to_string(NS_ABI_MAJOR)};
  }
  if (manifest.abi_major < NS_ABI_MAJOR)
    return Objection{"AbiMajor", wants,
                     "Install a build of the plugin for ABI " + std::to_string(NS_ABI_MAJOR)};
  if (manifest.abi_needs_minor <= NS_ABI_MINOR) return std::nullopt;
  return Objection{"AbiMinor",
                   wants + " and it needs " + std::to_string(manifest.abi_major) + "." +
                       std::to_string(manifest.abi_needs_minor),
                   "Upgrade NeoShowcase, or install an older version of the plugin"};
}

MaybeObjection ExamineBytes(Candidate& candidate) {
  auto bytes = ReadWhole(candidate.file);
  if (!bytes.ok())
    return Objection{"PluginMissing", bytes.status().message(), "Install the plugin there"};
  candidate.bytes = std::move(bytes).value();
  const auto elf = ReadElf(candidate.bytes);
  if (!elf.ok())
    return Objection{"NotAPlugin", elf.status().message(),
                     "Install a shared library that ns_add_plugin() has built for this machine"};
  if (elf->manifest) {
    auto manifest = ParseManifest(*elf->manifest);
    if (!manifest.ok())
      return Objection{"ManifestInvalid", "its manifest is wrong: " + manifest.status().message(),
                       "Correct the manifest and build the plugin again"};
    candidate.manifest = std::move(manifest).value();
  }
  if (auto objection = CheckManifest(candidate.file, *elf)) return objection;
  if (auto objection = CheckAbi(*candidate.manifest)) return objection;
  return CheckEntry(*elf);
}

MaybeObjection ShakeHands(const Candidate& candidate, const Library& library,
                          const ns_module** module) {
  ns_handshake handshake{};
  handshake.struct_size = sizeof(handshake);
  handshake.host_minor = NS_ABI_MINOR;
  const ns_module* made = library.entry(&handshake);
  const std::string major = std::to_string(NS_ABI_MAJOR) + ".";
  const std::string numbers =
      "it was built against " + major + std::to_string(handshake.plugin_minor) + " and needs " +
      major + std::to_string(handshake.plugin_needs_minor) + ", this host speaks " + HostAbi();
  if (!made)
    return Objection{"HandshakeRefused", "it refused the handshake: " + numbers,
                     "Install a version of the plugin for this host"};
  if (handshake.plugin_needs_minor > NS_ABI_MINOR)
    return Objection{"AbiMinor", numbers,
                     "Upgrade NeoShowcase, or install an older version of the plugin"};
  if (!NS_HAS(made, query) || !made->create || !made->activate || !made->deactivate ||
      !made->destroy || !made->query) {
    return Objection{"NotAPlugin", "its module table is not whole",
                     "Report it to the plugin's author"};
  }
  if (sdk::View(made->manifest) != ReadElf(candidate.bytes).value().manifest) {
    return Objection{"ManifestDiffers",
                     "the manifest in its module table differs from its ELF section",
                     "Build it with ns_add_plugin()"};
  }
  *module = made;
  return std::nullopt;
}

}  // namespace

std::string HostAbi() { return std::to_string(NS_ABI_MAJOR) + "." + std::to_string(NS_ABI_MINOR); }

Candidate Examine(const std::string& plugin, const std::vector<std::string>& folders) {
  Candidate candidate;
  candidate.file = Find(plugin, folders);
  if (candidate.file.empty()) return Missing(plugin, folders);
  candidate.objection = ExamineBytes(candidate);
  // Who may change the file counts before what stands in it.
  if (auto unsafe = CheckFile(candidate.file)) candidate.objection = std::move(unsafe);
  return candidate;
}

MaybeObjection OpenModule(const Candidate& candidate, const std::string& copies,
                          const ns_module** module) {
  const auto copy = CopyOf(candidate.bytes, copies);
  if (!copy.ok())
    return Objection{"LoadFailed", copy.status().message(),
                     "Make the folder " + copies + " writable for nsd"};
  const auto library = LoadLibrary(*copy);
  if (!library.ok())
    return Objection{"LoadFailed", library.status().message(),
                     "Install the libraries it needs, or a build of it for this system"};
  return ShakeHands(candidate, *library, module);
}

}  // namespace ns::plugin
