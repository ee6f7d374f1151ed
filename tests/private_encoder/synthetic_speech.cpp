#include "tests/private_encoder/synthetic_speech.h"

#include <algorithm>
#include <cmath>

#include "converter/private_encoder/samples/random.h"

namespace edgy::converter::private_encoder {
namespace {

constexpr int kPhones = 4;
constexpr int kWords = 3;

/// A spectrum of 80 bands of each phone; silence is low everywhere.
float level(int phone, int band, int voice) {
  if (phone == 0)
    return 0.1F;
  const double place = 20.0 * phone + 2.0 * voice;
  return static_cast<float>(0.3 + 0.6 * std::exp(-std::pow((band - place) / 8, 2)) +
                            0.002 * voice * band);
}

Speech say(const std::vector<int>& phones, int voice, Random& random) {
  Speech speech;
  for (const int phone : phones) {
    const int length = 8 + 2 * voice + static_cast<int>(random.below(6));
    speech.phone.insert(speech.phone.end(), static_cast<std::size_t>(length), phone);
  }
  speech.frames = static_cast<int>(speech.phone.size());
  for (int band = 0; band < kMels; ++band) {
    for (const int phone : speech.phone)
      speech.mel.push_back(level(phone, band, voice) + 0.02F * static_cast<float>(random.normal()));
  }
  speech.speaker = voice;
  speech.voice = voice;
  return speech;
}

Speech say_word(int word, int voice, Random& random) {
  Speech speech = say({0, 1 + word % 3, 1 + (word + 1) % 3, 0}, voice, random);
  speech.label = word;
  return speech;
}

}  // namespace

Speeches synthetic_speech(int voices, int words_each, int texts_each, uint64_t seed) {
  Random random(seed);
  Speeches speeches;
  speeches.phones = {"SIL", "A", "B", "C"};
  speeches.labels = {"one", "three", "two"};
  Corpus words{"words", false, {}};
  Corpus texts{"texts", true, {}};
  for (int voice = 0; voice < voices; ++voice) {
    speeches.voices.push_back("voice " + std::to_string(voice));
    for (int i = 0; i < words_each; ++i)
      words.recordings.push_back(say_word(i % kWords, voice, random));
    for (int i = 0; i < texts_each; ++i) {
      std::vector<int> phones;
      for (int k = 0; k < 20; ++k)
        phones.push_back(static_cast<int>(random.below(kPhones)));
      texts.recordings.push_back(say(phones, voice, random));
    }
  }
  for (int i = 0; i < 8; ++i)
    speeches.dev.push_back(say_word(i % kWords, i % voices, random));
  std::ranges::stable_sort(words.recordings, {}, &Speech::frames);
  speeches.corpora = {words, texts};
  return speeches;
}

Options small_options() {
  Options options;
  options.encoder = {.cepstra = 12, .channels = 12, .context = 3, .code_channels = 6, .codes = 6};
  options.batch = {.crop_seconds = 0.6, .crops = 4, .recordings = 8};
  options.optimizer.warmup = 2;
  options.first.steps = 8;
  options.second.steps = 6;
  options.merge.classes = 3;
  return options;
}

}  // namespace edgy::converter::private_encoder
