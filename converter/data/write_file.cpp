#include "converter/data/write_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <random>
#include <system_error>
#include <utility>

#include "converter/error.h"

namespace edgy::converter {
namespace {

namespace fs = std::filesystem;
using Parts = std::span<const std::span<const uint8_t>>;

[[noreturn]] void fail(const fs::path& path, const std::string& what) {
  throw Error(path.string() + ": " + what);
}

std::string reason(int code) {
  return std::generic_category().message(code);
}

[[noreturn]] void can_not(const fs::path& path, int code) {
  fail(path, "can not be written: " + reason(code));
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0)
      ::close(number_);
  }
  bool is_open() const { return number_ >= 0; }
  int number() const { return number_; }
  /// Some file systems say only here that bytes were lost. 0, or the error's number.
  int close() { return ::close(std::exchange(number_, -1)) == 0 ? 0 : errno; }

 private:
  int number_;
};

/// 0, or the error's number.
int write_all(int descriptor, Parts parts) {
  for (std::span<const uint8_t> part : parts) {
    while (!part.empty()) {
      const ssize_t count = ::write(descriptor, part.data(), part.size());
      if (count < 0 && errno != EINTR)
        return errno;
      if (count > 0)
        part = part.subspan(static_cast<std::size_t>(count));
    }
  }
  return 0;
}

/// What `path` is, links followed; nothing if there is none.
std::optional<struct stat> status_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0)
    return status;
  if (errno != ENOENT)
    can_not(path, errno);
  return std::nullopt;
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// The descriptor of this process that `path` is another name of.
std::optional<int> descriptor_named(const fs::path& path) {
  const std::string name = path.lexically_normal().string();
  if (name == "/dev/stdout")
    return STDOUT_FILENO;
  if (name == "/dev/stderr")
    return STDERR_FILENO;
  for (const std::string prefix : {"/dev/fd/", "/proc/self/fd/"}) {
    int number = 0;
    const char* end = name.data() + name.size();
    if (name.starts_with(prefix) &&
        std::from_chars(name.data() + prefix.size(), end, number).ptr == end)
      return number;
  }
  return std::nullopt;
}

/// Why files of this kind are not written to; null if they are.
const char* refusal(mode_t mode) {
  if (S_ISDIR(mode))
    return "is a folder; the name of a file is expected";
  if (S_ISBLK(mode))
    return "is a block device, which Edgy does not write to; the name of a file is expected";
  if (S_ISSOCK(mode))
    return "is a socket, which Edgy does not write to; the name of a file is expected";
  return nullptr;
}

/// Where a file of that name is or would be: the end of a chain of links.
fs::path without_links(fs::path path) {
  constexpr int kMostLinks = 40;  // as the kernel
  for (int i = 0; i < kMostLinks; ++i) {
    std::error_code code;
    const fs::path next = fs::read_symlink(path, code);
    if (code)
      return path;
    path = next.is_absolute() ? next : path.parent_path() / next;
  }
  can_not(path, ELOOP);
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// Removes a temporary file unless it has become what it was made for.
class Remover {
 public:
  explicit Remover(fs::path path) : path_(std::move(path)) {}
  Remover(const Remover&) = delete;
  Remover& operator=(const Remover&) = delete;
  ~Remover() {
    if (!path_.empty())
      ::unlink(path_.c_str());
  }
  void keep() { path_.clear(); }

 private:
  fs::path path_;
};

/// Opens a new file in `folder`; its name, short whatever the target's is, goes to `name`.
int open_temporary(const fs::path& folder, fs::path& name) {
  std::random_device random;
  for (;;) {
    name = folder / (".edgy-" + std::to_string(random()) + ".tmp");
    const int number = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (number >= 0 || errno != EEXIST)
      return number;
  }
}

/// Mode and owner of the file that is replaced; the owner as far as this user may give files away.
void take_over(int descriptor, const struct stat& old) {
  const bool owned = ::fchown(descriptor, old.st_uid, old.st_gid) == 0;
  ::fchmod(descriptor, old.st_mode & (owned ? 07777 : 0777));
}

/// After a rename: the folder's entry, too, has to reach the disk. File systems that cannot do that
/// say so, and nothing can be done about it.
void sync_folder(const fs::path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.is_open())
    ::fsync(opened.number());
}

/// `target` is no link; `path` is its name in messages.
void replace_whole(const fs::path& path, const fs::path& target,
                   const std::optional<struct stat>& old, Parts parts) {
  const fs::path folder = folder_of(target);
  fs::path name;
  Descriptor file(open_temporary(folder, name));
  if (!file.is_open()) {
    fail(path, "can not be written, since no file can be made in its folder: " + reason(errno));
  }
  Remover remover(name);
  if (old)
    take_over(file.number(), *old);
  if (const int code = write_all(file.number(), parts))
    can_not(path, code);
  if (::fsync(file.number()) != 0)
    can_not(path, errno);
  if (const int code = file.close())
    can_not(path, code);
  if (::rename(name.c_str(), target.c_str()) != 0)
    fail(path, "can not be replaced: " + reason(errno));
  remover.keep();
  sync_folder(folder);
}

/// Pipes, terminals, devices, and files that no name leads to any more.
void write_into(const fs::path& path, int flags, Parts parts) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | flags));
  if (!file.is_open())
    can_not(path, errno);
  if (const int code = write_all(file.number(), parts))
    can_not(path, code);
  if (const int code = file.close())
    can_not(path, code);
}

/// Whether `path`, which is there, is data in the folder that `input` is or, if it is a manifest,
/// lies in.
bool is_data_of(const fs::path& path, const fs::path& input) {
  constexpr std::array kData = {".npy", ".npz", ".flac", ".wav", ".csv"};
  std::error_code code;
  const fs::path folder = fs::is_directory(input, code) ? input
                          : input.extension() == ".csv" ? folder_of(input)
                                                        : fs::path();
  const std::string extension = path.extension().string();
  if (folder.empty() || std::find(kData.begin(), kData.end(), extension) == kData.end())
    return false;
  const fs::path inside = fs::canonical(path, code).lexically_relative(fs::canonical(folder, code));
  return !code && !inside.empty() && *inside.begin() != "..";
}

/// What two names have in common if they lead to one file; empty for what is no regular file.
fs::path identity_of(const fs::path& path) {
  if (is_standard_output(path))
    return "/dev/stdout";
  struct stat status {};
  std::error_code code;
  if (::stat(path.c_str(), &status) != 0)
    return fs::weakly_canonical(without_links(path), code);
  return S_ISREG(status.st_mode)
             ? fs::path(std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino))
             : fs::path();
}

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

void write_file(const fs::path& path, Parts parts) {
  if (const auto descriptor = descriptor_named(path)) {
    if (const int code = write_all(*descriptor, parts))
      can_not(path, code);
    return;
  }
  const std::optional<struct stat> status = status_of(path);
  if (status && refusal(status->st_mode) != nullptr)
    fail(path, refusal(status->st_mode));
  if (status && !S_ISREG(status->st_mode)) {
    write_into(path, 0, parts);
    return;
  }
  const fs::path target = without_links(path);
  const std::optional<struct stat> found = status_of(target);
  if (status && (!found || !same_file(*status, *found))) {
    write_into(path, O_TRUNC, parts);  // an open file that was removed, by its name in /proc
    return;
  }
  replace_whole(path, target, status, parts);
}

void write_file(const fs::path& path, std::span<const uint8_t> bytes) {
  write_file(path, Parts(&bytes, 1));
}

void write_file(const fs::path& path, std::string_view text) {
  write_file(path, bytes_of(text));
}

std::string problem_of_name(const std::string& name) {
  return name.empty() ? "the name of the file to write is empty" : "";
}

void require_writable(const fs::path& path, std::span<const fs::path> inputs) {
  if (path.empty())
    throw Error(problem_of_name(path));
  if (descriptor_named(path))
    return;
  const std::optional<struct stat> status = status_of(path);
  if (status && refusal(status->st_mode) != nullptr)
    fail(path, refusal(status->st_mode));
  if (status && ::access(path.c_str(), W_OK) != 0)
    can_not(path, errno);
  if (status && !S_ISREG(status->st_mode))
    return;
  require_other_file(path, inputs);
  const fs::path target = without_links(path);
  if (!target.has_filename())
    fail(path, "is the name of a folder; that of a file is expected");
  if (::access(folder_of(target).c_str(), W_OK | X_OK) != 0)
    fail(path, "can not be written, since no file can be made in its folder: " + reason(errno));
}

void require_other_file(const fs::path& path, std::span<const fs::path> inputs) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
    return;
  for (const fs::path& input : inputs) {
    struct stat other {};
    if ((::stat(input.c_str(), &other) == 0 && same_file(status, other)) ||
        is_data_of(path, input)) {
      fail(path, "would be written over, and it is what is read as " + input.string() +
                     "; give the output another name");
    }
  }
}

void require_apart(std::span<const std::string> outputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (outputs[i].empty() || outputs[k].empty())
        continue;
      const fs::path identity = identity_of(outputs[i]);
      if (!identity.empty() && identity == identity_of(outputs[k])) {
        fail(outputs[i], "would be written twice, the second time as " + outputs[k] +
                             "; give each output a name of its own");
      }
    }
  }
}

void make_folder(const fs::path& path) {
  std::error_code code;
  fs::create_directories(path, code);
  if (!code && !fs::is_directory(path, code) && !code)
    code = std::make_error_code(std::errc::not_a_directory);
  if (code)
    fail(path, "can not be made a folder: " + code.message());
}

bool is_standard_output(const fs::path& path) {
  if (const auto descriptor = descriptor_named(path))
    return *descriptor == STDOUT_FILENO;
  struct stat status {};
  struct stat output {};
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) &&
         ::fstat(STDOUT_FILENO, &output) == 0 && same_file(status, output) &&
         !S_ISCHR(status.st_mode);
}

}  // namespace edgy::converter
