// libsoxr calls its Fourier transforms by a table of functions, some of which it declares with fewer arguments than it calls them
// with. WebAssembly checks that, so this is the table once more, with functions of the types that are called.
#include <stdlib.h>

#include "filter.h"
#include "rdft_t.h"

static void* no_setup(int length) {
  (void)length;
  return 0;
}

static void delete_setup(void* setup) {
  (void)setup;
}

static void forward(int length, void* setup, void* x, void* scratch) {
  (void)setup;
  (void)scratch;
  lsx_safe_rdft_f(length, 1, x);
}

static void backward(int length, void* setup, void* x, void* scratch) {
  (void)setup;
  (void)scratch;
  lsx_safe_rdft_f(length, -1, x);
}

static void convolve(int length, void* setup, void* x, void const* filter) {
  _soxr_ordered_convolve_f(length, setup, x, filter);
}

static void convolve_part(int length, void* x, void const* filter) {
  _soxr_ordered_partial_convolve_f(length, x, filter);
}

static int multiplier(void) {
  return 2;
}

static void keep_order(int length, void* setup, void* x, void* scratch) {
  (void)length;
  (void)setup;
  (void)x;
  (void)scratch;
}

static int flags(void) {
  return 0;
}

extern fn_t _soxr_rdft32_cb[];
fn_t _soxr_rdft32_cb[] = {(fn_t)no_setup,      (fn_t)no_setup,   (fn_t)delete_setup,
                          (fn_t)forward,       (fn_t)forward,    (fn_t)backward,
                          (fn_t)backward,      (fn_t)convolve,   (fn_t)convolve_part,
                          (fn_t)multiplier,    (fn_t)keep_order, (fn_t)malloc,
                          (fn_t)calloc,        (fn_t)free,       (fn_t)flags};

// libsoxr asks the environment for defaults of its own. There is none.
char* edgy_getenv(const char* name);
char* edgy_getenv(const char* name) {
  (void)name;
  return 0;
}
