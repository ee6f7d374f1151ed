#include "converter/private_encoder/samples/recordings.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "converter/data/dataset.h"
#include "converter/data/files.h"
#include "converter/data/segments.h"
#include "converter/error.h"

namespace edgy::converter::private_encoder {
namespace fb = format::fb;
namespace fs = std::filesystem;

namespace {

/// Fewer recordings than that of a kind make no place in a batch of their own.
constexpr std::size_t kLeastOfCorpus = 4;
/// So that a few codes are left of a recording.
constexpr int kLeastFrames = 12;

/// A model that takes EDGY's log-mel, to open data sets with.
fb::ModelT front_end_alone() {
  fb::ModelT model;
  auto mel = std::make_unique<fb::TensorT>();
  mel->name = "mel";
  mel->type = fb::DataType::F32;
  mel->shape = {1, kMels, -1};
  model.tensors.push_back(std::move(mel));
  model.inputs = {0};
  model.metadata = std::make_unique<fb::MetadataT>();
  model.metadata->log_mel = std::make_unique<fb::LogMelT>();
  return model;
}

struct Row {
  std::string file, speaker, sex, label, segments;
};

class Manifest {
 public:
  explicit Manifest(const fs::path& path)
      : path_(path.extension() == ".csv" ? path : path / "manifest.csv"), table_(read_csv(path_)) {
    for (const char* name : {"file", "split"}) {
      if (table_.column(name) < 0)
        throw Error(path_.string() + ": has no column '" + name + "'");
    }
  }

  std::vector<Row> rows(const std::string& split) const {
    std::vector<Row> rows;
    for (const auto& row : table_.rows) {
      if (field(row, "split") == split) {
        rows.push_back({field(row, "file"), field(row, "speaker"), field(row, "sex"),
                        field(row, "label"), field(row, "segments")});
      }
    }
    return rows;
  }

  const fs::path& path() const { return path_; }
  fs::path folder() const { return path_.parent_path(); }

 private:
  std::string field(const std::vector<std::string>& row, const std::string& name) const {
    const int column = table_.column(name);
    return column < 0 ? std::string() : row[static_cast<std::size_t>(column)];
  }

  fs::path path_;
  CsvTable table_;
};

std::string corpus_of(const std::string& file) {
  const std::size_t slash = file.find('/');
  return slash == std::string::npos ? std::string() : file.substr(0, slash);
}

/// Numbers of names in order.
class Names {
 public:
  void add(const std::string& name) {
    if (!name.empty())
      names_.insert(name);
  }
  std::vector<std::string> list() const { return {names_.begin(), names_.end()}; }

 private:
  std::set<std::string> names_;
};

int number_of(const std::vector<std::string>& names, const std::string& name) {
  const auto found = std::ranges::find(names, name);
  return name.empty() || found == names.end() ? kUnknown : static_cast<int>(found - names.begin());
}

/// What frames of a recording are called, frame i being what is said at i / 100 s.
std::vector<int> phones_of_frames(const std::vector<Segment>& segments, int frames,
                                  const std::vector<std::string>& phones) {
  std::vector<int> labels(static_cast<std::size_t>(frames), kUnknown);
  std::size_t next = 0;
  for (int i = 0; i < frames; ++i) {
    const double time = i / kFramesPerSecond;
    while (next < segments.size() && segments[next].end <= time)
      ++next;
    if (next < segments.size() && segments[next].begin <= time)
      labels[static_cast<std::size_t>(i)] = number_of(phones, segments[next].label);
  }
  return labels;
}

class Reader {
 public:
  Reader(const fs::path& path, const Options& options)
      : manifest_(path), options_(options), model_(front_end_alone()) {}

  Speeches read() {
    const std::vector<Row> train = manifest_.rows("train");
    if (train.empty())
      throw Error(manifest_.path().string() + ": has no row of split 'train' to train on");
    name_things(train);
    gather(train);
    const std::vector<Row> dev = manifest_.rows("dev");
    if (!dev.empty())
      result_.dev = read_split(dev, "dev");
    if (result_.phones.empty() && result_.labels.size() < 2) {
      throw Error(manifest_.path().string() +
                  ": nothing says what is said: there has to be a column 'segments' (files with "
                  "labels of frames) or 'label' (two or more of recordings)");
    }
    return std::move(result_);
  }

 private:
  std::vector<Segment> segments(const Row& row) const {
    return row.segments.empty() ? std::vector<Segment>()
                                : read_segments(manifest_.folder() / row.segments);
  }

  std::string voice_of(const Row& row) const {
    const auto count = recordings_.find(row.speaker);
    const bool known = count != recordings_.end() && count->second >= options_.adversary_recordings;
    if (known)
      return row.speaker;
    return row.sex.empty() ? std::string() : corpus_of(row.file) + ": " + row.sex;
  }

  void name_things(const std::vector<Row>& train) {
    Names phones, labels, voices;
    for (const Row& row : train) {
      labels.add(row.label);
      for (const Segment& segment : segments(row))
        phones.add(segment.label);
      if (!row.speaker.empty())
        ++recordings_[row.speaker];
    }
    for (const Row& row : train)
      voices.add(voice_of(row));
    result_.labels = labels.list();
    result_.voices = voices.list();
    result_.phones = phones.list();
    const auto silence = std::ranges::find(result_.phones, options_.silence);
    if (silence != result_.phones.end()) {
      std::rotate(result_.phones.begin(), silence, silence + 1);
    } else if (!result_.phones.empty()) {
      throw Error(manifest_.path().string() + ": no frame of split 'train' is labelled '" +
                  options_.silence + "', which is to be silence");
    }
  }

  std::vector<Speech> read_split(const std::vector<Row>& rows, const std::string& split) {
    DatasetOptions part;
    part.split = split;
    const auto data = open_dataset(manifest_.path(), model_, part);
    if (data->size() != rows.size())
      throw Error(manifest_.path().string() + ": split '" + split + "' can not be read row by row");
    std::vector<Speech> read;
    std::size_t short_ones = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Sample sample = data->sample(i);
      const auto values = sample.inputs[0].values<float>();
      Speech speech;
      speech.file = rows[i].file;
      speech.mel.assign(values.begin(), values.end());
      speech.frames = static_cast<int>(values.size() / kMels);
      if (speech.frames < kLeastFrames) {
        ++short_ones;
        continue;
      }
      speech.phone = phones_of_frames(segments(rows[i]), speech.frames, result_.phones);
      speech.label = number_of(result_.labels, rows[i].label);
      speech.voice = number_of(result_.voices, voice_of(rows[i]));
      // Without a name each recording is somebody.
      const std::string who = rows[i].speaker.empty() ? "file " + rows[i].file : rows[i].speaker;
      speech.speaker = speakers_.emplace(who, static_cast<int>(speakers_.size())).first->second;
      read.push_back(std::move(speech));
    }
    if (short_ones > 0) {
      result_.notes.push_back(std::to_string(short_ones) + " recordings of split '" + split +
                              "' are shorter than " + std::to_string(kLeastFrames * 10) +
                              " ms: left out");
    }
    return read;
  }

  void gather(const std::vector<Row>& train) {
    std::map<std::pair<std::string, bool>, std::vector<Speech>> kinds;
    for (Speech& speech : read_split(train, "train")) {
      const bool cropped = speech.frames > frames_for_crop(options_);
      kinds[{corpus_of(speech.file), cropped}].push_back(std::move(speech));
    }
    for (auto& [kind, recordings] : kinds) {
      if (recordings.size() < kLeastOfCorpus) {
        result_.notes.push_back("'" + kind.first + "' has " + std::to_string(recordings.size()) +
                                (kind.second ? " long" : " short") + " recordings, fewer than " +
                                std::to_string(kLeastOfCorpus) + ": left out");
        continue;
      }
      std::ranges::stable_sort(recordings, {}, &Speech::frames);
      result_.corpora.push_back({kind.first, kind.second, std::move(recordings)});
    }
    if (result_.corpora.empty())
      throw Error(manifest_.path().string() + ": split 'train' has too few recordings");
  }

  Manifest manifest_;
  const Options& options_;
  fb::ModelT model_;
  std::map<std::string, int> recordings_;  ///< by speaker
  std::map<std::string, int> speakers_;
  Speeches result_;
};

}  // namespace

int crop_frames(const Options& options) {
  return static_cast<int>(std::lround(options.batch.crop_seconds * kFramesPerSecond));
}

int frames_for_crop(const Options& options) {
  return static_cast<int>(std::ceil(crop_frames(options) * (1 + options.augmentation.stretch))) + 2;
}

int codes_of_frames(int frames) {
  return std::max(0, (frames - 2) / 2);
}

std::vector<int> labels_of_codes(const std::vector<int>& phone) {
  const auto count = static_cast<std::size_t>(codes_of_frames(static_cast<int>(phone.size())));
  std::vector<int> labels;
  // A code is about the frames 2 n - 4 to 2 n + 7 and beyond, around 2 n + 1.5.
  for (std::size_t n = 0; n < count; ++n)
    labels.push_back(phone[2 * n + 2]);
  return labels;
}

Speeches read_speeches(const fs::path& manifest, const Options& options) {
  return Reader(manifest, options).read();
}

}  // namespace edgy::converter::private_encoder
