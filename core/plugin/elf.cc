#include "plugin/elf.h"

#include <elf.h>

#include <algorithm>
#include <cstring>

namespace ns::plugin {
namespace {

constexpr std::string_view kEntryPrefix = "ns_plugin_entry_v";

// The part of `file` from `offset` on, nothing where that lies outside.
std::optional<std::string_view> Part(std::string_view file, uint64_t offset, uint64_t size) {
  if (offset > file.size() || size > file.size() - offset) return std::nullopt;
  return file.substr(offset, size);
}

template <class T>
std::optional<T> At(std::string_view bytes, uint64_t index) {
  if (index >= bytes.size() / sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
  return value;
}

std::string_view TextAt(std::string_view table, uint64_t offset) {
  if (offset >= table.size()) return {};
  const std::string_view rest = table.substr(offset);
  return rest.substr(0, rest.find('\0'));
}

class Reader {
 public:
  explicit Reader(std::string_view file) : file_(file) {}

  Status Open() {
    const auto header = At<Elf64_Ehdr>(file_, 0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
      return Invalid("it is no ELF file");
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
        header->e_type != ET_DYN) {
      return Invalid("it is no 64-bit little-endian shared library");
    }
    if (header->e_shentsize != sizeof(Elf64_Shdr)) return Invalid("it has no section table");
    const auto table = Part(file_, header->e_shoff, uint64_t{header->e_shnum} * sizeof(Elf64_Shdr));
    if (!table) return Invalid("its section table lies outside the file");
    sections_ = *table;
    names_ = Content(At<Elf64_Shdr>(sections_, header->e_shstrndx));
    return {};
  }

  ElfFacts Facts() const {
    ElfFacts facts;
    for (uint64_t i = 0; i < sections_.size() / sizeof(Elf64_Shdr); ++i) {
      const auto section = At<Elf64_Shdr>(sections_, i);
      if (TextAt(names_, section->sh_name) == ".ns_manifest")
        facts.manifest = std::string(Content(section));
      if (section->sh_type == SHT_DYNSYM) AddEntries(*section, facts.entries);
    }
    std::sort(facts.entries.begin(), facts.entries.end());
    return facts;
  }

 private:
  std::string_view Content(const std::optional<Elf64_Shdr>& section) const {
    if (!section || section->sh_type == SHT_NOBITS) return {};
    return Part(file_, section->sh_offset, section->sh_size).value_or(std::string_view());
  }

  void AddEntries(const Elf64_Shdr& section, std::vector<std::string>& entries) const {
    const std::string_view symbols = Content(section);
    const std::string_view names = Content(At<Elf64_Shdr>(sections_, section.sh_link));
    for (uint64_t i = 0; i < symbols.size() / sizeof(Elf64_Sym); ++i) {
      const auto symbol = At<Elf64_Sym>(symbols, i);
      const std::string_view name = TextAt(names, symbol->st_name);
      if (symbol->st_shndx != SHN_UNDEF && name.starts_with(kEntryPrefix))
        entries.emplace_back(name);
    }
  }

  std::string_view file_, sections_, names_;
};

}  // namespace

Result<ElfFacts> ReadElf(std::string_view file) {
  Reader reader(file);
  NS_TRY(reader.Open());
  return reader.Facts();
}

}  // namespace ns::plugin
