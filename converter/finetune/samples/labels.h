// Learning from labels of a manifest: a linear head on the mean of the first output.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "converter/finetune/network/optimizer.h"
#include "converter/finetune/samples/crops.h"

namespace edgy::converter::finetune {

/// What recordings are called.
struct Labels {
  std::vector<std::string> classes;  ///< in alphabetical order
  std::map<std::string, int>
      class_of;  ///< by sample name; recordings without a label are not in it
};

/// Labels of the rows of a manifest.csv from its column `column`; rows with an empty field have
/// none. Classes are those of the rows of split `split` (all if empty). Throws Error when there is
/// no such column (naming those there are) or fewer than two classes.
Labels read_labels(const std::filesystem::path& manifest, const std::string& column,
                   const std::string& split);

/// Whole recordings with a label, and how many of them were recognized.
struct LabelCount {
  int64_t right = 0;
  int64_t all = 0;

  double accuracy() const { return all > 0 ? static_cast<double>(right) / double(all) : 0; }
};

/// A linear classifier of mean-pooled outputs, trained along with the model and left out of the
/// result. Only recordings that lie whole in a crop count: a piece of a word has no label.
class LabelHead {
 public:
  /// `channels`: last extent of the output.
  LabelHead(Labels labels, int64_t channels);

  /// Weights (from zero) and bias; they train `rate` times as fast as the model's weights.
  std::vector<Parameter> parameters(double rate) const;

  /// Mean cross-entropy over the labelled recordings of `indices`; undefined if there is none.
  /// `output`: [crops, positions, channels], or [crops, channels] for models without time.
  torch::Tensor loss(const torch::Tensor& output, const Crops& crops,
                     std::span<const std::size_t> indices) const;

  /// Adds what the head makes of them.
  void judge(const torch::Tensor& output, const Crops& crops, std::span<const std::size_t> indices,
             LabelCount& count) const;

  /// Labelled recordings that lie whole in a crop. Throws Error when there is none in `crops`.
  int64_t usable(const Crops& crops) const;

 private:
  struct Pooled {
    torch::Tensor scores;   ///< [recordings, classes]
    torch::Tensor targets;  ///< [recordings], int64
  };
  Pooled classify(const torch::Tensor& output, const Crops& crops,
                  std::span<const std::size_t> indices) const;

  Labels labels_;
  torch::Tensor weight_;  ///< [classes, channels]
  torch::Tensor bias_;    ///< [classes]
};

}  // namespace edgy::converter::finetune
