// NNCF's settings, algorithm by algorithm, as fields.h wants them: the parser and the schema both
// come from here. Help texts are what an editor shows.
#pragma once

#include "converter/config/fields.h"
#include "converter/nncf/file/config.h"

namespace edgy::converter::nncf {

inline const Names<std::string> kFillers = {
    {"random", "random"}, {"zeros", "zeros"}, {"ones", "ones"}};

inline constexpr Limits kLevel = {0, 1, false, true};
inline constexpr Limits kAtLeast0 = {0, 1e9};
inline constexpr Limits kAtLeast1 = {1, 1e9};
inline constexpr Limits kPositive = {0, 1e9, true};

template <typename Visitor>
void describe(Visitor& v, Scopes& scopes) {
  v.texts("target_scopes", scopes.target,
          "Layers that are touched, by name or \"{re}\" and a regular expression; all if absent.");
  v.texts("ignored_scopes", scopes.ignored,
          "Layers that are left alone, by name or \"{re}\" and a regular expression.");
}

template <typename Visitor>
void describe(Visitor& v, BatchNormAdaptation& adaptation) {
  v.number({"num_bn_adaptation_samples", {"num_bn_adaptation_steps"}}, adaptation.samples,
           kAtLeast0,
           "Training samples on which batch normalization is measured again before fine-tuning.");
  v.number({"num_bn_forget_samples", {"num_bn_forget_steps"}}, adaptation.forget_samples, kAtLeast0,
           "Samples before those, with a high momentum, so that old statistics fade.");
}

/// The "initializer" of algorithms that have nothing but batch normalization to prepare.
template <typename Visitor>
void describe_initializer(Visitor& v, BatchNormAdaptation& adaptation) {
  v.object("initializer", "What happens before fine-tuning.", [&](auto& initializer) {
    initializer.object("batchnorm_adaptation", "Measure batch normalization again.",
                       [&](auto& member) { describe(member, adaptation); });
  });
}

template <typename Visitor>
void describe(Visitor& v, InputInfo& input) {
  v.numbers("sample_size", input.sample_size, kAtLeast1,
            "Shape of the input, batch first; Edgy compares it with the model's own.");
  v.text("type", input.type, "Element type of the input: \"float\" for a log-mel.");
  v.choice("filler", input.filler, kFillers, "What fills the input while NNCF traces the model.");
  v.text("keyword", input.keyword, "Name of the input.");
}

template <typename Visitor>
void describe(Visitor& v, ConstSparsity& algorithm) {
  describe(v, algorithm.scopes);
}

inline const Names<DistillationKind> kDistillationKinds = {{"mse", DistillationKind::kMse},
                                                           {"softmax", DistillationKind::kSoftmax}};

template <typename Visitor>
void describe(Visitor& v, KnowledgeDistillation& algorithm) {
  v.choice("type", algorithm.kind, kDistillationKinds, "How outputs are compared.");
  v.number("scale", algorithm.scale, kPositive, "Weight of distillation in the loss.");
  v.number("temperature", algorithm.temperature, kPositive, "Softens a softmax.");
}

}  // namespace edgy::converter::nncf
