#include "converter/data/files.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "converter/error.h"

namespace edgy::converter {
namespace {

std::vector<std::string> split_line(const std::string& line) {
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
  return fields;
}

}  // namespace

std::vector<uint8_t> read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path))
    throw Error(path.string() + ": can not be read");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

int CsvTable::column(const std::string& name) const {
  const auto found = std::find(columns.begin(), columns.end(), name);
  return found == columns.end() ? -1 : static_cast<int>(found - columns.begin());
}

CsvTable read_csv(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file)
    throw Error(path.string() + ": can not be read");
  CsvTable table;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line == "\r")
      continue;
    std::vector<std::string> fields = split_line(line);
    if (table.columns.empty()) {
      table.columns = std::move(fields);
    } else if (fields.size() != table.columns.size()) {
      throw Error(path.string() + ":" + std::to_string(number) + ": " +
                  std::to_string(fields.size()) + " columns; the header has " +
                  std::to_string(table.columns.size()));
    } else {
      table.rows.push_back(std::move(fields));
    }
  }
  return table;
}

}  // namespace edgy::converter
