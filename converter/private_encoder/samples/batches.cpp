#include "converter/private_encoder/samples/batches.h"

#include <algorithm>
#include <numeric>

#include "converter/private_encoder/samples/augmentation.h"

namespace edgy::converter::private_encoder {
namespace {

struct Drawn {
  const Speech* speech;
  Stretch part;
};

Stretch whole(const Speech& speech) {
  return {speech.mel, speech.frames, speech.phone};
}

std::vector<Drawn> draw_crops(const Corpus& corpus, const Options& options, Random& random) {
  const int needed = frames_for_crop(options);
  std::vector<Drawn> drawn;
  for (int i = 0; i < options.batch.crops; ++i) {
    const Speech& speech = corpus.recordings[random.below(corpus.recordings.size())];
    const auto most = static_cast<std::size_t>(speech.frames - needed);
    const Stretch part = cut(whole(speech), static_cast<int>(random.below(most + 1)), needed);
    drawn.push_back({&speech, stretched(part, options.augmentation, random)});
  }
  return drawn;
}

/// From a window of the list that is sorted by length.
std::vector<Drawn> draw_recordings(const Corpus& corpus, const Options& options, Random& random) {
  const std::size_t all = corpus.recordings.size();
  std::size_t count = std::min(static_cast<std::size_t>(options.batch.recordings), all);
  const std::size_t window = std::min(2 * count, all);
  const std::size_t first = random.below(all - window + 1);
  // As much sound as the stretches of a corpus of long ones, at most: nobody counts for more.
  const int longest = corpus.recordings[first + window - 1].frames;
  const int room = options.batch.crops * crop_frames(options) / std::max(1, longest);
  count = std::min(count, static_cast<std::size_t>(std::max(2, room)));
  std::vector<std::size_t> order(window);
  std::iota(order.begin(), order.end(), first);
  std::vector<Drawn> drawn;
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(order[i], order[i + random.below(window - i)]);
    const Speech& speech = corpus.recordings[order[i]];
    drawn.push_back({&speech, stretched(whole(speech), options.augmentation, random)});
  }
  return drawn;
}

torch::Tensor numbers(const std::vector<int64_t>& values, std::vector<int64_t> shape) {
  return torch::tensor(values, torch::TensorOptions().dtype(torch::kLong)).reshape(shape);
}

}  // namespace

Batch draw_batch(const Corpus& corpus, const Options& options, Random& random) {
  std::vector<Drawn> drawn = corpus.cropped ? draw_crops(corpus, options, random)
                                            : draw_recordings(corpus, options, random);
  int frames = corpus.cropped ? crop_frames(options) : drawn.front().part.frames;
  for (const Drawn& one : drawn)
    frames = std::min(frames, one.part.frames);
  const auto count = static_cast<int64_t>(drawn.size());
  Batch batch;
  batch.mel = torch::empty({count, kMels, frames});
  float* to = batch.mel.data_ptr<float>();
  std::vector<int64_t> phones, labels, voices;
  for (const Drawn& one : drawn) {
    const auto spare = static_cast<std::size_t>(one.part.frames - frames);
    Stretch part = cut(one.part, static_cast<int>(random.below(spare + 1)), frames);
    augment(part.mel, frames, options.augmentation, random);
    to = std::ranges::copy(part.mel, to).out;
    const std::vector<int> of_codes = labels_of_codes(part.phone);
    phones.insert(phones.end(), of_codes.begin(), of_codes.end());
    labels.push_back(one.speech->label);
    voices.push_back(one.speech->voice);
    batch.speakers.push_back(one.speech->speaker);
  }
  batch.phones = numbers(phones, {count, codes_of_frames(frames)});
  batch.labels = numbers(labels, {count});
  batch.voices = numbers(voices, {count});
  return batch;
}

}  // namespace edgy::converter::private_encoder
