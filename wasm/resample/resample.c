// One resampler of libsoxr as a WebAssembly module of its own, which a page loads when a recording's rate is not the model's.
// An instance of the module holds one resampler, whose blocks of samples JavaScript writes and reads in place.
#include <stdint.h>

#include "soxr.h"

#define EDGY_EXPORT(name) __attribute__((export_name(#name)))

enum { kBlock = 8192 };

static float input_samples[kBlock];
static float output_samples[kBlock];
static soxr_t resampler;
static uint32_t taken;

/// Address of room for block() samples that go in.
EDGY_EXPORT(input) float* input_block(void) {
  return input_samples;
}

/// Address of the samples that came out.
EDGY_EXPORT(output) float* output_block(void) {
  return output_samples;
}

/// Samples that either block holds.
EDGY_EXPORT(block) uint32_t block_length(void) {
  return kBlock;
}

/// Once an instance: hertz to hertz, linear phase, with the filters of `sox rate -h`. Returns 0, or 1 when there is no memory. The
/// delay of the filters is taken off the front, so that times stay what they were.
EDGY_EXPORT(open) int32_t open_resampler(double from, double to) {
  const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
  soxr_error_t error = 0;
  resampler = soxr_create(from, to, 1, &error, 0, &quality, 0);
  return resampler == 0 || error != 0;
}

/// Takes up to `count` samples from the input block, gives up to `room` in the output block and returns how many came out.
EDGY_EXPORT(process) uint32_t process_block(uint32_t count, uint32_t room) {
  size_t in = 0;
  size_t out = 0;
  const soxr_error_t error = soxr_process(resampler, input_samples, count, &in, output_samples, room, &out);
  taken = error ? count : (uint32_t)in;
  return error ? 0 : (uint32_t)out;
}

/// Of the input block by the last call of process.
EDGY_EXPORT(taken) uint32_t taken_samples(void) {
  return taken;
}
