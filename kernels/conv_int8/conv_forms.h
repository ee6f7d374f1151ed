// The functions of each instruction form; a source file a form instantiates them.
#pragma once

#include "kernels/conv_int8/column.h"
#include "kernels/conv_int8/dense.h"
#include "kernels/conv_int8/depthwise_tile.h"

namespace edgy::kernels {

/// The functions of one instruction form.
struct ConvForms {
  QuadKernel::Accumulate dense;
  QuadKernel::Accumulate dense_copied;  ///< over a StripCopy; null: the form has none
  QuadKernel::AccumulateTwo dense_two;  ///< null: the form has none
  QuadKernel::AccumulateColumn dense_column;
  DepthwiseForms depthwise;
};

ConvForms conv_simd128();
ConvForms conv_relaxed_dot();
ConvForms conv_relaxed_pair();

template <typename Form>
ConvForms conv_forms() {
  return {accumulate_dense<Form>, nullptr, nullptr, accumulate_dense_column<Form>,
          depthwise_forms<Form>()};
}

}  // namespace edgy::kernels
