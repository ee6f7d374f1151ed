#include "converter/finetune/samples/labels.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "converter/data/files.h"
#include "converter/error.h"

namespace edgy::converter::finetune {

using torch::Tensor;

namespace {

std::string joined(const auto& words) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

Labels read_labels(const std::filesystem::path& manifest, const std::string& column,
                   const std::string& split) {
  const CsvTable table = read_csv(manifest);
  const int label = table.column(column);
  const int file = table.column("file");
  const int splits = table.column("split");
  if (label < 0 || file < 0)
    throw Error(manifest.string() + ": has no column '" + (file < 0 ? "file" : column) +
                "'; there are: " + joined(table.columns));
  const auto field = [](const std::vector<std::string>& row, int index) -> const std::string& {
    return row[static_cast<std::size_t>(index)];
  };
  std::set<std::string> classes;
  for (const auto& row : table.rows) {
    if (!field(row, label).empty() && (split.empty() || splits < 0 || field(row, splits) == split))
      classes.insert(field(row, label));
  }
  if (classes.size() < 2)
    throw Error(manifest.string() + ": column '" + column + "' holds " +
                (classes.empty() ? "no label" : "only '" + *classes.begin() + "'") +
                (split.empty() ? "" : " in split '" + split + "'") +
                "; there must be two classes to tell apart");
  Labels labels;
  labels.classes.assign(classes.begin(), classes.end());
  for (const auto& row : table.rows) {
    const auto found =
        std::lower_bound(labels.classes.begin(), labels.classes.end(), field(row, label));
    if (found != labels.classes.end() && *found == field(row, label))
      labels.class_of[field(row, file)] = static_cast<int>(found - labels.classes.begin());
  }
  return labels;
}

LabelHead::LabelHead(Labels labels, int64_t channels)
    : labels_(std::move(labels)),
      weight_(torch::zeros({static_cast<int64_t>(labels_.classes.size()), channels})),
      bias_(torch::zeros({static_cast<int64_t>(labels_.classes.size())})) {}

std::vector<Parameter> LabelHead::parameters(double rate) const {
  return {{"labels.weight", weight_, rate, false}, {"labels.bias", bias_, rate, false}};
}

LabelHead::Pooled LabelHead::classify(const Tensor& output, const Crops& crops,
                                      std::span<const std::size_t> indices) const {
  const Tensor values = output.dim() == 2 ? output.unsqueeze(1) : output.flatten(1, -2);
  const int64_t positions = values.size(1);
  std::vector<Tensor> means;
  std::vector<int64_t> targets;
  for (std::size_t k = 0; k < indices.size(); ++k) {
    for (const Mark& mark : crops.marks(indices[k])) {
      const auto found = labels_.class_of.find(mark.sample);
      if (found == labels_.class_of.end())
        continue;
      const auto at = [&](int64_t place) {
        return std::llround(static_cast<double>(place * positions) /
                            static_cast<double>(crops.length()));
      };
      const int64_t first = std::min<int64_t>(at(mark.start), positions - 1);
      const int64_t count = std::max<int64_t>(1, at(mark.start + mark.length) - first);
      means.push_back(values.select(0, static_cast<int64_t>(k)).narrow(0, first, count).mean(0));
      targets.push_back(found->second);
    }
  }
  if (means.empty())
    return {};
  return {at::linear(torch::stack(means), weight_, bias_),
          torch::tensor(targets, torch::TensorOptions().dtype(torch::kLong))};
}

Tensor LabelHead::loss(const Tensor& output, const Crops& crops,
                       std::span<const std::size_t> indices) const {
  const Pooled pooled = classify(output, crops, indices);
  return pooled.scores.defined() ? at::cross_entropy_loss(pooled.scores, pooled.targets) : Tensor();
}

void LabelHead::judge(const Tensor& output, const Crops& crops,
                      std::span<const std::size_t> indices, LabelCount& count) const {
  torch::NoGradGuard no_grad;
  const Pooled pooled = classify(output, crops, indices);
  if (!pooled.scores.defined())
    return;
  count.right += pooled.scores.argmax(-1).eq(pooled.targets).sum().item<int64_t>();
  count.all += pooled.targets.numel();
}

int64_t LabelHead::usable(const Crops& crops) const {
  int64_t count = 0;
  for (std::size_t i = 0; i < crops.size(); ++i) {
    for (const Mark& mark : crops.marks(i))
      count += labels_.class_of.contains(mark.sample) ? 1 : 0;
  }
  if (count == 0)
    throw Error("no recording with a label lies whole in a crop of " +
                std::to_string(crops.length()) + "; give longer ones (--crop)");
  return count;
}

}  // namespace edgy::converter::finetune
