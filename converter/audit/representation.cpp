#include "converter/audit/representation.h"

#include <algorithm>
#include <mutex>
#include <optional>

#include "converter/calibration/runner.h"
#include "converter/error.h"
#include "converter/parallel.h"
#include "converter/quantization/float16_storage.h"

namespace edgy::converter {
namespace {

constexpr int kParts = 4;

/// The code vectors, [codes, channels]; nothing when the model has none.
std::optional<Frames> codebook_of(const format::fb::ModelT& model) {
  for (const auto& op : model.operators) {
    if (op->options.type != format::fb::OperatorOptions::NearestCode)
      continue;
    const auto& tensor = *model.tensors[static_cast<std::size_t>(op->inputs[1])];
    if (tensor.type != DataType::F32 || tensor.buffer < 0 || tensor.shape.size() != 2)
      return std::nullopt;
    const auto& bytes = model.buffers[static_cast<std::size_t>(tensor.buffer)]->data;
    return Frames(Eigen::Map<const Frames>(reinterpret_cast<const float*>(bytes.data()),
                                           tensor.shape[0], tensor.shape[1]));
  }
  return std::nullopt;
}

/// One recording in one representation.
struct Row {
  std::string name;
  bool input = false;
  Eigen::Index codes = 0;
  Eigen::RowVectorXd voice;
  Eigen::RowVectorXd content;
};

Row row_of_frames(const std::string& name, const Frames& frames) {
  return {name, false, 0, pool_frames(frames), pool_parts(frames, kParts)};
}

Row row_of_codes(const Tensor& indices, const Frames& codebook) {
  const std::span<const int64_t> codes = indices.values<int64_t>();
  Frames vectors(static_cast<Eigen::Index>(codes.size()), codebook.cols());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes[i] < 0 || codes[i] >= codebook.rows())
      throw Error(indices.name + ": code " + std::to_string(codes[i]) + " is not in the codebook");
    vectors.row(static_cast<Eigen::Index>(i)) = codebook.row(codes[i]);
  }
  Row row = row_of_frames(indices.name, vectors);
  row.codes = codebook.rows();
  const Eigen::RowVectorXd moments = row.voice;
  const Eigen::RowVectorXd histogram = pool_indices(codes, codebook.rows());
  row.voice.resize(moments.size() + histogram.size());
  row.voice << moments, histogram;
  return row;
}

bool has_frames(const Tensor& tensor) {
  return tensor.type == DataType::F32 && tensor.shape.size() == 3 && tensor.shape[0] == 1;
}

/// The first input is channels-first, as a source model declares it; outputs are [1, T, D].
std::vector<Row> rows_of(const Sample& sample, const std::vector<Tensor>& outputs,
                         const std::optional<Frames>& codebook) {
  std::vector<Row> rows;
  const Tensor& first = sample.inputs.front();
  if (has_frames(first)) {
    const Frames channels =
        Eigen::Map<const Frames>(first.values<float>().data(), first.shape[1], first.shape[2]);
    rows.push_back(row_of_frames(first.name, channels.transpose()));
    rows.back().input = true;
  }
  for (const Tensor& output : outputs) {
    if (has_frames(output)) {
      rows.push_back(
          row_of_frames(output.name, Eigen::Map<const Frames>(output.values<float>().data(),
                                                              output.shape[1], output.shape[2])));
    } else if (output.type == DataType::I64 && codebook) {
      rows.push_back(row_of_codes(output, *codebook));
    }
  }
  return rows;
}

std::vector<Representation> gather(const std::vector<std::vector<Row>>& recordings) {
  std::vector<Representation> representations;
  if (recordings.empty())
    return representations;
  const auto count = static_cast<Eigen::Index>(recordings.size());
  for (std::size_t column = 0; column < recordings.front().size(); ++column) {
    const Row& first = recordings.front()[column];
    Representation made{first.name, first.input, first.codes, Features(count, first.voice.size()),
                        Features(count, first.content.size())};
    for (Eigen::Index i = 0; i < count; ++i) {
      const Row& row = recordings[static_cast<std::size_t>(i)][column];
      made.voice.row(i) = row.voice;
      made.content.row(i) = row.content;
    }
    representations.push_back(std::move(made));
  }
  return representations;
}

}  // namespace

Eigen::RowVectorXd pool_frames(const Frames& frames) {
  const Features x = frames.cast<double>();
  const Eigen::RowVectorXd mean = x.colwise().mean();
  const Eigen::RowVectorXd deviation =
      (x.rowwise() - mean).array().square().colwise().mean().sqrt();
  Eigen::RowVectorXd row(2 * x.cols());
  row << mean, deviation;
  return row;
}

Eigen::RowVectorXd pool_parts(const Frames& frames, int parts) {
  const Features x = frames.cast<double>();
  Eigen::RowVectorXd row(parts * x.cols());
  for (Eigen::Index part = 0; part < parts; ++part) {
    const Eigen::Index begin = std::min(x.rows() - 1, part * x.rows() / parts);
    const Eigen::Index end = std::max(begin + 1, (part + 1) * x.rows() / parts);
    row.segment(part * x.cols(), x.cols()) = x.middleRows(begin, end - begin).colwise().mean();
  }
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

std::vector<Representation> represent(const format::fb::ModelT& model, const DatasetFactory& open,
                                      Progress& progress) {
  // A runner and a data set for each worker: neither may be shared between threads.
  struct Worker {
    std::unique_ptr<CalibrationSource> data;
    std::unique_ptr<Runner> runner;
  };
  std::vector<Worker> workers(static_cast<std::size_t>(worker_count()));
  for (Worker& worker : workers)
    worker = {open(), std::make_unique<Runner>(model)};
  format::fb::ModelT expanded = model;
  expand_float16(expanded);
  const std::optional<Frames> codebook = codebook_of(expanded);
  const std::size_t count = workers.front().data->size();

  std::vector<std::vector<Row>> recordings(count);
  std::mutex progress_lock;
  progress.begin("running the model", count);
  parallel_for(static_cast<int64_t>(count), [&](int64_t index, int64_t thread) {
    const auto i = static_cast<std::size_t>(index);
    const Worker& worker = workers[static_cast<std::size_t>(thread)];
    const Sample sample = worker.data->sample(i);
    recordings[i] = rows_of(sample, worker.runner->run(sample), codebook);
    const std::lock_guard lock(progress_lock);
    progress.advance();
  });
  progress.end();
  return gather(recordings);
}

}  // namespace edgy::converter
