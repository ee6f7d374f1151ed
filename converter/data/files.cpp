#include "converter/data/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>

#include "converter/error.h"
#include "converter/text.h"

namespace edgy::converter {
namespace {

[[noreturn]] void can_not(const std::filesystem::path& path) {
  throw Error(path.string() + ": can not be read: " + std::generic_category().message(errno));
}

class Reader {
 public:
  explicit Reader(const std::filesystem::path& path)
      : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)) {
    if (descriptor_ < 0)
      can_not(path_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { ::close(descriptor_); }

  /// Bytes that are there, as far as the file system knows: 0 for a pipe.
  std::size_t size() const {
    struct stat status {};
    return ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode)
               ? static_cast<std::size_t>(status.st_size)
               : 0;
  }
  /// What comes next, as far as `into` goes; 0 bytes at the end.
  std::size_t read(std::span<uint8_t> into) {
    for (;;) {
      const ssize_t count = ::read(descriptor_, into.data(), into.size());
      if (count >= 0)
        return static_cast<std::size_t>(count);
      if (errno != EINTR)
        can_not(path_);
    }
  }

 private:
  const std::filesystem::path& path_;
  int descriptor_;
};

/// Fields of one line; nothing if a quote is not closed.
std::optional<std::vector<std::string>> split_line(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      if (quoted && i + 1 < line.size() && line[i + 1] == '"') {
        fields.back() += line[i++];
      } else {
        quoted = !quoted;
      }
    } else if (line[i] == ',' && !quoted) {
      fields.emplace_back();
    } else if (line[i] != '\r') {
      fields.back() += line[i];
    }
  }
  return quoted ? std::nullopt : std::optional(std::move(fields));
}

}  // namespace

std::vector<uint8_t> read_bytes(const std::filesystem::path& path, std::size_t limit) {
  Reader reader(path);
  std::vector<uint8_t> bytes;
  if (reader.size() > limit)
    throw Error(path.string() + ": has " + std::to_string(reader.size()) + " bytes; at most " +
                std::to_string(limit) + " are read");
  bytes.reserve(reader.size());  // once, and no more than is there
  uint8_t chunk[1 << 16];
  while (const std::size_t count = reader.read(chunk)) {
    bytes.insert(bytes.end(), chunk, chunk + count);
    if (bytes.size() > limit)
      throw Error(path.string() + ": does not end after " + std::to_string(limit) +
                  " bytes, the most that are read");
  }
  return bytes;
}

int CsvTable::column(const std::string& name) const {
  const auto found = std::find(columns.begin(), columns.end(), name);
  return found == columns.end() ? -1 : static_cast<int>(found - columns.begin());
}

CsvTable read_csv(const std::filesystem::path& path) {
  const std::vector<uint8_t> bytes = read_bytes(path);
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\xEF\xBB\xBF"))  // byte order mark
    text.remove_prefix(3);
  CsvTable table;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.empty() || line == "\r")
      continue;
    const std::string place = path.string() + ":" + std::to_string(number) + ": ";
    auto fields = split_line(line);
    if (!fields)
      throw Error(place + "a quoted field is not closed; it has to end on its line");
    if (table.columns.empty()) {
      table.columns = std::move(*fields);
    } else if (fields->size() != table.columns.size()) {
      throw Error(place + std::to_string(fields->size()) + " columns; the header has " +
                  std::to_string(table.columns.size()));
    } else {
      table.rows.push_back(std::move(*fields));
    }
  }
  return table;
}

std::string file_safe_name(std::string_view name) {
  std::string safe = escaped(name);
  std::replace_if(
      safe.begin(), safe.end(), [](char c) { return c == '/' || c == ':' || c == '\\'; }, '_');
  return safe;
}

std::optional<std::size_t> find_name(const std::vector<std::string>& names,
                                     const std::string& spelling) {
  const auto exact = std::find(names.begin(), names.end(), spelling);
  if (exact != names.end())
    return static_cast<std::size_t>(exact - names.begin());
  const std::string safe = file_safe_name(spelling);
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (file_safe_name(names[i]) != safe)
      continue;
    if (found)
      throw Error(in_quotes(spelling) + " may be " + in_quotes(names[*found]) + " or " +
                  in_quotes(names[i]) + ": give the name as the model has it");
    found = i;
  }
  return found;
}

}  // namespace edgy::converter
