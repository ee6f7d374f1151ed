// Run by toolchain/setup after it built XNNPACK: a 1-D convolution in float and in int8 against plain loops.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <xnnpack.h>

enum { WIDTH = 37, IN = 40, OUT = 24, TAPS = 3, FRAMES = WIDTH - TAPS + 1 };

static void expect(int ok, const char* what) {
  if (ok) return;
  printf("XNNPACK check failed: %s\n", what);
  exit(1);
}

static unsigned state = 1;
static int random_between(int low, int high) {
  state = state * 1664525u + 1013904223u;
  return low + (int) ((state >> 8) % (unsigned) (high - low + 1));
}

static void check_f32(void) {
  static float input[WIDTH * IN + XNN_EXTRA_BYTES], weights[OUT * TAPS * IN], bias[OUT], output[FRAMES * OUT];
  for (int i = 0; i < WIDTH * IN; i++) input[i] = (float) random_between(-50, 50) / 32;
  for (int i = 0; i < OUT * TAPS * IN; i++) weights[i] = (float) random_between(-50, 50) / 32;
  for (int i = 0; i < OUT; i++) bias[i] = (float) i;

  xnn_operator_t op = NULL;
  size_t height = 0, width = 0, workspace = 0, alignment = 0;
  expect(xnn_create_convolution2d_nhwc_f32(0, 0, 0, 0, 1, TAPS, 1, 1, 1, 1, 1, IN, OUT, IN, OUT, weights, bias,
           -INFINITY, INFINITY, 0, NULL, NULL, &op) == xnn_status_success, "create f32");
  expect(xnn_reshape_convolution2d_nhwc_f32(op, 1, 1, WIDTH, &workspace, &alignment, &height, &width, NULL) ==
           xnn_status_success && width == FRAMES, "reshape f32");
  expect(xnn_setup_convolution2d_nhwc_f32(op, workspace ? malloc(workspace) : NULL, input, output) ==
           xnn_status_success, "setup f32");
  expect(xnn_run_operator(op, NULL) == xnn_status_success, "run f32");
  for (int t = 0; t < FRAMES; t++) {
    for (int o = 0; o < OUT; o++) {
      double sum = bias[o];
      for (int k = 0; k < TAPS * IN; k++) sum += (double) input[t * IN + k] * weights[o * TAPS * IN + k];
      expect(fabs(sum - output[t * OUT + o]) < 1e-3, "values of f32");
    }
  }
  xnn_delete_operator(op);
}

static void check_qs8(void) {
  static int8_t input[WIDTH * IN + XNN_EXTRA_BYTES], weights[OUT * TAPS * IN], output[FRAMES * OUT];
  static int32_t bias[OUT];
  static float scale[OUT];
  for (int i = 0; i < WIDTH * IN; i++) input[i] = (int8_t) random_between(-128, 127);
  for (int i = 0; i < OUT * TAPS * IN; i++) weights[i] = (int8_t) random_between(-127, 127);
  for (int o = 0; o < OUT; o++) {
    bias[o] = random_between(-5000, 5000);
    scale[o] = 0.001f * (float) (o + 1);
  }

  xnn_operator_t op = NULL;
  size_t height = 0, width = 0, workspace = 0, alignment = 0;
  expect(xnn_create_convolution2d_nhwc_qs8_qc8w(0, 0, 0, 0, 1, TAPS, 1, 1, 1, 1, 1, IN, OUT, IN, OUT, 3, 0.5f, scale,
           weights, bias, -7, 1.0f, -128, 127, 0, NULL, NULL, &op) == xnn_status_success, "create qs8");
  expect(xnn_reshape_convolution2d_nhwc_qs8_qc8w(op, 1, 1, WIDTH, &workspace, &alignment, &height, &width, NULL) ==
           xnn_status_success && width == FRAMES, "reshape qs8");
  expect(xnn_setup_convolution2d_nhwc_qs8_qc8w(op, workspace ? malloc(workspace) : NULL, input, output) ==
           xnn_status_success, "setup qs8");
  expect(xnn_run_operator(op, NULL) == xnn_status_success, "run qs8");
  for (int t = 0; t < FRAMES; t++) {
    for (int o = 0; o < OUT; o++) {
      int sum = bias[o];
      for (int k = 0; k < TAPS * IN; k++) sum += (input[t * IN + k] - 3) * weights[o * TAPS * IN + k];
      const double exact = fmin(127, fmax(-128, (double) sum * 0.5 * scale[o] - 7));
      expect(fabs(exact - output[t * OUT + o]) <= 0.51, "values of qs8");
    }
  }
  xnn_delete_operator(op);
}

int main(void) {
  expect(xnn_initialize(NULL) == xnn_status_success, "initialize");
  check_f32();
  check_qs8();
  printf("XNNPACK runs: f32 and qs8_qc8w convolutions are right\n");
  return 0;
}
