// What a session says about its plan: the steps, with the times of the last run, and the arena.
#include "wasm/runtime/session/session_impl.h"

namespace edgy::runtime {

std::vector<StepProfile> Session::profile() const {
  std::vector<StepProfile> profile;
  for (std::size_t i = 0; impl_->ready && i < impl_->plan.steps.size(); i++) {
    const Step& step = impl_->plan.steps[i];
    if (step.kind == Step::Kind::kRelayout) {
      const bool to_block4 = step.relayout.to.placement.block4.has_value();
      profile.push_back({impl_->tensor(step.relayout.tensor).name()->str(),
                         to_block4 ? "relayout/block4" : "relayout/rows", impl_->milliseconds[i], 0,
                         PredictedCost{}});
      continue;
    }
    const auto* name = impl_->model->root().operators()->Get(step.op)->name();
    const Operation& operation = *impl_->operations[step.op];
    const bool runs = step.kind == Step::Kind::kRun;
    profile.push_back({name == nullptr ? "" : name->str(), runs ? operation.kernel() : "view",
                       impl_->milliseconds[i], runs ? operation.macs() : 0,
                       runs ? operation.predicted() : PredictedCost{},
                       static_cast<int32_t>(step.op)});
  }
  return profile;
}

std::vector<ArenaPiece> Session::arena() const {
  std::vector<ArenaPiece> pieces;
  if (!impl_->ready)
    return pieces;
  const Plan& plan = impl_->plan;
  std::vector<bool> told(plan.lifetimes.size());  // views share their input's buffer
  const auto tell = [&](int32_t buffer, const flatbuffers::String* name, const char* layout) {
    const auto index = static_cast<std::size_t>(buffer);
    if (buffer < 0 || told[index])
      return;
    told[index] = true;
    const Lifetime& life = plan.lifetimes[index];
    pieces.push_back({name == nullptr ? "" : name->str(), layout, plan.arena.offsets[index],
                      life.bytes, life.first, life.last});
  };
  for (std::size_t i = 0; i < plan.tensors.size(); i++) {
    const TensorPlan& tensor = plan.tensors[i];
    const auto* name = impl_->tensor(static_cast<int32_t>(i)).name();
    if (tensor.has_rows)
      tell(tensor.rows.buffer, name, "rows");
    for (const Realization& blocked : tensor.blocked)
      tell(blocked.buffer, name, "block4");
  }
  for (std::size_t i = 0; i < plan.scratch.size(); i++)
    tell(plan.scratch[i], impl_->model->root().operators()->Get(static_cast<uint32_t>(i))->name(),
         "scratch");
  return pieces;
}

}  // namespace edgy::runtime
