// What each algorithm will do, in words.
#pragma once

#include <initializer_list>
#include <set>
#include <string>

#include "converter/nncf/explain/explain.h"
#include "converter/nncf/file/words.h"

namespace edgy::converter::nncf {

/// Which settings of one algorithm the file states.
class Facts {
 public:
  Facts(const std::set<std::string>& given, std::string path)
      : given_(given), path_(std::move(path)) {}
  bool states(const std::string& setting) const { return given_.contains(path_ + "." + setting); }

 private:
  const std::set<std::string>& given_;
  std::string path_;
};

ExplainedAlgorithm explain_algorithm(const MagnitudeSparsity& algorithm, const Facts& facts);
ExplainedAlgorithm explain_algorithm(const RbSparsity& algorithm, const Facts& facts);
ExplainedAlgorithm explain_algorithm(const ConstSparsity& algorithm, const Facts& facts);
ExplainedAlgorithm explain_algorithm(const FilterPruning& algorithm, const Facts& facts);
ExplainedAlgorithm explain_algorithm(const Quantization& algorithm, const Facts& facts);
ExplainedAlgorithm explain_algorithm(const KnowledgeDistillation& algorithm, const Facts& facts);

// Parts that several algorithms have in common.

/// One note that names those of `settings` that the file states, if there are any.
void note_without_effect(ExplainedAlgorithm& out, const Facts& facts,
                         std::initializer_list<const char*> settings, const char* reason);
void explain_scopes(ExplainedAlgorithm& out, const Scopes& scopes, const char* what);
void explain_batch_norm(ExplainedAlgorithm& out, const BatchNormAdaptation& adaptation,
                        const Facts& facts);

}  // namespace edgy::converter::nncf
