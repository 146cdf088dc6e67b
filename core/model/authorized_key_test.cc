#include "model/authorized_key.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/crypto.h"
#include "base/random.h"

namespace ns::model {
namespace {

// Made by ssh-keygen.
const std::string kEd25519 =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMU9BrlXcmNpMRFMPyIDa3AZotTqx5+vV5fbiZBeJx0A";
const std::string kRsa2048 =
    "ssh-rsa "
    "AAAAB3NzaC1yc2EAAAADAQABAAABAQCpV1AyspIAnetE1/EDHrjYI4lWXXLDd6+I6LMQ9zNtn/OuNk6/"
    "5850gQgNdhHLA5Dii22HLKqi8cPpoRO+QXNCpefWRLehjMMhyiJbvqHRz8V2jzauXiVgfTJVYgyxlFSFFIals+"
    "6G9yYr01YdIIFjX6Joc9Fti8nN+NNE4lDtJBLmeDQMyHTRo0Uu642pPYdJhMwi7xz1dj61SAzjqaTCfKLfmLiVS3c9KWo7"
    "w3iuJ6YvI7kpsC/yqCFjf2rMNE/1Ls1QLyby8GieJ3bjQFlzzadFK1xQHmAg8tw9gpbr1yY6dNsAn0GQfzTFTLqoNlRY8z"
    "Ik4Zg1gbl4ZQBrRad3";
const std::string kRsa1024 =
    "ssh-rsa "
    "AAAAB3NzaC1yc2EAAAADAQABAAAAgQC2U3KzlyPHcB1ESJthZQhzOistm+"
    "TwaWYwXI6YhB9vLi9MieXqle7b3GvXN3TTNH/"
    "KpPCDSdKPNdtrnvKzcKV+G7QpX5hQm+DjWbNMSF74Pq75qCNfih+TxLL6wAV8zhZHFLinkJODBfCiCIAG0kT/"
    "ynoPpETzxdKiHUTgdiiqqQ==";
const std::string kEcdsa256 =
    "ecdsa-sha2-nistp256 "
    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBKUomXqOFIsTr6HVQteer8h++uxTSf8Mc7juWJ3gf3"
    "mUyyuCtXluqHKhjt/ZPf/9/N09FgynY1lk4MPPuPRmBBc=";
const std::string kEcdsa384 =
    "ecdsa-sha2-nistp384 "
    "AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBKVX6/"
    "D9ULQ+p0bh+ex94JJUwVk3gWWpq0fbbx6G+aS/"
    "noM5rQIyX/07oj2/h7REE+Osp64MtKOQHULI+RrgwXmm2Li27lZKQk8wkSnCXWq8Pd/6p5uMHMfPlDNL8QvcRA==";
const std::string kEcdsa521 =
    "ecdsa-sha2-nistp521 "
    "AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAEXEVgPb0RPOYbx5xDIu26DYhJuqhxUJfXhPnnq6Q"
    "G7"
    "Dph85ibt+fEAuL2nt58TKQd30uJn5CVwzSZttXolAxt/"
    "tgC+2S6KK5SaGKAJZ7dG+FY0naHO+btVNH93Ht11Fj7V8jUfs2W5"
    "WRVc1+14ZW8d4nUILdesyCzBuSKQTY4oarBT9g==";

std::string Field(const std::string& bytes) {
  const auto size = static_cast<uint32_t>(bytes.size());
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(size >> shift);
  return out + bytes;
}
std::string Line(const std::string& type, const std::string& blob) {
  return type + " " + ToBase64(blob);
}
std::string Rsa(const std::string& exponent, const std::string& modulus) {
  return Line("ssh-rsa", Field("ssh-rsa") + Field(exponent) + Field(modulus));
}
// A positive, odd number with so many bytes and a leading zero.
std::string Modulus(size_t bytes) { return std::string(1, '\0') + std::string(bytes, '\xff'); }
const std::string kUsual("\x01\x00\x01", 3);

TEST(AuthorizedKey, OfSshKeygen_AreTaken) {
  for (const std::string& line : {kEd25519, kRsa2048, kEcdsa256, kEcdsa384, kEcdsa521}) {
    const auto bare = ParseAuthorizedKey(line);
    ASSERT_TRUE(bare.ok()) << bare.status().ToString();
    EXPECT_EQ(bare->line, line);
    EXPECT_EQ(bare->comment, "");
    const auto commented = ParseAuthorizedKey(line + " alice@laptop, the  new one \u00e9");
    ASSERT_TRUE(commented.ok()) << commented.status().ToString();
    EXPECT_EQ(commented->line, line);
    EXPECT_EQ(commented->comment, "alice@laptop, the  new one \u00e9");
  }
}

TEST(AuthorizedKey, OfSecurityKeys_AreTaken) {
  const std::string ed = "sk-ssh-ed25519@openssh.com", ec = "sk-ecdsa-sha2-nistp256@openssh.com";
  const std::string point = "\x04" + std::string(64, 'p');
  EXPECT_TRUE(
      ParseAuthorizedKey(Line(ed, Field(ed) + Field(std::string(32, 'k')) + Field("ssh:"))).ok());
  EXPECT_TRUE(
      ParseAuthorizedKey(Line(ec, Field(ec) + Field("nistp256") + Field(point) + Field("ssh:work")))
          .ok());
  for (const char* application : {"", "https://x", "ssh"}) {
    EXPECT_FALSE(
        ParseAuthorizedKey(Line(ed, Field(ed) + Field(std::string(32, 'k')) + Field(application)))
            .ok());
  }
  EXPECT_FALSE(ParseAuthorizedKey(Line(ed, Field(ed) + Field(std::string(32, 'k')))).ok());
}

TEST(AuthorizedKey, RsaSizes_AreBounded) {
  EXPECT_TRUE(ParseAuthorizedKey(Rsa(kUsual, Modulus(256))).ok());
  EXPECT_TRUE(ParseAuthorizedKey(Rsa(kUsual, Modulus(2048))).ok());
  EXPECT_FALSE(ParseAuthorizedKey(Rsa(kUsual, Modulus(2049))).ok());
  const auto small = ParseAuthorizedKey(kRsa1024);
  ASSERT_FALSE(small.ok());
  EXPECT_EQ(small.status().message(),
            "an RSA key must have 2048 to 16384 bits, and this one has 1024");
  EXPECT_FALSE(ParseAuthorizedKey(Rsa(kUsual, "\x7f" + std::string(255, '\xff'))).ok()) << "2047";
}

TEST(AuthorizedKey, HostileLines_AreNone) {
  const std::string base64 = kEd25519.substr(kEd25519.find(' ') + 1);
  const std::string blob = FromBase64(base64).value();
  const std::vector<std::string> lines = {
      "",
      " ",
      "ssh-ed25519",
      "ssh-ed25519 ",
      base64,
      " " + kEd25519,
      "\t" + kEd25519,
      "\xef\xbb\xbf" + kEd25519,
      kEd25519 + "\n",
      kEd25519 + "\r\n",
      kEd25519 + "\n" + kEd25519,
      "\n" + kEd25519,
      kEd25519 + std::string(" a\0b", 4),
      kEd25519 + " a\tb",
      kEd25519 + " a\x1b[2Jb",
      kEd25519 + " \x7f",
      kEd25519 + " \xff\xfe",
      kEd25519 + " " + std::string(1025, 'c'),
      "# " + kEd25519,
      "command=\"/bin/sh\" " + kEd25519,
      "no-pty,command=\"x\" " + kEd25519,
      "cert-authority " + kEd25519,
      "from=\"*\" " + kEd25519,
      "SSH-ED25519 " + base64,
      "ssh-ed25519-cert-v01@openssh.com " + base64,
      "ssh-dss " + base64,
      "ssh-rsa " + base64,
      "ssh-ed25519  " + base64,
      "ssh-ed25519\t" + base64,
      "ssh-ed25519," + base64,
      kEd25519 + "=",
      kEd25519 + "==",
      kEd25519.substr(0, kEd25519.size() - 1),
      kEd25519.substr(0, kEd25519.size() - 4),
      "ssh-ed25519 " + base64.substr(0, base64.size() - 1) + "_",
      "ssh-ed25519 " + base64.substr(0, 20) + "\n" + base64.substr(20),
      "ssh-ed25519 !!!!",
      Line("ssh-ed25519", blob + "x"),
      Line("ssh-ed25519", blob.substr(0, 10)),
      Line("ssh-ed25519", std::string("\xff\xff\xff\xff", 4) + blob.substr(4)),
      Line("ssh-ed25519", Field("ssh-ed25519") + Field(std::string(31, 'k'))),
      Line("ssh-ed25519", Field("ssh-ed25519") + Field(std::string(33, 'k'))),
      Line("ssh-ed25519", Field("ssh-ed25519")),
      Line("ssh-ed25519", Field("ssh-rsa") + Field(kUsual) + Field(Modulus(256))),
      Line("ecdsa-sha2-nistp256",
           Field("ecdsa-sha2-nistp256") + Field("nistp384") + Field("\x04" + std::string(64, 'p'))),
      Line("ecdsa-sha2-nistp256",
           Field("ecdsa-sha2-nistp256") + Field("nistp256") + Field("\x02" + std::string(32, 'p'))),
      Line("ecdsa-sha2-nistp256", Field("ecdsa-sha2-nistp256") + Field("nistp256") + Field("")),
      Rsa("", Modulus(256)),
      Rsa(kUsual, ""),
      Rsa("\x01", Modulus(256)),
      Rsa("\x02", Modulus(256)),
      Rsa(std::string(9, '\x7f'), Modulus(256)),
      Rsa(kUsual, std::string(256, '\xff')),                                  // negative
      Rsa(kUsual, std::string(2, '\0') + std::string(256, '\xff')),           // padded
      Rsa(std::string("\x00\x01\x00\x01", 4), Modulus(256)),                  // padded
      Rsa(kUsual, std::string(1, '\0') + std::string(255, '\xff') + "\xfe"),  // even
      "ssh-rsa " + std::string(8192, 'A'),
      std::string(1 << 20, 'A'),
  };
  for (const std::string& line : lines) {
    const auto parsed = ParseAuthorizedKey(line);
    EXPECT_FALSE(parsed.ok()) << line.substr(0, 100);
    EXPECT_EQ(parsed.status().code(), Code::kInvalid);
    EXPECT_LT(parsed.status().message().size(), 1000u);
  }
}

TEST(HostKey, IsALineOfAnyTypeButASecurityKeys) {
  for (const std::string& line : {kEd25519, kRsa2048, kEcdsa256, kEcdsa384, kEcdsa521}) {
    EXPECT_EQ(ParseHostKey(line).value(), line);
    EXPECT_EQ(ParseHostKey(line + " root@git.example.com").value(), line);
    EXPECT_FALSE(ParseHostKey("git.example.com " + line).ok()) << "a line of known_hosts";
  }
  const std::string ed = "sk-ssh-ed25519@openssh.com";
  const auto security =
      ParseHostKey(Line(ed, Field(ed) + Field(std::string(32, 'k')) + Field("ssh:")));
  ASSERT_FALSE(security.ok());
  EXPECT_EQ(security.status().message(),
            "must begin with one of ssh-ed25519, ecdsa-sha2-nistp256, ecdsa-sha2-nistp384, "
            "ecdsa-sha2-nistp521, ssh-rsa and have no options, got \"" +
                ed + "\"");
  EXPECT_FALSE(ParseHostKey(kRsa1024).ok());
}

// As `ssh-keygen -l` prints them.
TEST(HostKey, Fingerprints) {
  EXPECT_EQ(KeyFingerprint(kEd25519), "SHA256:I2uPmBOJYt2wD4JAPKsSaYxhrKgvEpHCGiBMi5Ep6lE");
  EXPECT_EQ(KeyFingerprints({kEcdsa256, kEd25519}),
            "SHA256:K7P8k2oBLW3OeQ+VQHOVBn8iCOe7+RFYu3kBJVnoBTc (ecdsa-sha2-nistp256), "
            "SHA256:I2uPmBOJYt2wD4JAPKsSaYxhrKgvEpHCGiBMi5Ep6lE (ssh-ed25519)");
  EXPECT_EQ(KeyFingerprints({}), "");
}

TEST(HostKey, LineOfABlob) {
  EXPECT_EQ(KeyLine(FromBase64(kEd25519.substr(kEd25519.find(' ') + 1)).value()), kEd25519);
  for (const std::string& blob : {std::string(), std::string(3, 'x'), std::string(9, '\xff')})
    EXPECT_EQ(KeyLine(blob), "");
}

TEST(AuthorizedKey, OneByteOther_IsNeverReadBeyond) {
  SeededRandom random(5);
  for (const std::string& line : {kEd25519, kRsa2048, kEcdsa256}) {
    const size_t space = line.find(' ');
    const std::string type = line.substr(0, space);
    const std::string blob = FromBase64(line.substr(space + 1)).value();
    for (size_t at = 0; at < blob.size(); ++at) {
      std::string other = blob;
      other[at] = static_cast<char>(random.Below(256));
      const auto parsed = ParseAuthorizedKey(Line(type, other));
      EXPECT_TRUE(!parsed.ok() || parsed->line == Line(type, other));
      EXPECT_FALSE(ParseAuthorizedKey(Line(type, blob.substr(0, at))).ok()) << type << " " << at;
    }
  }
}

}  // namespace
}  // namespace ns::model
