# Every Debian package the project uses, and how they are installed without starting anything on the user's machine.

PACKAGES_BUILD="g++ cmake ninja-build ccache mold pkg-config
  libboost1.81-dev libboost-filesystem1.81-dev libboost-system1.81-dev
  libboost-context1.81-dev libboost-coroutine1.81-dev
  libgrpc++-dev protobuf-compiler protobuf-compiler-grpc libprotobuf-dev libprotoc-dev
  libgit2-dev libssh2-1-dev libpq-dev libyaml-cpp-dev libspdlog-dev libfmt-dev libsodium-dev libssl-dev
  libcurl4-openssl-dev libnghttp2-dev libarchive-dev zlib1g-dev libpugixml-dev libvalijson-dev libcli11-dev libsimdjson-dev
  libidn2-dev prometheus-cpp-dev"
PACKAGES_RUN="ca-certificates curl git iproute2 procps util-linux python3 python3-venv openssl
  docker.io iptables docker-registry postgresql-15 busybox-static nginx-light fcgiwrap
  apache2-bin bubblewrap"
PACKAGES_TEST="libgtest-dev libgmock-dev librapidcheck-dev libfaketime openssh-client openssh-server
  runc buildah containernetworking-plugins python3-swift memcached chromium prometheus mandoc zsh fish"
PACKAGES_BENCH="libbenchmark-dev nghttp2-client wrk"
PACKAGES_FUZZ="libclang-rt-14-dev"
PACKAGES_STYLE="clang-14 clang-format-14 clang-tidy-14"

# missing_packages NAME...: those that are not installed.
missing_packages() {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null | sed -n 's/^.i  *//p')
  printf '%s\n' "$@" | grep -vxF "$installed" || true
}

apt_get() { apt-get -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold -y -qq --no-install-recommends "$@"; }

# Services of freshly installed packages neither start now (policy-rc.d says 101) nor at the next boot.
services_off() {
  if [ -e /usr/sbin/policy-rc.d ]; then cp -a /usr/sbin/policy-rc.d "$1/policy-rc.d"; fi
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
  enabled_units >"$1/enabled"
}

enabled_units() { find /etc/systemd/system -path '*.wants/*' 2>/dev/null | sort; }

services_restore() {
  enabled_units | comm -13 "$1/enabled" - | { grep -E '/(nginx|fcgiwrap|docker|docker-registry|containerd|postgresql|ssh|memcached|prometheus)\.' || true; } | xargs -r rm -f
  if [ -e "$1/policy-rc.d" ]; then cp -a "$1/policy-rc.d" /usr/sbin/policy-rc.d; else rm -f /usr/sbin/policy-rc.d; fi
  if [ -e "$1/createcluster.conf" ]; then cp -a "$1/createcluster.conf" /etc/postgresql-common/createcluster.conf; fi
  rm -rf "$1"
}

# install_packages NAME...: in two rounds where PostgreSQL is new, since its first installation would make and start a
# cluster unless postgresql-common, already there, says otherwise.
install_packages() {
  local missing conf=/etc/postgresql-common/createcluster.conf
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  is_root || die "these packages are missing, and only root can install them:" $missing
  saved=$(mktemp -d)
  trap 'services_restore "$saved"' EXIT  # of the step's own shell
  services_off "$saved"
  apt_get update
  if printf '%s\n' $missing | grep -q '^postgresql-'; then
    apt_get install postgresql-common
    cp -a "$conf" "$saved/createcluster.conf"
    printf 'create_main_cluster = false\n' >"$conf"
  fi
  apt_get install $missing
}
