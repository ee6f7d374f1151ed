#include "converter/nncf/file/scopes.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <memory>

#include "converter/error.h"

namespace edgy::converter::nncf {
namespace {

constexpr std::string_view kMark = "{re}";

/// Steps of the matcher for one name: a tenth of a second. Repeats inside repeats take a number
/// that doubles with each letter of a name.
constexpr uint32_t kMostSteps = 1'000'000;

struct Free {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};

PCRE2_SPTR units(std::string_view text) {
  return reinterpret_cast<PCRE2_SPTR>(text.data());
}

std::string reason(int code) {
  PCRE2_UCHAR text[256];
  const int length = pcre2_get_error_message(code, text, sizeof text);
  return length < 0 ? "" : std::string(reinterpret_cast<const char*>(text));
}

using Pattern = std::unique_ptr<pcre2_code, Free>;

Pattern compile(const std::string& expression, int& error, std::size_t& offset) {
  return Pattern(pcre2_compile(units(expression), expression.size(), 0, &error, &offset, nullptr));
}

/// Whether the expression occurs anywhere in `layer`.
bool occurs(const std::string& entry, const std::string& layer) {
  int error = 0;
  std::size_t offset = 0;
  const Pattern pattern = compile(expression_of(entry), error, offset);
  if (!pattern)
    throw Error(scope_mistake(entry));
  const std::unique_ptr<pcre2_match_data, Free> data(
      pcre2_match_data_create_from_pattern(pattern.get(), nullptr));
  const std::unique_ptr<pcre2_match_context, Free> context(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(context.get(), kMostSteps);
  const int result =
      pcre2_match(pattern.get(), units(layer), layer.size(), 0, 0, data.get(), context.get());
  if (result < PCRE2_ERROR_NOMATCH) {
    throw Error("'" + entry + "' cannot be matched with the layer '" + layer +
                "': " + reason(result) +
                "; write it so that no part can match in very many ways, as (a+)+ does");
  }
  return result != PCRE2_ERROR_NOMATCH;
}

}  // namespace

bool is_expression(const std::string& entry) {
  return entry.find(kMark) != std::string::npos;
}

std::string expression_of(const std::string& entry) {
  std::string expression = entry;
  for (std::size_t at = 0; (at = expression.find(kMark, at)) != std::string::npos;)
    expression.erase(at, kMark.size());
  return expression;
}

std::string scope_mistake(const std::string& entry) {
  if (!is_expression(entry))
    return "";
  int error = 0;
  std::size_t offset = 0;
  const std::string expression = expression_of(entry);
  if (compile(expression, error, offset))
    return "";
  return "'" + entry + "' is no regular expression (Perl's and Python's): " + reason(error) +
         ", at character " + std::to_string(offset + 1) + " of '" + expression + "'";
}

bool scope_matches(const std::string& entry, const std::string& layer) {
  return is_expression(entry) ? occurs(entry, layer) : entry == layer;
}

bool in_scope(const Scopes& scopes, const std::string& layer) {
  const auto matches = [&](const std::string& entry) { return scope_matches(entry, layer); };
  return (scopes.target.empty() ||
          std::any_of(scopes.target.begin(), scopes.target.end(), matches)) &&
         std::none_of(scopes.ignored.begin(), scopes.ignored.end(), matches);
}

}  // namespace edgy::converter::nncf
