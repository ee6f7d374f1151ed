// Fits the cost model of kernels/conv_cost/conv_cost.h to measured times: time = product * a + output * b + pass * c, none of them negative, least
// squares of relative errors. Usage: node fit.mjs MEASURED.json... (of bench-kernels.mjs --json) [--write]
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readSessions } from './measured.mjs';

const tables = fileURLToPath(new URL('../../../kernels/conv_cost/', import.meta.url));
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

/**
 * Product coefficients of the form relaxed-dot where the dot is one instruction, in those of relaxed-pair, for machines that cannot time it.
 * From Chromium on a processor with AVX-VNNI: the 768-channel encoder took 5.1 ms dense with dots and 8.3 with pairs; a plain loop over 1x4
 * blocks reached 110 GMAC/s with dots and the kernel with pairs 72. Of the other kernels there is no figure: a dot is one instruction where a
 * pair is two and a half, so they take dots, and are counted as taking as long.
 */
const kEstimatedDots = /** @type {Record<string, number>} */ ({ dense: 5.1 / 8.3, sparse: 72 / 110 });

/** [form][kernel] of coefficients in units of a dense product of relaxed-pair. @param {any} session */
function costsOf(session) {
  const fits = fit(session);
  const of = (/** @type {string} */ form, /** @type {string} */ kernel) =>
    fits.find((entry) => entry.form === form && entry.kernel === kernel).coefficients;
  const [unit] = of('relaxed-pair', 'dense');
  return forms.map((form) => kernels.map((kernel) => of(form, kernel).map((/** @type {number} */ c) => c / unit)));
}

/** @param {number[][][]} costs of saturating pairs */
function estimateExact([plain, , pair]) {
  const dot = kernels.map((kernel, i) => pair[i].map((c, j) => (j === 0 ? c * (kEstimatedDots[kernel] ?? 1) : c)));
  return [plain, dot, pair];
}

/** For each kernel the form whose times are least, layer by layer on average. @param {any} session */
function fastestForms({ rows }) {
  return kernels.map((kernel) => {
    const meanLog = forms.map((form) => {
      const used = rows.filter((/** @type {any} */ row) => row.form === form && row.kernel === kernel);
      return (
        used.reduce((/** @type {number} */ sum, /** @type {any} */ row) => sum + Math.log(row.milliseconds), 0) /
        used.length
      );
    });
    return forms[meanLog.indexOf(Math.min(...meanLog))];
  });
}

const constant = (/** @type {string} */ form) =>
  `k${form.replace(/(^|-)(.)/g, (_, _dash, letter) => letter.toUpperCase())}`;

/** The texts of kernel_forms_table.inc and conv_cost_table.inc. @param {{ saturating: any, exact: any }} sessions */
function tableTexts({ saturating, exact }) {
  const costs = costsOf(saturating);
  const classes = [
    { title: 'Saturating pairs: measured.', forms: fastestForms(saturating), costs },
    exact
      ? { title: 'Exact dots: measured.', forms: fastestForms(exact), costs: costsOf(exact) }
      : {
          title:
            'Exact dots: NOT measured, estimated (kEstimatedDots in fit.mjs). To measure them: `make bench-kernels` on such a processor, then fit.mjs.',
          forms: kernels.map(() => 'relaxed-dot'),
          costs: estimateExact(costs),
        },
  ];
  const formRows = classes.map(
    ({ title, forms }) =>
      `    // ${title}\n    {\n${forms.map((form, i) => `     ${constant(form)},  // ${kernels[i]}`).join('\n')}\n    },`,
  );
  const costRows = classes.map(({ title, costs }) => {
    const rows = costs.map((form, f) => {
      const cells = form.map(
        (/** @type {number[]} */ cost, /** @type {number} */ i) =>
          `      {${cost.map((c) => `${c.toFixed(3)}F`).join(', ')}},  // ${kernels[i]}`,
      );
      return `     // ${forms[f]}\n     {\n${cells.join('\n')}\n     },`;
    });
    return `    // ${title}\n    {\n${rows.join('\n')}\n    },`;
  });
  const head = '// Written by tests/bench/kernels/fit.mjs; do not edit.';
  return {
    forms: `${head} The fastest form of each kernel, by class.\n${formRows.join('\n')}\n`,
    costs: `${head} {product, output, pass} by class, form and kernel, in dense products of relaxed-pair.\n${costRows.join('\n')}\n`,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { write: { type: 'boolean' } } });
  const sessions = readSessions(positionals);
  const ofClass = (/** @type {(name: string) => boolean} */ matches) =>
    sessions.find(({ dotClass }) => matches(dotClass));
  const saturating = ofClass((name) => name === 'saturating-pairs');
  const exact = ofClass((name) => name.startsWith('exact-'));
  for (const session of sessions) console.log(`${session.dotClass}\n${formatFit(fit(session))}\n`);
  if (values.write) {
    if (!saturating)
      throw new Error('measure saturating pairs, too: bench-kernels.mjs --js-flags=--no-enable-avx-vnni');
    const { forms, costs } = tableTexts({ saturating, exact });
    writeFileSync(path.join(tables, 'kernel_forms_table.inc'), forms);
    writeFileSync(path.join(tables, 'conv_cost_table.inc'), costs);
  }
}
