#include "converter/config/object_reader.h"

#include <charconv>
#include <sstream>

#include "converter/config/nearest_name.h"
#include "converter/error.h"

namespace edgy::converter {
namespace {

/// The whole of `text` as a number, spaces around it aside.
std::optional<double> number_in(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  const std::size_t end = text.find_last_not_of(" \t");
  if (begin == std::string::npos)
    return std::nullopt;
  const char* first = text.data() + begin;
  const char* last = text.data() + end + 1;
  double value = 0;
  const auto [stopped, failure] = std::from_chars(first, last, value);
  if (failure != std::errc() || stopped != last)
    return std::nullopt;
  return value;
}

/// A value in an error message: whole, unless it is long.
std::string shown(const JsonDocument::Json& value) {
  const std::string text = value.dump(-1, ' ', false, JsonDocument::Json::error_handler_t::replace);
  return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

}  // namespace

bool contains(const Limits& limits, double value) {
  return (limits.excludes_low ? value > limits.low : value >= limits.low) &&
         (limits.excludes_high ? value < limits.high : value <= limits.high);
}

std::string to_string(const Limits& limits) {
  std::ostringstream text;
  text.precision(12);
  if (!limits.excludes_low && !limits.excludes_high && std::isfinite(limits.high)) {
    text << "from " << limits.low << " to " << limits.high;
    return text.str();
  }
  text << (limits.excludes_low ? "above " : "of at least ") << limits.low;
  if (std::isfinite(limits.high))
    text << " and " << (limits.excludes_high ? "below " : "at most ") << limits.high;
  return text.str();
}

void throw_errors(const Findings& findings, const std::string& origin) {
  std::string text;
  for (const Diagnostic& error : findings.errors)
    text += (text.empty() ? "" : "\n") + to_string(error, origin);
  if (!text.empty())
    throw Error(text);
}

ObjectReader::ObjectReader(const JsonDocument& document, ReadingRules rules, Findings& findings,
                           const Json& object, std::string path, std::string canonical)
    : document_(document),
      rules_(rules),
      findings_(findings),
      object_(&object),
      path_(std::move(path)),
      canonical_(std::move(canonical)) {
  if (!object.is_object()) {
    static const Json kEmpty = Json::object();
    object_ = &kEmpty;
    error_at(path_,
             (path_.empty() ? "" : path_ + ": ") + "an object is expected, not " + shown(object));
  }
}

const ObjectReader::Json* ObjectReader::find(const Key& key) {
  known_.push_back(key.name);
  known_.insert(known_.end(), key.old.begin(), key.old.end());
  const std::string name = present_name(key);
  if (!object_->contains(name))
    return nullptr;
  findings_.given[member_path(canonical_, key.name)] = path_of(key);
  return &object_->at(name);
}

std::string ObjectReader::present_name(const Key& key) const {
  if (!object_->contains(key.name)) {
    for (const char* old : key.old) {
      if (object_->contains(old))
        return old;
    }
  }
  return key.name;
}

std::optional<double> ObjectReader::read_number(const Json& found, const Limits& limits,
                                                bool integers_only) const {
  std::optional<double> value;
  if (found.is_number()) {
    value = found.get<double>();
  } else if (found.is_string() && rules_.numbers_in_strings) {
    value = number_in(found.get<std::string>());
  }
  if (!value || !contains(limits, *value) || (integers_only && std::trunc(*value) != *value) ||
      (integers_only && std::fabs(*value) > 0x1p53)) {
    return std::nullopt;
  }
  return value;
}

std::string ObjectReader::expected_number(const Limits& limits, bool integers_only) const {
  return (integers_only ? "an integer " : "a number ") + to_string(limits);
}

void ObjectReader::boolean(const Key& key, bool& value, const char* /*help*/) {
  const Json* found = find(key);
  if (found == nullptr)
    return;
  if (found->is_boolean()) {
    value = found->get<bool>();
  } else {
    expected(key, "true or false");
  }
}

void ObjectReader::boolean(const Key& key, std::optional<bool>& value, const char* help) {
  if (has(key)) {
    bool read = false;
    boolean(key, read, help);
    value = read;
  }
}

void ObjectReader::text(const Key& key, std::string& value, const char* /*help*/) {
  const Json* found = find(key);
  if (found == nullptr)
    return;
  if (found->is_string()) {
    value = found->get<std::string>();
  } else {
    expected(key, "a string");
  }
}

void ObjectReader::texts(const Key& key, std::vector<std::string>& value, const char* /*help*/) {
  const Json* found = find(key);
  if (found == nullptr)
    return;
  if (found->is_string()) {
    value = {found->get<std::string>()};
    return;
  }
  const auto is_string = [](const Json& entry) { return entry.is_string(); };
  if (!found->is_array() || !std::all_of(found->begin(), found->end(), is_string)) {
    expected(key, "a string or a list of strings");
    return;
  }
  value = found->get<std::vector<std::string>>();
}

void ObjectReader::unused(const Key& key, const char* reason) {
  if (has(key))
    warn_at(path_of(key), path_of(key) + " has no effect in Edgy: " + reason);
}

void ObjectReader::finish() {
  for (const auto& [key, value] : object_->items()) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end())
      continue;
    std::string message = path_.empty() ? "" : path_ + ": ";
    message += "unknown key '" + key + "'";
    if (!known_.empty())
      message += "; did you mean '" + nearest_name(key, known_) + "'?";
    const std::string path = member_path(path_, key);
    if (rules_.unknown_keys_warn) {
      warn_at(path, message + " It is ignored.");
    } else {
      error_at(path, message);
    }
  }
}

void ObjectReader::skip_all() {
  for (const auto& [key, value] : object_->items())
    known_.push_back(key);
}

bool ObjectReader::states(const std::string& setting) const {
  return findings_.given.contains(member_path(canonical_, setting));
}

std::string ObjectReader::document_path(const std::string& setting) const {
  const auto found = findings_.given.find(member_path(canonical_, setting));
  return setting.empty() || found == findings_.given.end() ? path_ : found->second;
}

void ObjectReader::error(const std::string& setting, const std::string& message) {
  const std::string path = document_path(setting);
  error_at(path, (path.empty() ? "" : path + ": ") + message);
}

void ObjectReader::warn(const std::string& setting, const std::string& message) {
  const std::string path = document_path(setting);
  warn_at(path, (path.empty() ? "" : path + ": ") + message);
}

void ObjectReader::expected(const Key& key, const std::string& what) {
  error_at(path_of(key), path_of(key) + ": " + what + " is expected, not " +
                             shown(object_->at(present_name(key))));
}

void ObjectReader::error_at(const std::string& path, const std::string& message) {
  findings_.errors.push_back({document_.position(path), message});
}

void ObjectReader::warn_at(const std::string& path, const std::string& message) {
  findings_.warnings.push_back({document_.position(path), message});
}

}  // namespace edgy::converter
