// The one writer of files: what is there before and after, whatever kind of file it is.
#include "converter/data/write_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "converter/data/files.h"
#include "converter/error.h"
#include "tests/unit/converter/data/temporary_folder.h"

namespace edgy::converter {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;

std::string text_of(const fs::path& path) {
  const std::vector<uint8_t> bytes = read_bytes(path);
  return {bytes.begin(), bytes.end()};
}

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_mode;
}

TEST_CASE("a new file is readable as the user's mask says, an old one keeps its mode", "[files]") {
  const TemporaryFolder folder;
  const mode_t mask = ::umask(027);
  write_file(folder / "new", std::string_view("one"));
  ::umask(mask);
  CHECK(text_of(folder / "new") == "one");
  CHECK((mode_of(folder / "new") & 07777) == 0640);
  REQUIRE(::chmod((folder / "new").c_str(), 0604) == 0);
  write_file(folder / "new", std::string_view("two"));
  CHECK(text_of(folder / "new") == "two");
  CHECK((mode_of(folder / "new") & 07777) == 0604);
  CHECK(folder.files() == 1);  // nothing temporary is left
}

TEST_CASE("a file is replaced whole: who reads the old one goes on reading it", "[files]") {
  const TemporaryFolder folder;
  write_file(folder / "model", std::string_view("old contents"));
  std::ifstream reader(folder / "model");
  std::string first;
  reader >> first;
  write_file(folder / "model", std::string_view("new"));
  std::string rest;
  reader >> rest;
  CHECK(first + " " + rest == "old contents");
  CHECK(text_of(folder / "model") == "new");
}

TEST_CASE("links are followed and stay, also those that lead to nothing yet", "[files]") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "real");
  write_file(folder / "real" / "model", std::string_view("old"));
  fs::create_symlink("real/model", folder / "link");
  fs::create_symlink("link", folder / "second");
  fs::create_symlink("real/later", folder / "dangling");
  write_file(folder / "second", std::string_view("new"));
  write_file(folder / "dangling", std::string_view("made"));
  CHECK(fs::is_symlink(folder / "second"));
  CHECK(fs::is_symlink(folder / "dangling"));
  CHECK(text_of(folder / "real" / "model") == "new");
  CHECK(text_of(folder / "real" / "later") == "made");
  fs::create_symlink("loop", folder / "loop");
  CHECK_THROWS_WITH(write_file(folder / "loop", std::string_view("x")), ContainsSubstring("loop"));
}

TEST_CASE("a pipe is written to and stays one", "[files]") {
  const TemporaryFolder folder;
  const fs::path pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const std::string text(1 << 20, 'x');  // more than a pipe holds: written in parts
  std::string read;
  std::thread reader([&] { read = text_of(pipe); });
  require_writable(pipe);
  write_file(pipe, text);
  reader.join();
  CHECK(read == text);
  CHECK(S_ISFIFO(mode_of(pipe)));
}

TEST_CASE("a device is written to and stays one; a full one is an error", "[files]") {
  const TemporaryFolder folder;
  // Copies, so that a writer which replaces devices harms nobody.
  const fs::path null = folder / "null";
  const fs::path full = folder / "full";
  if (::mknod(null.c_str(), S_IFCHR | 0600, ::makedev(1, 3)) != 0 ||
      ::mknod(full.c_str(), S_IFCHR | 0600, ::makedev(1, 7)) != 0) {
    SKIP("this user may not make devices");
  }
  if (const int opened = ::open(null.c_str(), O_WRONLY); opened >= 0) {
    ::close(opened);
  } else {
    SKIP("devices do not work in this folder");
  }
  require_writable(null);
  write_file(null, std::string_view("x"));
  CHECK(S_ISCHR(mode_of(null)));
  CHECK_THROWS_WITH(write_file(full, std::string_view("x")),
                    ContainsSubstring("No space left on device"));
  CHECK(S_ISCHR(mode_of(full)));
}

TEST_CASE("a removed file that is still open is written to by its descriptor", "[files]") {
  const TemporaryFolder folder;
  const fs::path path = folder / "gone";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT, 0600);
  REQUIRE(file >= 0);
  fs::remove(path);
  write_file("/proc/self/fd/" + std::to_string(file), std::string_view("still here"));
  char text[32] = {};
  CHECK(::pread(file, text, sizeof text, 0) == 10);
  CHECK(std::string(text) == "still here");
  CHECK(folder.files() == 0);
  ::close(file);
}

TEST_CASE("what cannot be written to is refused in words, before work begins and after",
          "[files]") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "folder");
  write_file(folder / "file", std::string_view("x"));
  for (const auto& [path, words] : std::initializer_list<std::pair<fs::path, const char*>>{
           {folder / "folder", "is a folder"},
           {folder / "missing" / "model", "No such file or directory"},
           {folder / "file" / "model", "Not a directory"}}) {
    CAPTURE(path.string());
    CHECK_THROWS_WITH(require_writable(path), ContainsSubstring(words));
    CHECK_THROWS_WITH(write_file(path, std::string_view("y")), ContainsSubstring(words));
  }
  CHECK_THROWS_WITH(require_writable(folder / "new/"), ContainsSubstring("folder"));
  CHECK_THROWS_WITH(require_writable(""), ContainsSubstring("empty"));
  CHECK_THROWS_WITH(make_folder(folder / "file"), ContainsSubstring("can not be made a folder"));
  CHECK(text_of(folder / "file") == "x");
}

TEST_CASE("an input is never an output, whatever it is called", "[files]") {
  const TemporaryFolder folder;
  const fs::path source = folder / "model.onnx";
  write_file(source, std::string_view("x"));
  fs::create_symlink("model.onnx", folder / "link");
  fs::create_hard_link(source, folder / "hard");
  const fs::path inputs[] = {folder / "other", source};
  for (const char* name : {"model.onnx", "./model.onnx", "link", "hard"}) {
    CAPTURE(name);
    CHECK_THROWS_WITH(require_writable(folder / name, inputs),
                      ContainsSubstring("give the output another name"));
  }
  require_writable(folder / "model.edgy", inputs);
}

TEST_CASE("a file that cannot be written whole leaves what was there", "[files]") {
  const TemporaryFolder folder;
  write_file(folder / "model", std::string_view("old"));
  const std::string name(300, 'n');  // longer than names may be
  CHECK_THROWS_WITH(write_file(folder / name, std::string_view("x")),
                    ContainsSubstring("File name too long"));
  CHECK(text_of(folder / "model") == "old");
  CHECK(folder.files() == 1);
  const std::string longest(255, 'n');  // the temporary one has a short name of its own
  write_file(folder / longest, std::string_view("x"));
  CHECK(text_of(folder / longest) == "x");
}

}  // namespace
}  // namespace edgy::converter
