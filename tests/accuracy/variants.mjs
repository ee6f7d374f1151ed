// What the accuracy table compares: one configuration of `edgy convert` a row.

/** @typedef {{ name: string, label: string, config: object }} Variant */

/** @param {number} percent */
const pruned = (percent, /** @type {object} */ pruning) => ({
  pruning: { sparsity: percent / 100, block: { rows: 1, columns: 4 }, ...pruning },
});

/**
 * Float, dense int8, and for each sparsity plain magnitude (one sparsity for all layers, nothing repaired) beside
 * reconstruction.
 * @param {number[]} sparsities in percent
 * @param {number} samples recordings to calibrate on
 * @returns {Variant[]}
 */
export function variants(sparsities, samples) {
  const common = { calibration_samples: samples };
  return [
    { name: 'f32', label: 'fp32', config: { precision: 'f32' } },
    { name: 'int8', label: 'int8, dense', config: common },
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
  ];
}
