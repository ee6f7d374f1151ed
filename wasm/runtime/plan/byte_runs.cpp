#include "wasm/runtime/plan/byte_runs.h"

#include <algorithm>

#include "wasm/runtime/plan/shapes.h"

namespace edgy::runtime {
namespace {

bool same_geometry(const kernels::Block4& a, const kernels::Block4& b) {
  return a.pad_top == b.pad_top && a.pad_left == b.pad_left && a.row_bytes() == b.row_bytes() &&
         a.block_bytes() == b.block_bytes();
}

}  // namespace

ByteRuns::ByteRuns(std::span<const Operand> inputs, const Operand& output)
    : target_(reinterpret_cast<int8_t*>(output.target)),
      is_block4_(output.placement.block4.has_value()) {
  bool alike = true;
  for (std::size_t i = 0; i < inputs.size(); i++) {
    Source& source = sources_[i];
    source.data = reinterpret_cast<const int8_t*>(inputs[i].source);
    if (!is_block4_) {
      continue;
    }
    const kernels::Block4& layout = *inputs[i].placement.block4;
    const kernels::Block4& own = *output.placement.block4;
    const BorderView view = view_with_border(
        layout, {own.pad_top, own.pad_left, own.pad_bottom, own.pad_right, own.phases});
    source.layout = view.layout;
    source.data += view.start;
    source.image_bytes = layout.bytes();
    alike = alike && same_geometry(layout, own);
  }
  if (!is_block4_) {
    whole_ = count_of(output.shape);
    return;
  }
  layout_ = *output.placement.block4;
  image_bytes_ = layout_.bytes();
  images_ = image_of(output.shape).batch;
  whole_ = alike ? layout_.block_bytes() * layout_.blocks() : 0;
}

ByteRun ByteRuns::run(int64_t image, const std::array<int64_t, 2>& from, int64_t to,
                      int64_t bytes) const {
  ByteRun result;
  for (std::size_t i = 0; i < sources_.size(); i++) {
    if (sources_[i].data != nullptr) {
      result.from[i] = sources_[i].data + image * sources_[i].image_bytes + from[i];
    }
  }
  result.to = target_ + image * image_bytes_ + to;
  result.bytes = bytes;
  return result;
}

ByteRun ByteRuns::row(int64_t image, int64_t block, int64_t y, int64_t phase) const {
  const int64_t phases = layout_.phases;
  const int64_t first = (phase + phases - layout_.pad_left % phases) % phases;
  const int64_t count = first < layout_.width ? (layout_.width - first + phases - 1) / phases : 0;
  std::array<int64_t, 2> from{};
  for (std::size_t i = 0; i < sources_.size(); i++) {
    from[i] = sources_[i].data == nullptr ? 0 : sources_[i].layout.offset(block, y, first);
  }
  return run(image, from, layout_.offset(block, y, first), 4 * count);
}

void ByteRuns::fill_written_border(int32_t zero_point) const {
  const bool has_border =
      is_block4_ && layout_.pad_top + layout_.pad_left + layout_.pad_bottom + layout_.pad_right > 0;
  for (int64_t n = 0; n < images_ && has_border && whole_ > 0; n++) {
    kernels::fill_border(layout_, static_cast<int8_t>(zero_point), target_ + n * image_bytes_);
  }
}

}  // namespace edgy::runtime
