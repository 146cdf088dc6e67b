#include "examples.h"

#include <map>

namespace ns::cli {

std::string ExampleOf(const std::string& path) {
  static const std::map<std::string, std::string> kExamples = {
      {"admin add", "ns admin add alice"},
      {"admin list", "ns admin list"},
      {"admin remove", "ns admin remove alice"},
      {"admin rotate-key", "ns admin rotate-key --config /etc/neoshowcase/config.yaml"},
      {"app create", "ns app create shop --name shop --method runtime-dockerfile --start"},
      {"app delete", "ns app delete shop --wait"},
      {"app list", "ns app list --mine"},
      {"app releases", "ns app releases shop -n 5"},
      {"app restart", "ns app restart shop --wait"},
      {"app show", "ns app show shop"},
      {"app start", "ns app start shop --wait"},
      {"app stop", "ns app stop shop"},
      {"app update", "ns app update shop --ref next --wait"},
      {"apply", "ns apply -f shop.yaml --yes --wait"},
      {"audit", "ns audit"},
      {"build cancel", "ns build cancel shop --wait"},
      {"build list", "ns build list shop"},
      {"build log", "ns build log shop -f"},
      {"build retry", "ns build retry shop --wait"},
      {"completion", "source <(ns completion bash)"},
      {"deploy", "ns deploy https://git.example.com/shop.git --ref main"},
      {"diff", "ns diff -f shop.yaml"},
      {"doctor", "ns doctor"},
      {"env list", "ns env list shop"},
      {"env set", "ns env set shop GREETING=hello --scope run --wait"},
      {"env unset", "ns env unset shop GREETING"},
      {"events", "ns events shop -n 20 -f"},
      {"export", "ns export shop > shop.yaml"},
      {"host list", "ns host list --up"},
      {"key add", "ns key add ~/.ssh/id_ed25519.pub"},
      {"key list", "ns key list"},
      {"key remove", "ns key remove laptop"},
      {"login", "ns login https://paas.example.com"},
      {"logout", "ns logout"},
      {"logs", "ns logs shop -f --since 10m"},
      {"open", "ns open shop"},
      {"plugin list", "ns plugin list"},
      {"push", "ns push"},
      {"queue", "ns queue"},
      {"repo add", "ns repo add https://git.example.com/shop.git"},
      {"repo update", "ns repo update shop --name store"},
      {"repo delete", "ns repo delete shop"},
      {"repo host-key accept", "ns repo host-key accept shop"},
      {"repo host-key set", "ns repo host-key set shop \"$(cat ssh_host_ed25519_key.pub)\""},
      {"repo host-key show", "ns repo host-key show shop"},
      {"repo key", "ns repo key"},
      {"repo list", "ns repo list"},
      {"repo owners", "ns repo owners shop --add bob"},
      {"repo refresh", "ns repo refresh shop"},
      {"repo refs", "ns repo refs shop"},
      {"repo show", "ns repo show shop"},
      {"rollback", "ns rollback shop --wait"},
      {"status", "ns status shop --why"},
      {"token create", "ns token create ci --scope deploy"},
      {"token list", "ns token list"},
      {"token revoke", "ns token revoke ci"},
      {"unpin", "ns unpin shop --wait"},
      {"version", "ns version"},
      {"watch", "ns watch"},
      {"whoami", "ns whoami"},
  };
  const auto found = kExamples.find(path);
  return found == kExamples.end() ? "" : found->second;
}

}  // namespace ns::cli
