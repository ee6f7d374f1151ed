#include "converter/audit/representation.h"

#include <algorithm>

#include "converter/compress/runner.h"

namespace edgy::converter {
namespace {

/// Codes of the model's codebook: what a histogram of its indices ranges over.
int64_t codebook_size(const format::fb::ModelT& model) {
  for (const auto& op : model.operators) {
    if (op->options.type != format::fb::OperatorOptions::NearestCode)
      continue;
    return model.tensors[static_cast<std::size_t>(op->inputs[1])]->shape[0];
  }
  return 0;
}

/// Collects rows of one tensor until all recordings are seen.
struct Column {
  std::string name;
  std::string pooling;
  std::vector<Eigen::RowVectorXd> rows;
};

void append(std::vector<Column>& columns, std::size_t index, std::string_view name,
            const char* pooling, Eigen::RowVectorXd row) {
  if (index == columns.size())
    columns.push_back({std::string(name), pooling, {}});
  columns[index].rows.push_back(std::move(row));
}

}  // namespace

Eigen::RowVectorXd pool_frames(std::span<const float> values, int64_t frames, int64_t channels,
                               bool channels_first) {
  using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Features x =
      channels_first
          ? Features(Eigen::Map<const RowMajor>(values.data(), channels, frames)
                         .cast<double>()
                         .transpose())
          : Features(Eigen::Map<const RowMajor>(values.data(), frames, channels).cast<double>());
  const Eigen::RowVectorXd mean = x.colwise().mean();
  const Eigen::RowVectorXd deviation =
      (x.rowwise() - mean).array().square().colwise().mean().sqrt();
  Eigen::RowVectorXd row(2 * channels);
  row << mean, deviation;
  return row;
}

Eigen::RowVectorXd pool_indices(std::span<const int64_t> indices, int64_t codes) {
  Eigen::RowVectorXd row = Eigen::RowVectorXd::Zero(codes);
  if (indices.empty())
    return row;
  for (const int64_t index : indices) {
    if (index >= 0 && index < codes)
      row[index] += 1;
  }
  return row / static_cast<double>(indices.size());
}

std::vector<Representation> represent(const format::fb::ModelT& model, CalibrationSource& data,
                                      Progress& progress) {
  Runner runner(model);
  const int64_t codes = codebook_size(model);

  std::vector<Column> columns;
  progress.begin("running the model", data.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    const Sample sample = data.sample(i);
    const std::vector<Tensor> outputs = runner.run(sample);
    std::size_t column = 0;
    const Tensor& first = sample.inputs.front();
    if (first.type == DataType::F32 && first.shape.size() == 3) {
      append(columns, column++, first.name, "mean and deviation",
             pool_frames(first.values<float>(), first.shape[2], first.shape[1], true));
    }
    for (const Tensor& output : outputs) {
      if (output.type == DataType::F32 && output.shape.size() == 3) {
        append(columns, column++, output.name, "mean and deviation",
               pool_frames(output.values<float>(), output.shape[1], output.shape[2], false));
      } else if (output.type == DataType::I64 && codes > 0) {
        append(columns, column++, output.name, "histogram",
               pool_indices(output.values<int64_t>(), codes));
      }
    }
    progress.advance();
  }
  progress.end();

  std::vector<Representation> representations;
  for (const Column& column : columns) {
    Features features(static_cast<Eigen::Index>(column.rows.size()), column.rows.front().size());
    for (std::size_t i = 0; i < column.rows.size(); ++i)
      features.row(static_cast<Eigen::Index>(i)) = column.rows[i];
    representations.push_back({column.name, column.pooling, std::move(features)});
  }
  return representations;
}

}  // namespace edgy::converter
