#include "kernels/float/vector_math.h"

namespace edgy::kernels {

const MathConstants kMath = {
    .one = 1.0F,
    .half = 0.5F,
    .rounder = 12582912.0F,
    .sqrt_half = 0.70710678F,
    .exp_lowest = -110.0F,
    .exp_highest = 100.0F,
    .log2_e = 1.4426950408889634F,
    .ln2_high = 0.693359375F,
    .ln2_low = -2.12194440e-4F,
    .exp = {0.5F, 1.666651219e-01F, 4.166618735e-02F, 8.369598538e-03F, 1.395171974e-03F},
    .smallest_normal = 1.17549435e-38F,
    .two_23 = 8388608.0F,
    .log = {6.666666269e-01F, 4.000033736e-01F, 2.853720486e-01F, 2.358425260e-01F},
    // Least relative error over 0 to the end, by weighted least squares.
    .tanh_end = 9.02F,
    .tanh_p = {9.999999790e-01F, 1.337971936e-01F, 3.494036207e-03F, 2.058350701e-05F,
               1.331910488e-08F},
    .tanh_q = {1.0F, 4.671303460e-01F, 2.587107955e-02F, 3.283095476e-04F, 7.762033510e-07F},
    .erf_end = 3.95F,
    .erf_p = {1.128379144e+00F, 1.915503256e-01F, 5.287545297e-02F, 3.808163563e-03F,
              2.846880180e-04F, 2.025911118e-06F},
    .erf_q = {1.0F, 5.030897317e-01F, 1.145596340e-01F, 1.505509341e-02F, 1.170726707e-03F,
              3.783184815e-05F},
};

}  // namespace edgy::kernels
