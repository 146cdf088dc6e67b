#include "sandbox.h"

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "digest/digest.h"

namespace ns::engine_buildah {
namespace {

// On the machine, for a build. Words: link, net; then those of kInside. The last rule comes first:
// clouds give credentials of a machine to who asks there.
constexpr const char* kOutside = R"(set -eu
link=$1 net=$2 inside=$3
shift 3
rule() {
  table=$1 chain=$2
  shift 2
  iptables -w -t "$table" -C "$chain" "$@" 2>/dev/null || iptables -w -t "$table" -I "$chain" "$@"
}
echo 1 >/proc/sys/net/ipv4/ip_forward
rule nat POSTROUTING -s "$net" ! -o "$link" -j MASQUERADE
rule filter FORWARD -i "$link" -j ACCEPT
rule filter FORWARD -o "$link" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
rule filter FORWARD -i "$link" -d 169.254.0.0/16 -j REJECT
ip link delete "$link" 2>/dev/null || true
exec unshare --net --mount --uts --ipc --pid --fork --kill-child=KILL --propagation private \
  /bin/sh -c "$inside" "/proc/$PPID/ns/net" "$link" "$@"
)";

// On the machine, for a store: the process stays the one that was started.
constexpr const char* kOutsideOfStore = R"(set -eu
inside=$1
shift
exec unshare --mount --uts --ipc --propagation private /bin/sh -c "$inside" build "$@"
)";

// In namespaces of their own. Its name is the machine's network, which it reaches until it has a
// /proc of its own: descriptors are those of the command, whatever their numbers. Words: link, the
// machine's address, the build's, root, entered, resolver, tmp; from, to and "rw" or "ro" of each
// folder; "--", the command. *Rationale:* for a build the shell stays, since a first process must
// wait for orphans, and ends at SIGTERM.
constexpr const char* kInside = R"(set -eu
link=$1 machine=$2 address=$3 root=$4 entered=$5 resolver=$6 scratch=$7
shift 7
if [ "$link" ]; then
  ip link set lo up
  ip link add eth0 type veth peer name "$link"
  ip link set "$link" netns "$0"
  ip address add "$address/30" dev eth0
  ip link set eth0 up
  nsenter --net="$0" ip address add "$machine/30" dev "$link"
  nsenter --net="$0" ip link set "$link" up
  ip route add default via "$machine"
fi
mount -t tmpfs -o mode=755,size=16m tmpfs "$root"
cd "$root"
mkdir -p dev etc proc sys run tmp root var/tmp old
for folder in usr bin sbin lib lib32 lib64 etc/ssl etc/pki etc/ca-certificates; do
  if [ -L "/$folder" ]; then
    cp -P "/$folder" "$folder"
  elif [ -d "/$folder" ]; then
    mkdir -p "$folder"
    mount --bind "/$folder" "$folder"
    mount -o remount,bind,ro "$folder"
  fi
done
cp "$resolver" etc/resolv.conf
if [ "$link" ]; then echo "127.0.0.1 localhost" >etc/hosts; else cp /etc/hosts etc/hosts; fi
echo "root:x:0:0:root:/root:/bin/sh" >etc/passwd
echo "root:x:0:" >etc/group
for device in null zero full random urandom tty; do
  : >dev/$device
  mount --bind /dev/$device dev/$device
done
ln -s /proc/self/fd dev/fd
mkdir dev/shm dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /sys/fs/cgroup sys/fs/cgroup
mount --bind "$scratch" var/tmp
while [ "$1" != -- ]; do
  mkdir -p "$root$2"
  mount --bind "$1" "$root$2"
  [ "$3" = rw ] || mount -o remount,bind,ro "$root$2"
  shift 3
done
shift
[ -z "$entered" ] || : >"$entered"
pivot_root . old
cd /
umount -l /old
rmdir /old
echo build >/proc/sys/kernel/hostname
[ "$link" ] || exec "$@"
trap 'exit 143' TERM
"$@" &
wait $!
)";

constexpr const char* kRemove = R"(
link=$1 net=$2
ip link delete "$link" 2>/dev/null
remove() {
  table=$1 chain=$2
  shift 2
  while iptables -w -t "$table" -D "$chain" "$@" 2>/dev/null; do :; done
}
remove nat POSTROUTING -s "$net" ! -o "$link" -j MASQUERADE
remove filter FORWARD -i "$link" -j ACCEPT
remove filter FORWARD -o "$link" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
remove filter FORWARD -i "$link" -d 169.254.0.0/16 -j REJECT
)";

bool OnLoopback(const std::string& server) { return server.starts_with("127.") || server == "::1"; }

// Lines of one resolv.conf that a build can use; whether there is a server among them.
bool TakeResolver(const std::string& text, std::string& out) {
  std::istringstream lines(text);
  bool server = false;
  out.clear();
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string key, value;
    words >> key >> value;
    if (key == "nameserver" && OnLoopback(value)) continue;
    server = server || key == "nameserver";
    if (key == "nameserver" || key == "search" || key == "domain" || key == "options")
      out += line + "\n";
  }
  return server;
}

}  // namespace

Uplink UplinkOf(const std::string& slot) {
  const std::string digest = digest::Sha256Hex(slot);
  const int number = std::stoi(digest.substr(0, 4), nullptr, 16) & ~3;
  const auto address = [number](int last) {
    return "10.215." + std::to_string(number >> 8) + "." + std::to_string((number & 255) + last);
  };
  return {"nsbh" + digest.substr(0, 8), address(0) + "/30", address(1), address(2)};
}

Sandbox StoreSandbox(const Slot& slot, const std::string& app) {
  Sandbox sandbox;
  sandbox.root = slot.root();
  sandbox.resolver = "/etc/resolv.conf";
  sandbox.tmp = slot.tmp();
  sandbox.seen = {{slot.base(), slot.base(), false},
                  {slot.StoreOf(app), slot.StoreOf(app), true},
                  {slot.memory(), slot.memory(), true},
                  {slot.tmp(), slot.tmp(), true}};
  return sandbox;
}

CommandLine Sandboxed(CommandLine line, const Sandbox& sandbox) {
  std::vector<std::string> words = {"/bin/sh", "-c"};
  if (sandbox.uplink)
    words.insert(words.end(), {kOutside, "build", sandbox.uplink->link, sandbox.uplink->net,
                               kInside, sandbox.uplink->machine, sandbox.uplink->inside});
  else
    words.insert(words.end(), {kOutsideOfStore, "build", kInside, "", "", ""});
  words.insert(words.end(), {sandbox.root, sandbox.entered, sandbox.resolver, sandbox.tmp});
  for (const Seen& one : sandbox.seen)
    words.insert(words.end(), {one.from, one.to, one.writable ? "rw" : "ro"});
  words.push_back("--");
  words.insert(words.end(), line.argv.begin(), line.argv.end());
  line.argv = std::move(words);
  return line;
}

std::vector<std::string> RemoveUplink(const Uplink& uplink) {
  return {"/bin/sh", "-c", kRemove, "build", uplink.link, uplink.net};
}

std::string ResolverText(const std::string& machine, const std::string& upstream) {
  std::string text;
  if (TakeResolver(machine, text) || TakeResolver(upstream, text)) return text;
  return "nameserver 9.9.9.9\nnameserver 1.1.1.1\n";
}

}  // namespace ns::engine_buildah
