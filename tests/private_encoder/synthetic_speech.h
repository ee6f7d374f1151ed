// Speech that is made up: a few phones, each a shape over bands, said by voices that tilt and raise
// it.
#pragma once

#include "converter/private_encoder/samples/recordings.h"

namespace edgy::converter::private_encoder {

/// Two corpora: "words" (short, with a label: the word) and "texts" (long, cropped), by `voices`
/// speakers who also have habits of how long a phone lasts. Four phones, "SIL" first. Eight short
/// recordings to judge on.
Speeches synthetic_speech(int voices, int words_each, int texts_each, uint64_t seed);

/// An encoder that trains in seconds.
Options small_options();

}  // namespace edgy::converter::private_encoder
