#include <algorithm>
#include <utility>

#include "kernels/column_int8/column.h"
#include "kernels/conv_int8/geometry.h"
#include "kernels/conv_int8/pack_quads.h"
#include "kernels/heap_sort.h"
#include "kernels/sum_pairs.h"

namespace edgy::kernels {

class PackedColumnWeights::Packer {
 public:
  Packer(PackedColumnWeights& packed, std::span<const int8_t> weights)
      : packed_(packed),
        steps_(narrow<int32_t>(group_blocks(packed.shape_) * taps(packed.shape_))),
        quads_(pack_quads(packed.shape_, weights)) {}

  void pack() {
    const int64_t group_units = group_quads(packed_.shape_);
    const int64_t all_units = divide_up(packed_.shape_.out_channels, 4);
    for (int64_t unit = 0; unit < all_units;) {
      const int64_t group_end = (unit / group_units + 1) * group_units;
      const int64_t units = std::min(kChunkUnits, group_end - unit);
      const int64_t panels_before = std::ssize(packed_.panels_);
      if (packed_.blocks_ == ColumnBlocks::kAll) {
        pack_all(unit, units);
      } else {
        pack_blocks(unit, units);
      }
      packed_.chunks_.push_back({4 * unit, units, std::ssize(packed_.panels_) - panels_before});
      unit += units;
    }
    packed_.values_.shrink_to_fit();
  }

 private:
  // The weights of a step of a quad, or zeros for the step past the last.
  const int8_t* block(int64_t quad, int32_t step) const {
    static constexpr int8_t kNone[16] = {};
    return step < steps_ ? quads_.data() + 16 * (quad * steps_ + step) : kNone;
  }

  void push(const int8_t* values, std::ptrdiff_t bytes) {
    packed_.values_.insert(packed_.values_.end(), values, values + bytes);
  }

  void pack_all(int64_t first, int64_t units) {
    for (int64_t done = 0; done < units;) {
      ColumnPanel panel = {next_panel_units(units - done, packed_.isa_), (steps_ + 1) / 2, 0};
      const int32_t together = stream_units(panel.units);
      for (int32_t stream = 0; stream < panel.units; stream += together) {
        for (int32_t step = 0; step < 2 * panel.turns; ++step) {
          for (int32_t i = 0; i < together; ++i) {
            push(block(first + done + stream + i, step), 16);
          }
        }
      }
      panel.runs = list_runs(first + done, panel);
      packed_.panels_.push_back(panel);
      done += panel.units;
    }
  }

  // Returns how many.
  int32_t list_runs(int64_t first, const ColumnPanel& panel) {
    const std::size_t before = packed_.runs_.size();
    for (int32_t turn = 0; packed_.isa_ == Isa::kRelaxedPair && turn < panel.turns; ++turn) {
      for (int64_t unit = first; unit < first + panel.units; ++unit) {
        if (!are_sum_pairs(block(unit, 2 * turn), block(unit, 2 * turn + 1), 16)) {
          packed_.runs_.push_back(turn);
          break;
        }
      }
    }
    packed_.runs_.push_back(panel.turns);
    return narrow<int32_t>(packed_.runs_.size() - before);
  }

  // The stored blocks of `lane` of a quad, or of all its lanes if blocks are 4x4.
  BlockList stored(int64_t quad, int64_t lane) const {
    BlockList list;
    list.block_bytes = lists_per_unit() == 1 ? 16 : 4;
    for (int32_t step = 0; step < steps_; ++step) {
      const int8_t* values = block(quad, step) + 4 * lane;
      if (std::any_of(values, values + list.block_bytes, [](int8_t w) { return w != 0; })) {
        list.push(step, values);
      }
    }
    return packed_.isa_ == Isa::kRelaxedPair ? in_sum_pairs(list) : list;
  }

  int64_t lists_per_unit() const { return packed_.blocks_ == ColumnBlocks::kNonZero4x4 ? 1 : 4; }

  void pack_blocks(int64_t first, int64_t units) {
    std::vector<std::pair<BlockList, uint16_t>> lists;  // and their places
    for (int64_t i = 0; i < units * lists_per_unit(); ++i) {
      lists.emplace_back(stored(first + i / lists_per_unit(), i % lists_per_unit()),
                         narrow<uint16_t>(i));
    }
    heap_sort(lists.begin(), lists.end(), [](const auto& a, const auto& b) {
      return a.first.size() != b.first.size() ? a.first.size() < b.first.size()
                                              : a.second < b.second;
    });
    for (const auto& [list, place] : lists) {
      packed_.places_.push_back(place);
    }
    for (int64_t done = 0; done < units;) {
      ColumnPanel panel = {next_panel_units(units - done, packed_.isa_), 0, 0};
      const auto* panel_lists = lists.data() + done * lists_per_unit();
      const int64_t count = panel.units * lists_per_unit();
      panel.turns = narrow<int32_t>((panel_lists[count - 1].first.size() + 1) / 2);
      for (int32_t turn = 0; turn < panel.turns; ++turn) {
        for (int64_t unit = 0; unit < count; unit += lists_per_unit()) {
          for (const int32_t which : {2 * turn, 2 * turn + 1}) {
            for (int64_t i = 0; i < lists_per_unit(); ++i) {
              push_block(panel_lists[unit + i].first, narrow<std::size_t>(which));
            }
          }
        }
      }
      packed_.panels_.push_back(panel);
      done += panel.units;
    }
  }

  // Past the end of a list: zeros, for any activations.
  void push_block(const BlockList& list, std::size_t which) {
    static constexpr int8_t kNone[16] = {};
    const bool exists = which < list.size();
    push(exists ? list.values.data() + list.block_bytes * which : kNone,
         static_cast<std::ptrdiff_t>(list.block_bytes));
    packed_.offsets_.push_back(exists ? narrow<uint16_t>(4 * list.steps[which]) : uint16_t{0});
  }

  PackedColumnWeights& packed_;
  int32_t steps_;
  std::vector<int8_t> quads_;  // [quad][step][4 out][4 in]
};

PackedColumnWeights::PackedColumnWeights(const ConvShape& shape, std::span<const int8_t> weights,
                                         Isa isa, ColumnBlocks blocks)
    : shape_(shape), isa_(isa), blocks_(blocks) {
  Packer(*this, weights).pack();
}

}  // namespace edgy::kernels
