// What XNNPACK's convolution names and Edgy never reaches is NULL to the two files that name it, so
// that the linker leaves it out: 4 kB of what a page loads. Weights come as
// [outputs][kernel][inputs] (flags 0 of xnn_create_convolution2d_nhwc_*), so no other order is
// packed; where there is no kernel for an activation of [0, inf), XNNPACK takes the one for [min,
// max].
#pragma once

#include <stddef.h>

#include "xnnpack/gemm.h"
#include "xnnpack/igemm.h"
#include "xnnpack/pack.h"

#define xnn_pack_f32_conv_kgo_w NULL
#define xnn_pack_f32_dwconv_hwg_w NULL
#define xnn_pack_f32_gemm_gio_w NULL
#define xnn_pack_qs8_conv_kgo_w NULL
#define xnn_pack_qs8_deconv_goki_w NULL
#define xnn_pack_qs8_dwconv_hwg_w NULL
#define xnn_pack_qs8_gemm_gio_w NULL
#define xnn_pack_qs8_to_qu8_conv_kgo_w NULL
#define xnn_pack_qs8_to_qu8_deconv_goki_w NULL
#define xnn_pack_qs8_to_qu8_gemm_gio_w NULL

#define xnn_f32_gemm_relu_ukernel_1x8__wasmrelaxedsimd_fma_loadsplat NULL
#define xnn_f32_gemm_relu_ukernel_1x8__wasmrelaxedsimd_fma_splat NULL
#define xnn_f32_gemm_relu_ukernel_1x8__wasmsimd_loadsplat NULL
#define xnn_f32_gemm_relu_ukernel_1x8__wasmsimd_splat NULL
#define xnn_f32_gemm_relu_ukernel_4x8__wasmrelaxedsimd_fma_loadsplat NULL
#define xnn_f32_gemm_relu_ukernel_4x8__wasmsimd_loadsplat NULL
#define xnn_f32_gemm_relu_ukernel_4x8__wasmsimd_splat NULL
#define xnn_f32_gemm_relu_ukernel_5x8__wasmsimd_splat NULL
#define xnn_f32_gemm_relu_ukernel_6x8__wasmrelaxedsimd_fma_splat NULL
#define xnn_f32_igemm_relu_ukernel_1x8__wasmrelaxedsimd_fma_loadsplat NULL
#define xnn_f32_igemm_relu_ukernel_1x8__wasmrelaxedsimd_fma_splat NULL
#define xnn_f32_igemm_relu_ukernel_1x8__wasmsimd_loadsplat NULL
#define xnn_f32_igemm_relu_ukernel_1x8__wasmsimd_splat NULL
#define xnn_f32_igemm_relu_ukernel_4x8__wasmrelaxedsimd_fma_loadsplat NULL
#define xnn_f32_igemm_relu_ukernel_4x8__wasmsimd_loadsplat NULL
#define xnn_f32_igemm_relu_ukernel_4x8__wasmsimd_splat NULL
#define xnn_f32_igemm_relu_ukernel_5x8__wasmsimd_splat NULL
#define xnn_f32_igemm_relu_ukernel_6x8__wasmrelaxedsimd_fma_splat NULL
