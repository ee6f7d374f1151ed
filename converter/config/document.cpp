#include "converter/config/document.h"

#include <algorithm>
#include <cctype>

#include "converter/error.h"

namespace edgy::converter {
namespace {

using Json = JsonDocument::Json;

/// Line and column of offsets of one text.
class Lines {
 public:
  explicit Lines(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n')
        starts_.push_back(i + 1);
    }
  }

  Position at(std::size_t offset) const {
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
    return {static_cast<int>(next - starts_.begin()), static_cast<int>(offset - *(next - 1)) + 1};
  }

 private:
  std::vector<std::size_t> starts_ = {0};
};

/// Offset behind the string that begins at `begin`; the text's end if it is not closed.
std::size_t string_end(std::string_view text, std::size_t begin) {
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return text.size();
}

/// Strict JSON of the same length as `text`: what JSON does not have is overwritten with spaces, so
/// that every offset stays true.
class Repair {
 public:
  Repair(std::string_view text, const std::string& origin, const Lines& lines)
      : text_(text), origin_(origin), lines_(lines) {}

  std::string run() {
    if (text_.starts_with("\xEF\xBB\xBF"))  // byte order mark
      text_.replace(0, 3, 3, ' ');
    std::size_t comma = std::string::npos;  // the last thing seen, if that is a comma
    int depth = 0;
    for (std::size_t i = 0; i < text_.size();) {
      const char c = text_[i];
      if (c == '/' && i + 1 < text_.size() && (text_[i + 1] == '/' || text_[i + 1] == '*')) {
        i = blank_comment(i);
        continue;
      }
      if (std::isspace(static_cast<unsigned char>(c)) != 0) {
        ++i;
        continue;
      }
      if ((c == '}' || c == ']') && comma != std::string::npos) {
        text_[comma] = ' ';
        repairs.push_back(
            {lines_.at(comma), std::string("a comma after the last ") +
                                   (c == '}' ? "member of an object" : "element of a list") +
                                   ", which JSON does not allow; it was skipped"});
      }
      comma = c == ',' ? i : std::string::npos;
      depth += (c == '{' || c == '[') ? 1 : 0;
      depth -= (c == '}' || c == ']') ? 1 : 0;
      if (depth > JsonDocument::kMaxDepth)
        fail(i, "objects and lists are nested deeper than " +
                    std::to_string(JsonDocument::kMaxDepth) + " levels");
      i = c == '"' ? string_end(text_, i) : i + 1;
    }
    return std::move(text_);
  }

  std::vector<Diagnostic> repairs;

 private:
  std::size_t blank_comment(std::size_t begin) {
    const bool line = text_[begin + 1] == '/';
    std::size_t end = text_.find(line ? "\n" : "*/", begin + 2);
    if (end == std::string::npos && !line)
      fail(begin, "a comment begins with /* and is not closed by */");
    end = end == std::string::npos ? text_.size() : end + (line ? 0 : 2);
    for (std::size_t i = begin; i < end; ++i) {
      if (text_[i] != '\n')
        text_[i] = ' ';
    }
    return end;
  }

  [[noreturn]] void fail(std::size_t offset, const std::string& what) const {
    throw Error(to_string({lines_.at(offset), "not valid JSON: " + what}, origin_));
  }

  std::string text_;
  const std::string& origin_;
  const Lines& lines_;
};

/// Walks over strict JSON that has been parsed already and notes where everything is.
class Locator {
 public:
  Locator(std::string_view text, const Lines& lines) : text_(text), lines_(lines) {}

  void run() { value(""); }

  std::map<std::string, Position> positions;
  std::vector<Diagnostic> duplicates;

 private:
  char peek() {
    while (std::isspace(static_cast<unsigned char>(text_[at_])) != 0)
      ++at_;
    return text_[at_];
  }

  void value(const std::string& path) {
    const char c = peek();
    positions.try_emplace(path, lines_.at(at_));
    if (c == '{') {
      object(path);
    } else if (c == '[') {
      list(path);
    } else if (c == '"') {
      at_ = string_end(text_, at_);
    } else {
      at_ = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
    }
  }

  void object(const std::string& path) {
    for (++at_; peek() != '}';) {
      if (text_[at_] == ',') {
        ++at_;
        continue;
      }
      const std::size_t begin = at_;
      at_ = string_end(text_, at_);
      const auto key = Json::parse(text_.substr(begin, at_ - begin)).get<std::string>();
      const std::string member = member_path(path, key);
      if (!positions.try_emplace(member, lines_.at(begin)).second) {
        duplicates.push_back(
            {lines_.at(begin), "the key '" + key + "' occurs twice; the last one counts"});
        positions[member] = lines_.at(begin);
      }
      peek();
      ++at_;  // the colon
      value(member);
    }
    ++at_;
  }

  void list(const std::string& path) {
    std::size_t index = 0;
    for (++at_; peek() != ']';) {
      if (text_[at_] == ',') {
        ++at_;
      } else {
        value(element_path(path, index++));
      }
    }
    ++at_;
  }

  std::string_view text_;
  const Lines& lines_;
  std::size_t at_ = 0;
};

/// The library's message without its own idea of the place.
std::string reason(const nlohmann::json::parse_error& error) {
  const std::string what = error.what();
  const std::size_t column = what.find("column ");
  const std::size_t begin =
      column == std::string::npos ? std::string::npos : what.find(": ", column);
  return begin == std::string::npos ? what : what.substr(begin + 2);
}

}  // namespace

std::string to_string(const Diagnostic& diagnostic, const std::string& origin) {
  std::string place = origin;
  if (diagnostic.at.line > 0) {
    place += ":" + std::to_string(diagnostic.at.line) + ":" + std::to_string(diagnostic.at.column);
  }
  return place + ": " + diagnostic.message;
}

std::string member_path(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

std::string element_path(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

JsonDocument JsonDocument::parse(std::string_view text, const std::string& origin) {
  const Lines lines(text);
  Repair repair(text, origin, lines);
  const std::string strict = repair.run();
  JsonDocument document;
  document.origin_ = origin;
  try {
    document.root_ = Json::parse(strict);
  } catch (const nlohmann::json::parse_error& error) {
    const std::size_t offset = std::min(error.byte > 0 ? error.byte - 1 : 0, text.size());
    throw Error(to_string({lines.at(offset), "not valid JSON: " + reason(error)}, origin));
  }
  Locator locator(strict, lines);
  locator.run();
  document.positions_ = std::move(locator.positions);
  document.repairs_ = std::move(repair.repairs);
  document.repairs_.insert(document.repairs_.end(), locator.duplicates.begin(),
                           locator.duplicates.end());
  return document;
}

Position JsonDocument::position(const std::string& path) const {
  const auto found = positions_.find(path);
  return found == positions_.end() ? Position{} : found->second;
}

}  // namespace edgy::converter
