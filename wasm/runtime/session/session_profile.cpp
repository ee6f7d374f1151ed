// What a session says about the steps of its last run.
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

}  // namespace edgy::runtime
