// Fits the cost model of kernels/conv_cost/conv_cost.h to measured times: time = product * a + output * b + pass * c, none of them negative, least
// squares of relative errors. Usage: node fit.mjs MEASURED.json... (of bench-kernels.mjs --json) [--write]
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readMeasured } from './measured.mjs';

const table = fileURLToPath(new URL('../../../kernels/conv_cost/conv_cost_table.inc', import.meta.url));
const forms = ['simd128', 'relaxed-dot', 'relaxed-pair'];
const kernels = ['dense', 'dense column', '4x4 column', 'depthwise', 'sparse', 'sparse column', 'single'];

/** Coordinate descent, which keeps every coefficient at zero or above. @param {number[][]} rows scaled so that each should give 1 */
function fitRows(rows) {
  const coefficients = [0, 0, 0];
  for (let turn = 0; turn < 20000; turn++) {
    for (let i = 0; i < 3; i++) {
      let above = 0;
      let below = 0;
      for (const row of rows) {
        const rest = row.reduce((sum, value, j) => (j === i ? sum : sum - value * coefficients[j]), 1);
        above += rest * row[i];
        below += row[i] * row[i];
      }
      coefficients[i] = below > 0 ? Math.max(0, above / below) : 0;
    }
  }
  return coefficients;
}

/**
 * @param {{ rows: any[] }} measured rows with `kernel`, `form`, `work` [products, outputs, passes] and `milliseconds`
 * @returns {any[]} one entry for each form and kernel: coefficients in nanoseconds, errors
 */
export function fit({ rows }) {
  return forms.flatMap((form) =>
    kernels.map((kernel) => {
      const used = rows.filter((row) => row.form === form && row.kernel === kernel);
      const coefficients = fitRows(used.map(({ work, milliseconds }) => work.map((x) => x / (milliseconds * 1e6))));
      const errors = used.map(({ work, milliseconds }) =>
        Math.abs(work.reduce((sum, x, i) => sum + x * coefficients[i], 0) / (milliseconds * 1e6) - 1),
      );
      return {
        form,
        kernel,
        layers: used.length,
        coefficients,
        mean: errors.reduce((sum, error) => sum + error, 0) / errors.length,
        worst: Math.max(...errors),
      };
    }),
  );
}

/** @param {any[]} fits */
export function formatFit(fits) {
  const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(0)} %`;
  const lines = fits.map(
    ({ form, kernel, layers, coefficients, mean, worst }) =>
      `| ${form} ${kernel} | ${layers} | ${coefficients.map((c) => c.toFixed(2)).join(' | ')} | ${percent(mean)} | ${percent(worst)} |`,
  );
  return [
    '| kernel | layers | ns a product | ns an output | ns a pass | mean error | worst error |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

/** The text of kernels/conv_cost/conv_cost_table.inc. @param {any[]} fits */
function tableText(fits) {
  const blocks = forms.map((form) => {
    const own = fits.filter((entry) => entry.form === form);
    const unit = own[0].coefficients[0];
    const lines = own.map(
      ({ kernel, coefficients }) =>
        `     {${coefficients.map((c) => `${(c / unit).toFixed(3)}F`).join(', ')}},  // ${kernel}`,
    );
    return `    // ${form}\n    {\n${lines.join('\n')}\n    },`;
  });
  return `// Written by tests/bench/kernels/fit.mjs; do not edit. {product, output, pass} of each kernel, in dense products of the form.\n${blocks.join('\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { write: { type: 'boolean' } } });
  const fits = fit(readMeasured(positionals));
  console.log(formatFit(fits));
  if (values.write) writeFileSync(table, tableText(fits));
}
