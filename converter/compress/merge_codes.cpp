#include "converter/compress/merge_codes.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <set>

#include "converter/calibration/runner.h"
#include "converter/data/files.h"
#include "converter/data/segments.h"
#include "converter/error.h"
#include "converter/export/codes.h"

namespace edgy::converter {
namespace fb = format::fb;

namespace {

constexpr int kQuarters = 4;

/// n log2 n summed over the entries minus that of their sum: minus n times the entropy in bits.
double negative_information(const Eigen::RowVectorXd& counts) {
  const double total = counts.sum();
  if (total <= 0)
    return 0;
  double sum = 0;
  for (const double count : counts)
    sum += count > 0 ? count * std::log2(count / total) : 0;
  return sum;
}

/// What is lost about the columns of `counts` when rows `a` and `b` become one, in bits a count.
double loss(const Eigen::MatrixXd& counts, double total, Eigen::Index a, Eigen::Index b) {
  if (counts.cols() == 0 || total <= 0)
    return 0;
  return (negative_information(counts.row(a)) + negative_information(counts.row(b)) -
          negative_information(counts.row(a) + counts.row(b))) /
         total;
}

/// Labels by the number of their column.
class Columns {
 public:
  Eigen::Index of(const std::string& label) {
    return columns_.emplace(label, static_cast<Eigen::Index>(columns_.size())).first->second;
  }
  Eigen::Index size() const { return static_cast<Eigen::Index>(columns_.size()); }

 private:
  std::map<std::string, Eigen::Index> columns_;
};

/// Counts of pairs, whose number of columns is known when all were seen.
class PairCounts {
 public:
  void add(int64_t code, Eigen::Index column) { counts_[{code, column}] += 1; }
  Eigen::MatrixXd matrix(Eigen::Index codes, Eigen::Index columns) const {
    Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(codes, columns);
    for (const auto& [pair, count] : counts_)
      matrix(pair.first, pair.second) = count;
    return matrix;
  }

 private:
  std::map<std::pair<int64_t, Eigen::Index>, double> counts_;
};

struct Row {
  std::string label, segments;
  double seconds = 0;  ///< 0: unknown
};

/// The rows of one split, in the order in which a data set yields them.
std::vector<Row> read_rows(const std::filesystem::path& manifest, const std::string& split) {
  const CsvTable table = read_csv(manifest);
  const int label = table.column("label");
  const int segments = table.column("segments");
  const int part = table.column("split");
  const int seconds = table.column("seconds");
  if (label < 0 && segments < 0) {
    throw Error(manifest.string() +
                ": codes are merged by what they say: there has to be a column 'label' (of "
                "recordings) or 'segments' (files with labels of frames)");
  }
  const auto field = [](const std::vector<std::string>& row, int column) {
    return column < 0 ? std::string() : row[static_cast<std::size_t>(column)];
  };
  std::vector<Row> rows;
  for (const auto& row : table.rows) {
    if (part < 0 || field(row, part) == split) {
      rows.push_back({field(row, label), field(row, segments),
                      std::strtod(field(row, seconds).c_str(), nullptr)});
    }
  }
  return rows;
}

int32_t add_constant(fb::ModelT& model, const std::string& name, fb::DataType type,
                     std::vector<int32_t> shape, const void* data, std::size_t bytes) {
  auto buffer = std::make_unique<fb::BufferT>();
  buffer->data.resize(bytes);
  std::memcpy(buffer->data.data(), data, bytes);
  auto tensor = std::make_unique<fb::TensorT>();
  tensor->name = name;
  tensor->type = type;
  tensor->shape = std::move(shape);
  tensor->buffer = static_cast<int32_t>(model.buffers.size());
  model.buffers.push_back(std::move(buffer));
  model.tensors.push_back(std::move(tensor));
  return static_cast<int32_t>(model.tensors.size() - 1);
}

/// Whether `op` looks up rows of a float constant by `indices`.
bool looks_vectors_up(const fb::ModelT& model, const fb::OperatorT& op, int32_t indices) {
  const auto* gather = op.options.AsGather();
  if (!gather || gather->axis != 0 || op.inputs[1] != indices)
    return false;
  const fb::TensorT& data = *model.tensors[static_cast<std::size_t>(op.inputs[0])];
  return data.buffer >= 0 && data.type == fb::DataType::F32 && data.shape.size() == 2;
}

/// The codes themselves, of which `tensor` is a reshaped, transposed or cut copy.
int32_t unmoved(const fb::ModelT& model, int32_t tensor) {
  for (auto op = model.operators.rbegin(); op != model.operators.rend(); ++op) {
    const auto type = (*op)->options.type;
    const bool moves = type == fb::OperatorOptions::Reshape ||
                       type == fb::OperatorOptions::Transpose || type == fb::OperatorOptions::Slice;
    if (moves && (*op)->outputs[0] == tensor)
      tensor = (*op)->inputs[0];
  }
  return tensor;
}

/// Means of the rows of each class of a float constant.
std::vector<float> class_means(const fb::ModelT& model, const fb::TensorT& data,
                               const std::vector<int64_t>& classes, int64_t count) {
  const auto& bytes = model.buffers[static_cast<std::size_t>(data.buffer)]->data;
  std::vector<float> rows(bytes.size() / sizeof(float));
  std::memcpy(rows.data(), bytes.data(), bytes.size());
  const auto channels = static_cast<std::size_t>(data.shape[1]);
  std::vector<double> sums(static_cast<std::size_t>(count) * channels, 0);
  std::vector<double> members(static_cast<std::size_t>(count), 0);
  for (std::size_t code = 0; code < classes.size(); ++code) {
    const auto to = static_cast<std::size_t>(classes[code]);
    members[to] += 1;
    for (std::size_t c = 0; c < channels; ++c)
      sums[to * channels + c] += rows[code * channels + c];
  }
  std::vector<float> means(sums.size());
  for (std::size_t i = 0; i < sums.size(); ++i)
    means[i] = static_cast<float>(sums[i] / std::max(1.0, members[i / channels]));
  return means;
}

}  // namespace

std::vector<int64_t> merge_codes(const CodeCounts& given, const MergeOptions& options) {
  CodeCounts counts = given;
  const Eigen::Index codes = std::max(counts.frames.rows(), counts.labels.rows());
  const double frames = counts.frames.sum();
  const double labels = counts.labels.sum();
  if (options.classes < 1 || options.classes >= codes) {
    throw Error("--merge-codes " + std::to_string(options.classes) + ": the codebook has " +
                std::to_string(codes) + " codes; fewer are to be left, at least 1");
  }
  if (frames + labels <= 0)
    throw Error("--merge-codes: no recording has a label of what is said");
  const std::set<int32_t> apart(options.apart.begin(), options.apart.end());
  if (static_cast<int>(apart.size()) >= options.classes ||
      (!apart.empty() && (*apart.begin() < 0 || *apart.rbegin() >= codes))) {
    throw Error("--merge-apart: names " + std::to_string(apart.size()) + " codes of 0 to " +
                std::to_string(codes - 1) + ", and fewer than the " +
                std::to_string(options.classes) + " classes can stay as they are");
  }
  // A class is known by its least code.
  std::vector<Eigen::Index> left;
  std::vector<Eigen::Index> head(static_cast<std::size_t>(codes));
  for (Eigen::Index code = 0; code < codes; ++code) {
    head[static_cast<std::size_t>(code)] = code;
    if (!apart.contains(static_cast<int32_t>(code)))
      left.push_back(code);
  }
  const auto pair_loss = [&](Eigen::Index a, Eigen::Index b) {
    return loss(counts.frames, frames, a, b) +
           options.label_weight * loss(counts.labels, labels, a, b);
  };
  Eigen::MatrixXd losses(codes, codes);
  for (std::size_t i = 0; i < left.size(); ++i) {
    for (std::size_t j = i + 1; j < left.size(); ++j)
      losses(left[i], left[j]) = pair_loss(left[i], left[j]);
  }
  while (static_cast<int>(left.size() + apart.size()) > options.classes) {
    double least = std::numeric_limits<double>::infinity();
    std::pair<std::size_t, std::size_t> best{0, 1};
    for (std::size_t i = 0; i < left.size(); ++i) {
      for (std::size_t j = i + 1; j < left.size(); ++j) {
        if (losses(left[i], left[j]) < least) {
          least = losses(left[i], left[j]);
          best = {i, j};
        }
      }
    }
    const Eigen::Index into = left[best.first];
    const Eigen::Index gone = left[best.second];
    for (Eigen::MatrixXd* matrix : {&counts.frames, &counts.labels}) {
      if (matrix->cols() > 0)
        matrix->row(into) += matrix->row(gone);
    }
    std::ranges::replace(head, gone, into);
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(best.second));
    for (const Eigen::Index other : left) {
      if (other != into)
        losses(std::min(into, other), std::max(into, other)) =
            pair_loss(std::min(into, other), std::max(into, other));
    }
  }
  std::map<Eigen::Index, int64_t> number;
  for (const Eigen::Index code : head)
    number.emplace(code, 0);
  int64_t next = 0;
  for (auto& [code, which] : number)
    which = next++;
  std::vector<int64_t> classes;
  for (const Eigen::Index code : head)
    classes.push_back(number.at(code));
  return classes;
}

CodeCounts count_codes(const fb::ModelT& model, int32_t output, const std::filesystem::path& path,
                       const std::string& split) {
  const std::filesystem::path manifest = path.extension() == ".csv" ? path : path / "manifest.csv";
  const std::vector<Row> rows = read_rows(manifest, split);
  DatasetOptions part;
  part.split = split;
  const auto data = open_dataset(manifest, model, part);
  if (data->size() != rows.size())
    throw Error(manifest.string() + ": split '" + split + "' can not be read row by row");
  const auto place =
      static_cast<std::size_t>(std::ranges::find(model.outputs, output) - model.outputs.begin());
  const auto origin = trace_codes(model, output);
  const auto book = origin ? codebook_of(model, *origin) : std::nullopt;
  if (!book)
    throw Error("--merge-codes: the codebook can not be read");
  Runner runner(model);
  Columns phones;
  Columns words;
  PairCounts frames;
  PairCounts labels;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].label.empty() && rows[i].segments.empty())
      continue;
    const Sample sample = data->sample(i);
    const std::vector<Tensor> outputs = runner.run(sample);
    const auto codes = outputs[place].values<int64_t>();
    if (!rows[i].label.empty()) {
      for (std::size_t t = 0; t < codes.size(); ++t) {
        const std::size_t quarter =
            std::min<std::size_t>(kQuarters - 1, t * kQuarters / codes.size());
        labels.add(codes[t], words.of(std::to_string(quarter) + " " + rows[i].label));
      }
    }
    if (!rows[i].segments.empty()) {
      const auto segments = read_segments(manifest.parent_path() / rows[i].segments);
      double seconds = rows[i].seconds;
      if (!(seconds > 0) && !segments.empty())
        seconds = segments.back().end;
      const auto said = labels_of_frames(segments, codes.size(), seconds);
      for (std::size_t t = 0; t < codes.size(); ++t) {
        if (!said[t].empty())
          frames.add(codes[t], phones.of(said[t]));
      }
    }
  }
  return {frames.matrix(book->codes, phones.size()), labels.matrix(book->codes, words.size())};
}

int32_t code_output(const fb::ModelT& model) {
  std::vector<int32_t> found;
  std::string names;
  for (const int32_t output : model.outputs) {
    names +=
        (names.empty() ? "'" : ", '") + model.tensors[static_cast<std::size_t>(output)]->name + "'";
    if (trace_codes(model, output))
      found.push_back(output);
  }
  if (found.size() != 1) {
    throw Error("--merge-codes: of the outputs " + names + " there are " +
                std::to_string(found.size()) + " that hold codes; there has to be one");
  }
  return found.front();
}

void replace_codes(fb::ModelT& model, int32_t output, const std::vector<int64_t>& classes) {
  output = unmoved(model, output);
  const int64_t count = *std::ranges::max_element(classes) + 1;
  const fb::TensorT& codes = *model.tensors[static_cast<std::size_t>(output)];
  const std::string name = codes.name;
  auto merged = std::make_unique<fb::TensorT>();
  merged->name = name;
  merged->type = fb::DataType::I64;
  merged->shape = codes.shape;
  merged->dims = codes.dims;
  model.tensors[static_cast<std::size_t>(output)]->name = name + ":unmerged";
  model.tensors.push_back(std::move(merged));
  const auto result = static_cast<int32_t>(model.tensors.size() - 1);
  const int32_t table = add_constant(model, name + ":classes", fb::DataType::I64,
                                     {static_cast<int32_t>(classes.size())}, classes.data(),
                                     classes.size() * sizeof(int64_t));
  for (auto& op : model.operators) {
    const bool vectors = looks_vectors_up(model, *op, output);
    if (vectors) {
      const int32_t data = op->inputs[0];
      const fb::TensorT& book = *model.tensors[static_cast<std::size_t>(data)];
      const std::vector<float> means = class_means(model, book, classes, count);
      op->inputs[0] = add_constant(model, name + ":vectors", fb::DataType::F32,
                                   {static_cast<int32_t>(count), book.shape[1]}, means.data(),
                                   means.size() * sizeof(float));
    }
    std::ranges::replace(op->inputs, output, result);
  }
  const auto maker = std::ranges::find_if(model.operators, [&](const auto& op) {
    return std::ranges::find(op->outputs, output) != op->outputs.end();
  });
  auto gather = std::make_unique<fb::OperatorT>();
  gather->name = name + ":merge";
  gather->options.Set(fb::GatherT());
  gather->inputs = {table, output};
  gather->outputs = {result};
  model.operators.insert(maker + 1, std::move(gather));
  std::ranges::replace(model.outputs, output, result);
}

}  // namespace edgy::converter
