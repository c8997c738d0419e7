#include "connector/config/references.hpp"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

namespace connector::config {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class References : public testing::Test {
 protected:
  std::optional<std::string> expanded(std::string_view text) {
    return expand(text, {"/etc/connector/c.yaml", 4, 9}, *source, found);
  }

  std::shared_ptr<reference_source const> source = make_fixed_references(
      {{"HOST", "example.com"}, {"EMPTY", ""}, {"NESTED", "${env:HOST}"}},
      {{"/run/secrets/pw", "hunter2\n"},
       {"/etc/connector/pw", "beside\r\n"},
       {"/two", "a\n\n"},
       {"/bare", "a"}}
  );
  complaints found;
};

TEST_F(References, StandForWhatTheyName) {
  EXPECT_EQ(expanded("https://${env:HOST}/x"), "https://example.com/x");
  EXPECT_EQ(expanded("${env:HOST}${env:EMPTY}${env:HOST}"), "example.comexample.com");
  EXPECT_EQ(expanded("${file:/run/secrets/pw}"), "hunter2");
  EXPECT_THAT(found, IsEmpty());
}

TEST_F(References, ToFilesAreRelativeToTheFileTheyAreIn) {
  EXPECT_EQ(expanded("${file:pw}"), "beside");
  EXPECT_EQ(expanded("${file:../../run/secrets/pw}"), "hunter2");
}

TEST_F(References, CutOneNewlineAndNoMore) {
  EXPECT_EQ(expanded("${file:/two}"), "a\n");
  EXPECT_EQ(expanded("${file:/bare}"), "a");
}

TEST_F(References, AreReplacedOnce) { EXPECT_EQ(expanded("${env:NESTED}"), "${env:HOST}"); }

TEST_F(References, CanBeWrittenLiterally) {
  EXPECT_EQ(expanded("$${env:HOST}"), "${env:HOST}");
  EXPECT_EQ(expanded("a$b$$c{}"), "a$b$$c{}");
  EXPECT_THAT(found, IsEmpty());
}

TEST_F(References, ThatLeadNowhereAreNamed) {
  EXPECT_EQ(expanded("${env:MISSING}"), std::nullopt);
  EXPECT_EQ(expanded("${file:missing}"), std::nullopt);

  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].text, "the environment variable 'MISSING' is not set");
  EXPECT_EQ(found[0].at, (position{"/etc/connector/c.yaml", 4, 9}));
  EXPECT_EQ(found[1].text, "the file '/etc/connector/missing' is missing or cannot be read");
}

TEST_F(References, ThatAreNoneAreNotQuoted) {
  for (auto const* text : {"${hunter2}", "${env:hunter-2}", "${env:}", "${file:}", "${env:HOST"}) {
    found.clear();
    EXPECT_EQ(expanded(text), std::nullopt) << text;
    ASSERT_THAT(found, SizeIs(1)) << text;
    EXPECT_EQ(found[0].text.find("hunter"), std::string::npos) << text;
  }
}

class SystemReferences : public testing::Test {
 protected:
  SystemReferences() {
    auto name = (std::filesystem::temp_directory_path() / "connector-XXXXXX").string();
    folder = mkdtemp(name.data());
  }
  ~SystemReferences() override { std::filesystem::remove_all(folder); }

  std::string write(std::string const& name, std::string const& text) const {
    auto path = (folder / name).string();
    std::ofstream{path, std::ios::binary} << text;
    return path;
  }

  std::filesystem::path folder;
  std::shared_ptr<reference_source const> source = make_system_references();
};

TEST_F(SystemReferences, ReadTheEnvironment) {
  ASSERT_EQ(setenv("CONNECTOR_TEST_VARIABLE", "seen", 1), 0);
  EXPECT_EQ(source->environment("CONNECTOR_TEST_VARIABLE"), "seen");

  ASSERT_EQ(unsetenv("CONNECTOR_TEST_VARIABLE"), 0);
  EXPECT_EQ(source->environment("CONNECTOR_TEST_VARIABLE"), std::nullopt);
}

TEST_F(SystemReferences, ReadFilesWhole) {
  auto const text = std::string{"a\0b\n", 4} + std::string(100'000, 'x');

  EXPECT_EQ(source->file(write("secret", text)), text);
  EXPECT_EQ(source->file(write("empty", "")), "");
}

TEST_F(SystemReferences, FollowLinksAsOrchestratorsMountSecrets) {
  auto const target = write("data", "pw");
  std::filesystem::create_symlink(target, folder / "link");

  EXPECT_EQ(source->file((folder / "link").string()), "pw");
}

TEST_F(SystemReferences, ReadNoFolderNoDeviceAndNothingHuge) {
  EXPECT_EQ(source->file(folder.string()), std::nullopt);
  EXPECT_EQ(source->file("/dev/zero"), std::nullopt);
  EXPECT_EQ(source->file((folder / "missing").string()), std::nullopt);
  EXPECT_NE(source->file(write("largest", std::string(1u << 20, 'x'))), std::nullopt);
  EXPECT_EQ(source->file(write("larger", std::string((1u << 20) + 1, 'x'))), std::nullopt);
}

}  // namespace
}  // namespace connector::config
