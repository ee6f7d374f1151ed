// What the accuracy table compares: one configuration of `edgy convert` a row.

/** @typedef {{ name: string, label: string, config?: object, file?: string }} Variant */

/** @param {number} percent */
const pruned = (percent, /** @type {object} */ pruning) => ({
  pruning: { sparsity: percent / 100, block: { rows: 1, columns: 4 }, ...pruning },
});

/**
 * Float, dense int8 and int4, what a budget of a share of the ONNX file's bytes makes of it, and for each sparsity plain magnitude (one sparsity for all layers, nothing repaired) beside
 * reconstruction.
 * @param {number[]} sparsities in percent
 * @param {number[]} budgets in percent of `onnxBytes`
 * @param {number} onnxBytes
 * @param {number} samples recordings to calibrate on
 * @returns {Variant[]}
 */
export function variants(sparsities, budgets, onnxBytes, samples) {
  const common = { calibration_samples: samples };
  const int4 = { weight_bits: 4, min_layer_sqnr_db: 0 };
  return [
    { name: 'f32', label: 'fp32', config: { precision: 'f32' } },
    { name: 'int8', label: 'int8, dense', config: common },
    { name: 'int4-nearest', label: 'int4, nearest', config: { ...common, ...int4, bias_correction: false } },
    { name: 'int4', label: 'int4, reconstruction', config: { ...common, ...int4, rounding: 'reconstruction' } },
    ...sparsities.flatMap((percent) => [
      {
        name: `magnitude-${percent}`,
        label: `${percent} % zeros, magnitude`,
        config: {
          ...common,
          bias_correction: false,
          ...pruned(percent, { method: 'magnitude', allocation: 'uniform' }),
        },
      },
      {
        name: `reconstruction-${percent}`,
        label: `${percent} % zeros, reconstruction`,
        config: { ...common, ...pruned(percent, { method: 'reconstruction', allocation: 'sensitivity' }) },
      },
    ]),
    ...budgets.map((percent) => ({
      name: `budget-${percent}`,
      label: `budget: ${percent} % of the bytes`,
      config: { ...common, budget: { size: Math.floor((onnxBytes * percent) / 100) } },
    })),
  ];
}
