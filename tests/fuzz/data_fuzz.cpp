// Any bytes as data: .npy, .npz, sound.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "converter/data/npy.h"
#include "converter/data/recording.h"
#include "converter/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

/// A file in memory with these bytes, by name.
class MemoryFile {
 public:
  MemoryFile(const uint8_t* data, size_t size) : descriptor_(::memfd_create("fuzzed", 0)) {
    if (descriptor_ < 0 || ::write(descriptor_, data, size) != static_cast<ssize_t>(size))
      std::abort();
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(descriptor_); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

template <typename Read>
void expect_errors(Read read) {
  try {
    read();
  } catch (const edgy::converter::Error&) {
    // Refused in words.
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace edgy::converter;
  const MemoryFile file(data, size);
  constexpr std::size_t kLimit = 10'000'000;
  expect_errors([&] { parse_npy({data, size}, "fuzzed.npy"); });
  expect_errors([&] { read_npz(file.path(), nullptr, kLimit); });
  expect_errors([&] { read_recording(file.path(), 16000); });
  return 0;
}
