#include "git/ssh_command.h"

#include <algorithm>

#include "git/entry_name.h"
#include "git/ssh_client.h"

namespace ns::git {
namespace {

constexpr size_t kMaxOutput = 64 << 10;

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("/._-~+@%").find(c) != std::string_view::npos;
}

Result<std::string> ReadAll(SshClient& client, int stream) {
  std::string text;
  char chunk[4096];
  for (;;) {
    NS_ASSIGN(const size_t got, client.Read(stream, chunk, sizeof chunk));
    if (got == 0) return text;
    text.append(chunk, got);
    if (text.size() > kMaxOutput) return Status(Code::kPrecondition, "it prints more than 64 KiB");
  }
}

}  // namespace

Result<std::string> RunOverSsh(const Request& request, const std::string& command) {
  NS_ASSIGN(const auto url, model::ParseRepositoryUrl(request.url));
  SshClient client(request, url);
  NS_TRY(client.Start(command));
  NS_ASSIGN(std::string out, ReadAll(client, 0));
  NS_ASSIGN(const std::string complaint, ReadAll(client, SSH_EXTENDED_DATA_STDERR));
  if (client.ExitCode() == 0) return out;
  return Status(Code::kPrecondition, complaint.empty() ? "it says nothing" : Shown(complaint));
}

// As libgit2 and git give it.
std::string SshPath(const Request& request, const model::RepositoryUrl& url) {
  if (!url.scp) return (url.path.starts_with('~') ? "" : "/") + url.path;
  const std::string& text = request.url;
  const size_t bracket = text.find(']');
  return text.substr(text.find(':', bracket == std::string::npos ? 0 : bracket) + 1);
}

std::string ShellQuoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

std::string ShellWord(const std::string& word) {
  const bool plain =
      !word.empty() && word[0] != '~' && std::all_of(word.begin(), word.end(), IsPlain);
  return plain ? word : ShellQuoted(word);
}

}  // namespace ns::git
