#include "converter/config/document.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>

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

/// The end of a value that begins at `at`, of strict JSON that has been parsed already.
std::size_t value_end(std::string_view text, std::size_t at) {
  if (text[at] == '"')
    return string_end(text, at);
  if (text[at] != '{' && text[at] != '[')
    return std::min(text.find_first_of(",]} \t\r\n", at), text.size());
  for (int depth = 0; at < text.size();) {
    const char c = text[at];
    depth += (c == '{' || c == '[') ? 1 : 0;
    depth -= (c == '}' || c == ']') ? 1 : 0;
    at = c == '"' ? string_end(text, at) : at + 1;
    if (depth == 0)
      break;
  }
  return at;
}

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])) != 0)
    ++at;
  return at;
}

/// A string of JSON with its quotes, as what it means.
std::string string_value(std::string_view quoted) {
  return quoted.find('\\') == std::string_view::npos
             ? std::string(quoted.substr(1, quoted.size() - 2))
             : Json::parse(quoted).get<std::string>();
}

/// Calls visit(key's offset, key, value's offset) for the members of the object that begins at
/// `at`, until it says false.
template <typename Visit>
void for_members(std::string_view text, std::size_t at, Visit visit) {
  for (at = skip_space(text, at + 1); text[at] != '}'; at = skip_space(text, at)) {
    if (text[at] == ',') {
      ++at;
      continue;
    }
    const std::size_t key = at;
    at = string_end(text, at);
    const std::string name = string_value(text.substr(key, at - key));
    at = skip_space(text, skip_space(text, at) + 1);  // behind the colon
    if (!visit(key, name, at))
      return;
    at = value_end(text, at);
  }
}

/// The same for elements of a list: visit(index, value's offset).
template <typename Visit>
void for_elements(std::string_view text, std::size_t at, Visit visit) {
  std::size_t index = 0;
  for (at = skip_space(text, at + 1); text[at] != ']'; at = skip_space(text, at)) {
    if (text[at] == ',') {
      ++at;
    } else if (visit(index++, at)) {
      at = value_end(text, at);
    } else {
      return;
    }
  }
}

/// Whether `path` goes on after a member or element.
bool is_step(std::string_view path) {
  return path.empty() || path[0] == '.' || path[0] == '[';
}

/// Offset of what `path` means from the value at `at` on; nothing if the text has it not. Of a key
/// that occurs twice the last counts.
std::optional<std::size_t> find_path(std::string_view text, std::size_t at, std::size_t named,
                                     std::string_view path, bool at_root) {
  if (path.empty())
    return named;
  std::optional<std::size_t> found;
  if (text[at] == '{' && (at_root || path[0] == '.')) {
    const std::string_view rest = at_root ? path : path.substr(1);
    for_members(text, at, [&](std::size_t key, const std::string& name, std::size_t value) {
      if (rest.starts_with(name) && is_step(rest.substr(name.size()))) {
        if (const auto place = find_path(text, value, key, rest.substr(name.size()), false))
          found = place;
      }
      return true;
    });
  }
  if (text[at] == '[' && path[0] == '[') {
    for_elements(text, at, [&](std::size_t index, std::size_t value) {
      const std::string step = element_path("", index);
      if (path.starts_with(step))
        found = find_path(text, value, value, path.substr(step.size()), false);
      return !found && !path.starts_with(step);
    });
  }
  return found;
}

/// Calls report(offset, key) for each key that its object has had before.
template <typename Report>
void find_duplicates(std::string_view text, std::size_t at, const Report& report) {
  if (text[at] == '{') {
    std::set<std::string> keys;
    for_members(text, at, [&](std::size_t key, const std::string& name, std::size_t value) {
      if (!keys.insert(name).second)
        report(key, name);
      find_duplicates(text, value, report);
      return true;
    });
  } else if (text[at] == '[') {
    for_elements(text, at, [&](std::size_t, std::size_t value) {
      find_duplicates(text, value, report);
      return true;
    });
  }
}

/// The library's message without its own idea of the place.
std::string reason(const std::string& what) {
  const std::size_t column = what.find("column ");
  const std::size_t begin =
      column == std::string::npos ? std::string::npos : what.find(": ", column);
  return begin == std::string::npos ? what : what.substr(begin + 2);
}

/// Reads JSON for nothing but its first mistake.
struct Checker : nlohmann::json_sax<Json> {
  std::size_t offset = 0;
  std::string mistake;

  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(number_integer_t /*value*/) override { return true; }
  bool number_unsigned(number_unsigned_t /*value*/) override { return true; }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
  bool string(string_t& /*value*/) override { return true; }
  bool binary(binary_t& /*value*/) override { return true; }
  bool start_object(std::size_t /*size*/) override { return true; }
  bool key(string_t& /*value*/) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t /*size*/) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::detail::exception& error) override {
    constexpr int kNumberOverflow = 406;  // its message has no place
    const bool overflow = error.id == kNumberOverflow;
    offset = position - std::min(position, overflow ? token.size() : 1);
    mistake = overflow ? "the number " + token + " is too large" : reason(error.what());
    return false;
  }
};

}  // namespace

bool is_before(const Diagnostic& a, const Diagnostic& b) {
  return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
}

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
  if (text.size() > kMostBytes)
    throw Error(origin + ": has " + std::to_string(text.size()) +
                " bytes; a configuration of up to " + std::to_string(kMostBytes) + " is read");
  const Lines lines(text);
  Repair repair(text, origin, lines);
  JsonDocument document;
  document.origin_ = origin;
  document.text_ = repair.run();
  Checker checker;
  if (!Json::sax_parse(document.text_, &checker)) {
    const Position place = lines.at(std::min(checker.offset, text.size()));
    throw Error(to_string({place, "not valid JSON: " + checker.mistake}, origin));
  }
  document.root_ = Json::parse(document.text_);
  document.repairs_ = std::move(repair.repairs);
  find_duplicates(
      document.text_, skip_space(document.text_, 0),
      [&](std::size_t offset, const std::string& key) {
        document.repairs_.push_back(
            {lines.at(offset), "the key '" + key + "' occurs twice; the last one counts"});
      });
  return document;
}

Position JsonDocument::position(const std::string& path) const {
  const std::size_t root = skip_space(text_, 0);
  const auto found = find_path(text_, root, root, path, true);
  return found ? Lines(text_).at(*found) : Position{};
}

}  // namespace edgy::converter
