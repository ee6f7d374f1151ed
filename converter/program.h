// What every program of Edgy does around its work: streams, errors, exit codes.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

namespace edgy::converter {

/// Runs `body`, which returns an exit code, as the whole of a program called `name` in messages:
///  * standard streams that are closed are put out of reach of files that are opened later;
///  * what is written to std::cout and std::cerr is escaped (text.h, line by line), so
///    that names out of files cannot steer a terminal;
///  * what is thrown becomes one message on standard error and exit code 1, memory that ran out
///    included;
///  * standard output that could not take everything is an error, too.
int run_program(const std::string& name, const std::function<int()>& body);

/// JSON with what the library leaves of control characters and bidirectional marks written as JSON
/// escapes, so that escaping it for a terminal changes nothing.
std::string with_json_escapes(std::string json);

/// JSON as programs read it, and people: in lines of their own, indented by two spaces, or in one
/// line if `indent` is -1. Strings that are no UTF-8 hold U+FFFD where they are not.
template <typename Json>
std::string json_text(const Json& json, int indent = 2) {
  return with_json_escapes(json.dump(indent, ' ', false, Json::error_handler_t::replace));
}

}  // namespace edgy::converter
