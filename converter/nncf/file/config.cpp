#include "converter/nncf/file/config.h"

#include "converter/nncf/file/describe_file.h"

namespace edgy::converter::nncf {
namespace {

constexpr const char* kNames[] = {"magnitude_sparsity", "rb_sparsity",  "const_sparsity",
                                  "filter_pruning",     "quantization", "knowledge_distillation"};
static_assert(std::size(kNames) == std::variant_size_v<Algorithm>);

}  // namespace

const char* name_of(const Algorithm& algorithm) {
  return kNames[algorithm.index()];
}

std::vector<std::string> algorithm_names() {
  return {std::begin(kNames), std::end(kNames)};
}

}  // namespace edgy::converter::nncf
