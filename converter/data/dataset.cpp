#include "converter/data/dataset.h"

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <tuple>

#include "converter/data/files.h"
#include "converter/data/npy.h"
#include "converter/data/recording.h"
#include "converter/error.h"
#include "kernels/sizes.h"
#include "wasm/runtime/audio_front_end.h"

namespace edgy::converter {
namespace {

namespace fs = std::filesystem;
namespace fb = format::fb;

struct Declared {
  std::string name;
  DataType type;
  std::vector<int32_t> shape;
};

std::vector<Declared> declared_inputs(const fb::ModelT& model) {
  std::vector<Declared> inputs;
  for (const int32_t index : model.inputs) {
    const auto& tensor = *model.tensors[static_cast<std::size_t>(index)];
    inputs.push_back({tensor.name, tensor.type, tensor.shape});
  }
  return inputs;
}

/// "'a', 'b'", the first few of many; "none".
std::string in_quotes(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i)
    text += (text.empty() ? "'" : ", '") + names[i] + "'";
  if (names.size() > kShown)
    text += " and " + std::to_string(names.size() - kShown) + " more";
  return text.empty() ? "none" : text;
}

std::vector<std::string> names_of(const std::vector<Declared>& inputs) {
  std::vector<std::string> names;
  for (const Declared& input : inputs)
    names.push_back(input.name);
  return names;
}

[[noreturn]] void fail_twice(const fs::path& path, const std::string& one, const std::string& other,
                             const std::string& input) {
  throw Error(path.string() + ": '" + one + "' and '" + other + "' are both for input '" + input +
              "'; leave one");
}

std::string shape_text(const auto& shape) {
  std::string text = "[";
  for (const auto extent : shape)
    text += (text.size() > 1 ? ", " : "") + (extent < 0 ? "?" : std::to_string(extent));
  return text + "]";
}

/// `tensor` as the model's input `want`, a missing batch axis added.
Tensor fit(Tensor tensor, const Declared& want, const std::string& origin) {
  tensor.name = want.name;
  if (tensor.shape.size() + 1 == want.shape.size() && (want.shape[0] == 1 || want.shape[0] < 0)) {
    tensor.shape.insert(tensor.shape.begin(), 1);
  }
  if (tensor.type == DataType::Bool && want.type == DataType::U8)
    tensor.type = want.type;  // the same bytes
  bool fits = tensor.type == want.type && tensor.shape.size() == want.shape.size();
  for (std::size_t i = 0; fits && i < want.shape.size(); ++i)
    fits = want.shape[i] < 0 || want.shape[i] == tensor.shape[i];
  if (!fits) {
    throw Error(origin + ": " + std::string(fb::EnumNameDataType(tensor.type)) + " " +
                shape_text(tensor.shape) + " does not fit input '" + want.name + "', " +
                fb::EnumNameDataType(want.type) + " " + shape_text(want.shape));
  }
  return tensor;
}

/// `count` of `total` indices, spread evenly, the same for the same seed; ascending.
std::vector<std::size_t> spread(std::size_t total, std::size_t count, uint64_t seed) {
  std::vector<std::size_t> chosen;
  if (count == 0 || count >= total) {
    for (std::size_t i = 0; i < total; ++i)
      chosen.push_back(i);
    return chosen;
  }
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = i * total / count;
    const std::size_t end = (i + 1) * total / count;
    chosen.push_back(begin + random() % (end - begin));
  }
  return chosen;
}

template <typename T>
void keep_spread(std::vector<T>& list, const DatasetOptions& options) {
  std::vector<T> kept;
  for (const std::size_t i : spread(list.size(), options.limit, options.seed))
    kept.push_back(list[i]);
  list = std::move(kept);
}

class Recordings final : public CalibrationSource {
 public:
  Recordings(fs::path folder, std::vector<std::string> files, std::string description,
             const fb::ModelT& model, const DatasetOptions& options)
      : folder_(std::move(folder)),
        files_(std::move(files)),
        description_(std::move(description)),
        inputs_(declared_inputs(model)) {
    if (inputs_.size() != 1 || inputs_[0].type != DataType::F32) {
      throw Error(description_ + ": recordings need a model with one float32 input, a log-mel");
    }
    flatbuffers::FlatBufferBuilder builder;
    const bool own = !options.log_mel && model.metadata && model.metadata->log_mel;
    const fb::LogMelT table = options.log_mel ? *options.log_mel
                              : own           ? *model.metadata->log_mel
                                              : fb::LogMelT();
    builder.Finish(fb::CreateLogMel(builder, &table));
    auto made = runtime::AudioFrontEnd::create(
        *flatbuffers::GetRoot<fb::LogMel>(builder.GetBufferPointer()));
    if (!made)
      throw Error(made.error().message);
    front_end_ = std::make_unique<runtime::AudioFrontEnd>(std::move(*made));
  }

  std::size_t size() const override { return files_.size(); }
  std::string description() const override { return description_; }

  Sample sample(std::size_t index) override {
    const fs::path path = folder_ / files_[index];
    const std::vector<float> pcm = read_recording(path, front_end_->sample_rate());
    Tensor mel;
    mel.type = DataType::F32;
    mel.shape = {1, static_cast<int64_t>(front_end_->mels()),
                 static_cast<int64_t>(front_end_->frames(pcm.size()))};
    if (inputs_[0].shape.size() == 2)
      mel.shape.erase(mel.shape.begin());
    mel.data.resize(kernels::to_size(front_end_->output_bytes(pcm.size())));
    if (auto done = front_end_->compute(pcm, mel.data); !done)
      throw Error(path.string() + ": " + done.error().message);
    Sample result;
    result.name = files_[index];
    result.inputs.push_back(fit(std::move(mel), inputs_[0], path.string()));
    return result;
  }

 private:
  fs::path folder_;
  std::vector<std::string> files_;
  std::string description_;
  std::vector<Declared> inputs_;
  std::unique_ptr<runtime::AudioFrontEnd> front_end_;
};

/// Samples that are in memory: arrays of one .npz.
class Arrays final : public CalibrationSource {
 public:
  Arrays(std::vector<Sample> samples, std::string description)
      : samples_(std::move(samples)), description_(std::move(description)) {}
  std::size_t size() const override { return samples_.size(); }
  Sample sample(std::size_t index) override { return samples_[index]; }
  std::string description() const override { return description_; }

 private:
  std::vector<Sample> samples_;
  std::string description_;
};

/// Samples that are files: for each, the file of every input (or one .npz for all).
class ArrayFiles final : public CalibrationSource {
 public:
  ArrayFiles(std::vector<std::vector<fs::path>> files, std::vector<Declared> inputs,
             std::string description)
      : files_(std::move(files)),
        inputs_(std::move(inputs)),
        description_(std::move(description)) {}
  std::size_t size() const override { return files_.size(); }
  std::string description() const override { return description_; }

  Sample sample(std::size_t index) override {
    const std::vector<fs::path>& paths = files_[index];
    Sample result;
    result.name = paths[0].filename().string();
    if (paths[0].extension() == ".npz") {
      const std::vector<std::string> names = names_of(inputs_);
      std::vector<Tensor> arrays = read_npz(
          paths[0], [&](const std::string& name) { return find_name(names, name).has_value(); });
      for (std::size_t i = 0; i < inputs_.size(); ++i) {
        Tensor* array = nullptr;
        for (Tensor& other : arrays) {
          if (find_name(names, other.name) != i)
            continue;
          if (array)
            fail_twice(paths[0], array->name, other.name, names[i]);
          array = &other;
        }
        if (!array)
          throw Error(paths[0].string() + ": has no array '" + names[i] +
                      "', an input of the model; it has " + in_quotes(names_in_npz(paths[0])));
        result.inputs.push_back(fit(std::move(*array), inputs_[i], paths[0].string()));
      }
    } else {
      for (std::size_t i = 0; i < paths.size(); ++i)
        result.inputs.push_back(fit(read_npy(paths[i]), inputs_[i], paths[i].string()));
    }
    return result;
  }

 private:
  std::vector<std::vector<fs::path>> files_;
  std::vector<Declared> inputs_;
  std::string description_;
};

std::unique_ptr<CalibrationSource> open_manifest(const fs::path& path, const fb::ModelT& model,
                                                 const DatasetOptions& options) {
  const CsvTable table = read_csv(path);
  const int file = table.column("file");
  const int split = table.column("split");
  if (file < 0)
    throw Error(path.string() + ": has no column 'file'; it has " + in_quotes(table.columns));
  if (!options.split.empty() && split < 0)
    throw Error(path.string() + ": has no column 'split' to select '" + options.split + "' by");
  std::vector<std::string> files;
  std::set<std::string> splits;
  for (const auto& row : table.rows) {
    if (split >= 0)
      splits.insert(row[static_cast<std::size_t>(split)]);
    if (options.split.empty() || row[static_cast<std::size_t>(split)] == options.split)
      files.push_back(row[static_cast<std::size_t>(file)]);
  }
  if (files.empty()) {
    std::string known;
    for (const std::string& name : splits)
      known += " " + name;
    throw Error(
        path.string() + ": no recording" +
        (options.split.empty() ? "" : " of split '" + options.split + "'; there are:" + known));
  }
  const std::size_t all = files.size();
  keep_spread(files, options);
  const std::string description =
      path.filename().string() + (options.split.empty() ? "" : ", split " + options.split) + ", " +
      std::to_string(files.size()) + " of " + std::to_string(all) + " recordings";
  return std::make_unique<Recordings>(path.parent_path(), std::move(files), description, model,
                                      options);
}

std::unique_ptr<CalibrationSource> open_npz(const fs::path& path, const fb::ModelT& model,
                                            const DatasetOptions& options) {
  const std::vector<Declared> inputs = declared_inputs(model);
  const std::vector<std::string> names = names_of(inputs);
  struct Place {
    std::string sample;  // "" or "K"
    std::size_t input;
    bool operator<(const Place& other) const {
      return std::tie(sample, input) < std::tie(other.sample, other.input);
    }
  };
  const auto place_of = [&](const std::string& array) -> std::optional<Place> {
    if (const auto input = find_name(names, array))
      return Place{"", *input};
    const std::size_t dot = array.find('.');
    const auto input =
        dot == std::string::npos ? std::nullopt : find_name(names, array.substr(dot + 1));
    return input ? std::optional(Place{array.substr(0, dot), *input}) : std::nullopt;
  };
  const std::vector<Tensor> tensors =
      read_npz(path, [&](const std::string& array) { return place_of(array).has_value(); });
  std::map<Place, const Tensor*> arrays;
  for (const Tensor& tensor : tensors) {
    const Place place = place_of(tensor.name).value();
    const auto [before, is_new] = arrays.emplace(place, &tensor);
    if (!is_new)
      fail_twice(path, before->second->name, tensor.name, names[place.input]);
  }
  std::vector<Sample> samples;
  const auto take = [&](const std::string& number, const std::string& name) {
    Sample sample;
    sample.name = name;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const auto found = arrays.find({number, i});
      if (found == arrays.end())
        return false;
      sample.inputs.push_back(
          fit(*found->second, inputs[i], path.string() + ": " + found->second->name));
    }
    samples.push_back(std::move(sample));
    return true;
  };
  if (!take("", path.stem().string())) {
    for (std::size_t k = 0; take(std::to_string(k), std::to_string(k)); ++k) {
    }
  }
  if (samples.empty()) {
    const std::string one =
        inputs.size() == 1 ? "the model's input is " : "the model's inputs are ";
    throw Error(path.string() + ": has no arrays for a sample; " + one +
                in_quotes(names_of(inputs)) + ", or with a sample's number '0." + inputs[0].name +
                "'; the file has " + in_quotes(names_in_npz(path)));
  }
  keep_spread(samples, options);
  return std::make_unique<Arrays>(std::move(samples), path.filename().string());
}

/// What of a folder can be samples.
struct FolderContents {
  std::vector<std::string> recordings;
  std::vector<std::vector<fs::path>> arrays;  ///< an .npz, or an .npy of the only input, each
  std::vector<std::vector<fs::path>> sets;    ///< K.in.NAME.npy for each input
  std::set<std::string> other_inputs;         ///< NAMEs of K.in.NAME.npy that the model has not
  std::size_t loose = 0;                      ///< .npy files without a name, of several inputs
};

FolderContents contents_of(const fs::path& path, const std::vector<Declared>& inputs) {
  FolderContents contents;
  const std::vector<std::string> names = names_of(inputs);
  std::map<std::string, std::vector<fs::path>> sets;  // K: a file for each input
  const auto take_array = [&](const fs::path& file) {
    const std::string name = file.filename().string();
    const std::size_t in = name.find(".in.");
    if (in != std::string::npos) {
      const std::string input = name.substr(in + 4, name.size() - in - 8);
      if (const auto slot = find_name(names, input)) {
        std::vector<fs::path>& set = sets[name.substr(0, in)];
        set.resize(inputs.size());
        if (!set[*slot].empty())
          fail_twice(path, set[*slot].filename().string(), name, names[*slot]);
        set[*slot] = file;
      } else {
        contents.other_inputs.insert(input);
      }
    } else if (name.find(".out.") == std::string::npos) {
      if (inputs.size() == 1)
        contents.arrays.push_back({file});
      contents.loose += inputs.size() != 1;
    }
  };
  for (const auto& entry : fs::directory_iterator(path)) {
    if (!entry.is_regular_file())
      continue;
    if (is_recording(entry.path()))
      contents.recordings.push_back(entry.path().filename().string());
    if (entry.path().extension() == ".npz")
      contents.arrays.push_back({entry.path()});
    if (entry.path().extension() == ".npy")
      take_array(entry.path());
  }
  for (auto& [sample, set] : sets) {
    for (std::size_t i = 0; i < set.size(); ++i) {
      if (set[i].empty())
        throw Error((path / (sample + ".in." + file_safe_name(names[i]) + ".npy")).string() +
                    ": is missing beside the other inputs of sample " + sample);
    }
    contents.sets.push_back(std::move(set));
  }
  return contents;
}

/// Why a folder gives no sample.
[[noreturn]] void fail_empty(const fs::path& path, const FolderContents& contents,
                             const std::vector<Declared>& inputs) {
  const std::string wanted =
      (inputs.size() == 1 ? "the model's input is " : "the model's inputs are ") +
      in_quotes(names_of(inputs));
  const std::string names = "K.in." + file_safe_name(inputs[0].name) + ".npy";
  if (!contents.other_inputs.empty()) {
    throw Error(path.string() + ": its .npy files are for " +
                in_quotes({contents.other_inputs.begin(), contents.other_inputs.end()}) + "; " +
                wanted + ", so that files called " + names + " are looked for");
  }
  if (contents.loose > 0) {
    throw Error(path.string() + ": its .npy files do not say which input they are for; " + wanted +
                ": call the files of sample K " + names + " and so on");
  }
  throw Error(path.string() + ": holds no manifest.csv, recording (.flac, .wav), .npy or .npz");
}

std::unique_ptr<CalibrationSource> open_folder(const fs::path& path, const fb::ModelT& model,
                                               const DatasetOptions& options) {
  if (fs::exists(path / "manifest.csv"))
    return open_manifest(path / "manifest.csv", model, options);
  const std::vector<Declared> inputs = declared_inputs(model);
  FolderContents contents = contents_of(path, inputs);
  if (!contents.recordings.empty()) {
    std::sort(contents.recordings.begin(), contents.recordings.end());
    keep_spread(contents.recordings, options);
    const std::string description =
        std::to_string(contents.recordings.size()) + " recordings of " + path.string();
    return std::make_unique<Recordings>(path, std::move(contents.recordings), description, model,
                                        options);
  }
  std::vector<std::vector<fs::path>> arrays =
      std::move(contents.sets.empty() ? contents.arrays : contents.sets);
  if (arrays.empty())
    fail_empty(path, contents, inputs);
  std::sort(arrays.begin(), arrays.end());
  keep_spread(arrays, options);
  const std::string description = std::to_string(arrays.size()) + " samples of " + path.string();
  return std::make_unique<ArrayFiles>(std::move(arrays), inputs, description);
}

}  // namespace

Tensor as_input(Tensor tensor, const fb::TensorT& input, const std::string& origin) {
  return fit(std::move(tensor), {input.name, input.type, input.shape}, origin);
}

std::unique_ptr<CalibrationSource> open_dataset(const fs::path& path, const fb::ModelT& model,
                                                const DatasetOptions& options) {
  if (!fs::exists(path))
    throw Error(path.string() + ": there is no such file or folder");
  if (model.inputs.empty())
    throw Error("the model has no input to read data for");
  if (fs::is_directory(path))
    return open_folder(path, model, options);
  if (path.extension() == ".csv")
    return open_manifest(path, model, options);
  if (path.extension() == ".npz")
    return open_npz(path, model, options);
  if (path.extension() == ".npy") {
    if (model.inputs.size() != 1) {
      throw Error(path.string() + ": one .npy is one input, and the model has " +
                  std::to_string(model.inputs.size()) + ": " +
                  in_quotes(names_of(declared_inputs(model))) +
                  "; give an .npz or a folder of files K.in.NAME.npy");
    }
    return std::make_unique<ArrayFiles>(std::vector<std::vector<fs::path>>{{path}},
                                        declared_inputs(model), path.filename().string());
  }
  if (is_recording(path)) {
    return std::make_unique<Recordings>(path.parent_path(),
                                        std::vector<std::string>{path.filename().string()},
                                        path.filename().string(), model, options);
  }
  throw Error(path.string() + ": a folder, manifest.csv, .npz, .npy, .flac or .wav is accepted");
}

}  // namespace edgy::converter
