#include "converter/audit/representation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>

#include "converter/audit/codes/code_statistics.h"
#include "converter/calibration/runner.h"
#include "converter/error.h"
#include "converter/export/codes.h"
#include "converter/export/output_events.h"
#include "converter/parallel.h"
#include "converter/quantization/float16_storage.h"

namespace edgy::converter {
namespace {

constexpr int kParts = 4;
/// More pairs than this help no attacker that learns from hundreds of recordings.
constexpr std::size_t kBigrams = 512;
/// Of larger codebooks, shares in quarters of a recording are too many to learn from.
constexpr Eigen::Index kCodesInParts = 64;
/// A code with less of all frames is not what silence becomes.
constexpr double kSilenceShare = 0.01;

/// One recording in a representation whose features do not depend on the others.
struct Row {
  Eigen::RowVectorXd voice;
  Eigen::RowVectorXd content;
  std::array<Eigen::RowVectorXd, 2> halves;
};

Row row_of_frames(const Frames& frames) {
  const Eigen::Index half = std::max<Eigen::Index>(1, frames.rows() / 2);
  const Eigen::Index rest = std::min(half, frames.rows() - 1);
  return {
      pool_frames(frames),
      pool_parts(frames, kParts),
      {pool_frames(frames.topRows(half)), pool_frames(frames.bottomRows(frames.rows() - rest))}};
}

Row row_of_length(double frames) {
  const Eigen::RowVector2d length(frames, std::log(frames));
  const Eigen::RowVector2d half(frames / 2, std::log(frames / 2));
  return {length, length, {half, half}};
}

/// An output of codes.
struct CodeOutput {
  std::size_t output = 0;  ///< of the model
  std::string name;
  Frames codebook;
  std::optional<EventRule> events;  ///< that the file gives the output
};

Frames vectors_of(std::span<const int32_t> codes, const Frames& codebook) {
  Frames vectors(static_cast<Eigen::Index>(codes.size()), codebook.cols());
  for (std::size_t i = 0; i < codes.size(); ++i)
    vectors.row(static_cast<Eigen::Index>(i)) = codebook.row(codes[i]);
  return vectors;
}

Eigen::RowVectorXd voice_of_codes(std::span<const int32_t> codes, const Frames& codebook) {
  const Eigen::RowVectorXd moments = pool_frames(vectors_of(codes, codebook));
  const Eigen::RowVectorXd shares = pool_indices(codes, codebook.rows());
  Eigen::RowVectorXd voice(moments.size() + shares.size());
  voice << moments, shares;
  return voice;
}

std::optional<EventRule> events_in_file(const format::fb::ModelT& model, const std::string& name) {
  const format::fb::OutputPolicyT* policy = policy_of(model, name);
  if (policy == nullptr || !policy->events)
    return std::nullopt;
  return EventRule{policy->events->least_run, policy->events->silence};
}

/// What a model's codes are looked up in; outputs whose codebook can not be read have no features.
std::vector<CodeOutput> code_outputs(const format::fb::ModelT& model) {
  std::vector<CodeOutput> outputs;
  for (std::size_t i = 0; i < model.outputs.size(); ++i) {
    const auto& tensor = *model.tensors[static_cast<std::size_t>(model.outputs[i])];
    const auto origin = trace_codes(model, model.outputs[i]);
    if (tensor.type != DataType::I64 || !origin)
      continue;
    const auto book = codebook_of(model, *origin);
    if (book) {
      outputs.push_back(
          {i, tensor.name,
           Eigen::Map<const Frames>(book->vectors.data(), book->codes, book->channels),
           events_in_file(model, tensor.name)});
    }
  }
  return outputs;
}

bool has_frames(const Tensor& tensor) {
  return tensor.type == DataType::F32 && tensor.shape.size() == 3 && tensor.shape[0] == 1;
}

CodeSequence sequence_of(const Tensor& indices, Eigen::Index codes) {
  CodeSequence sequence;
  for (const int64_t code : indices.values<int64_t>()) {
    if (code < 0 || code >= codes)
      throw Error(indices.name + ": code " + std::to_string(code) + " is not in the codebook");
    sequence.push_back(static_cast<int32_t>(code));
  }
  return sequence;
}

/// All that is kept of one recording.
struct Heard {
  std::vector<Row> frames;              ///< input, length, float outputs: in the order of `slots`
  std::vector<CodeSequence> sequences;  ///< one for each output of codes
  std::vector<float> level;             ///< of each frame of the input, mean over channels
};

/// What a row of Heard::frames is, or which of Heard::sequences.
struct Slot {
  std::string name;
  Kind kind = Kind::kFrames;
  std::size_t place = 0;
};

/// In the order of the result; the same for every recording of a model.
std::vector<Slot> slots_of(const Sample& sample, const std::vector<Tensor>& outputs,
                           const std::vector<CodeOutput>& codes) {
  std::vector<Slot> slots;
  std::size_t frames = 0;
  std::size_t sequences = 0;
  if (has_frames(sample.inputs.front())) {
    slots.push_back({sample.inputs.front().name, Kind::kInput, frames++});
    slots.push_back({"length", Kind::kLength, frames++});
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (has_frames(outputs[i]))
      slots.push_back({outputs[i].name, Kind::kFrames, frames++});
    const bool coded =
        std::ranges::any_of(codes, [&](const CodeOutput& output) { return output.output == i; });
    if (coded)
      slots.push_back({outputs[i].name, Kind::kCodes, sequences++});
  }
  return slots;
}

/// The first input is channels-first, as a source model declares it; outputs are [1, T, D].
Heard hear(const Sample& sample, const std::vector<Tensor>& outputs,
           const std::vector<CodeOutput>& codes) {
  Heard heard;
  const Tensor& first = sample.inputs.front();
  if (has_frames(first)) {
    const Frames channels =
        Eigen::Map<const Frames>(first.values<float>().data(), first.shape[1], first.shape[2]);
    heard.frames.push_back(row_of_frames(channels.transpose()));
    heard.frames.push_back(row_of_length(static_cast<double>(channels.cols())));
    const Eigen::RowVectorXf level = channels.colwise().mean();
    heard.level.assign(level.begin(), level.end());
  }
  for (const Tensor& output : outputs) {
    if (has_frames(output)) {
      heard.frames.push_back(row_of_frames(Eigen::Map<const Frames>(
          output.values<float>().data(), output.shape[1], output.shape[2])));
    }
  }
  for (const CodeOutput& output : codes)
    heard.sequences.push_back(sequence_of(outputs[output.output], output.codebook.rows()));
  return heard;
}

/// See EventOptions::silence. Empty where the input has no frames.
std::vector<int32_t> quietest_code(const std::vector<Heard>& recordings, std::size_t place,
                                   Eigen::Index codes) {
  Eigen::VectorXd level = Eigen::VectorXd::Zero(codes);
  Eigen::VectorXd count = Eigen::VectorXd::Zero(codes);
  for (const Heard& heard : recordings) {
    const CodeSequence& sequence = heard.sequences[place];
    if (heard.level.empty())
      return {};
    for (std::size_t i = 0; i < sequence.size(); ++i) {
      level[sequence[i]] += heard.level[i * heard.level.size() / sequence.size()];
      count[sequence[i]] += 1;
    }
  }
  int32_t best = -1;
  for (int32_t code = 0; code < codes; ++code) {
    if (count[code] > 0 && count[code] >= kSilenceShare * count.sum() &&
        (best < 0 || level[code] / count[code] < level[best] / count[best]))
      best = code;
  }
  return best < 0 ? std::vector<int32_t>() : std::vector<int32_t>{best};
}

Features stack(const std::vector<Eigen::RowVectorXd>& rows) {
  Features stacked(static_cast<Eigen::Index>(rows.size()), rows.empty() ? 0 : rows.front().size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    stacked.row(static_cast<Eigen::Index>(i)) = rows[i];
  return stacked;
}

Representation of_frames(const std::vector<Heard>& recordings, const Slot& slot) {
  Representation made;
  made.name = slot.name;
  made.kind = slot.kind;
  std::vector<Eigen::RowVectorXd> voice;
  std::vector<Eigen::RowVectorXd> content;
  std::vector<Eigen::RowVectorXd> halves;
  for (const Heard& heard : recordings) {
    const Row& row = heard.frames[slot.place];
    voice.push_back(row.voice);
    content.push_back(row.content);
    halves.insert(halves.end(), row.halves.begin(), row.halves.end());
  }
  made.voice = stack(voice);
  made.content = stack(content);
  made.halves = stack(halves);
  return made;
}

Representation of_codes(std::vector<CodeSequence> sequences, const CodeOutput& output, Kind kind) {
  Representation made;
  made.name = kind == Kind::kEvents ? output.name + ", events" : output.name;
  made.kind = kind;
  made.codes = output.codebook.rows();
  const auto codes = static_cast<int32_t>(made.codes);
  const std::vector<Bigram> bigrams = frequent_bigrams(sequences, kBigrams);
  std::vector<Eigen::RowVectorXd> voice;
  std::vector<Eigen::RowVectorXd> content;
  std::vector<Eigen::RowVectorXd> halves;
  std::vector<Eigen::RowVectorXd> voice_statistics;
  std::vector<Eigen::RowVectorXd> content_statistics;
  for (const CodeSequence& sequence : sequences) {
    const std::span<const int32_t> all = sequence;
    voice.push_back(voice_of_codes(all, output.codebook));
    content.push_back(pool_parts(vectors_of(all, output.codebook), kParts));
    halves.push_back(voice_of_codes(all.first(all.size() / 2), output.codebook));
    halves.push_back(voice_of_codes(all.subspan(all.size() / 2), output.codebook));
    voice_statistics.push_back(code_statistics(all, codes, bigrams));
    Eigen::RowVectorXd parts(0);
    if (made.codes <= kCodesInParts)
      parts = code_shares_by_part(all, codes, kParts);
    content_statistics.emplace_back(parts.size() + voice_statistics.back().size());
    content_statistics.back() << parts, voice_statistics.back();
  }
  made.voice = stack(voice);
  made.content = stack(content);
  made.halves = stack(halves);
  made.voice_statistics = stack(voice_statistics);
  made.content_statistics = stack(content_statistics);
  made.sequences = std::move(sequences);
  return made;
}

std::vector<Representation> gather(const std::vector<Heard>& recordings,
                                   const std::vector<Slot>& slots,
                                   const std::vector<CodeOutput>& codes,
                                   const EventOptions& options) {
  std::vector<Representation> representations;
  for (const Slot& slot : slots) {
    if (slot.kind != Kind::kCodes) {
      representations.push_back(of_frames(recordings, slot));
      continue;
    }
    const CodeOutput& output = codes[slot.place];
    const EventRule rule =
        output.events
            ? *output.events
            : EventRule{options.shortest, options.silence.value_or(quietest_code(
                                              recordings, slot.place, output.codebook.rows()))};
    std::vector<CodeSequence> sequences;
    std::vector<CodeSequence> events;
    for (const Heard& heard : recordings) {
      sequences.push_back(heard.sequences[slot.place]);
      events.push_back(events_of(sequences.back(), rule));
    }
    representations.push_back(of_codes(std::move(sequences), output, Kind::kCodes));
    representations.push_back(of_codes(std::move(events), output, Kind::kEvents));
  }
  return representations;
}

}  // namespace

Eigen::RowVectorXd pool_frames(const Frames& frames) {
  if (frames.rows() == 0)
    return Eigen::RowVectorXd::Zero(2 * frames.cols());
  const Features x = frames.cast<double>();
  const Eigen::RowVectorXd mean = x.colwise().mean();
  const Eigen::RowVectorXd deviation =
      (x.rowwise() - mean).array().square().colwise().mean().sqrt();
  Eigen::RowVectorXd row(2 * x.cols());
  row << mean, deviation;
  return row;
}

Eigen::RowVectorXd pool_parts(const Frames& frames, int parts) {
  Eigen::RowVectorXd row = Eigen::RowVectorXd::Zero(parts * frames.cols());
  if (frames.rows() == 0)
    return row;
  const Features x = frames.cast<double>();
  for (Eigen::Index part = 0; part < parts; ++part) {
    const Eigen::Index begin = std::min(x.rows() - 1, part * x.rows() / parts);
    const Eigen::Index end = std::max(begin + 1, (part + 1) * x.rows() / parts);
    row.segment(part * x.cols(), x.cols()) = x.middleRows(begin, end - begin).colwise().mean();
  }
  return row;
}

Eigen::RowVectorXd pool_indices(std::span<const int32_t> indices, int64_t codes) {
  Eigen::RowVectorXd row = Eigen::RowVectorXd::Zero(codes);
  if (indices.empty())
    return row;
  for (const int32_t index : indices) {
    if (index >= 0 && index < codes)
      row[index] += 1;
  }
  return row / static_cast<double>(indices.size());
}

std::vector<Representation> represent(const format::fb::ModelT& model, const DatasetFactory& open,
                                      Progress& progress, const EventOptions& events) {
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
  const std::vector<CodeOutput> codes = code_outputs(expanded);
  const std::size_t count = workers.front().data->size();

  std::vector<Heard> recordings(count);
  std::vector<Slot> slots;
  std::mutex lock;
  progress.begin("running the model", count);
  parallel_for(static_cast<int64_t>(count), [&](int64_t index, int64_t thread) {
    const auto i = static_cast<std::size_t>(index);
    const Worker& worker = workers[static_cast<std::size_t>(thread)];
    const Sample sample = worker.data->sample(i);
    const std::vector<Tensor> outputs = worker.runner->run(sample);
    recordings[i] = hear(sample, outputs, codes);
    const std::lock_guard guard(lock);
    if (slots.empty())
      slots = slots_of(sample, outputs, codes);
    progress.advance();
  });
  progress.end();
  return gather(recordings, slots, codes, events);
}

}  // namespace edgy::converter
