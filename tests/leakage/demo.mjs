#!/usr/bin/env node
/**
 * `make demo-figures`: web-demo/models/private-8-figures.json, what the page says of its encoder: the table of docs/private-encoder.md that
 * `make private-tables` measured (mean of the seeds, strongest attacker), so that page and document say the same.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../lib/paths.mjs';

const document = path.join(root, 'docs/private-encoder.md');
const target = path.join(root, 'web-demo/models/private-8-figures.json');

/** What is handed out at each level; an attacker takes of it what serves him best. */
const GIVEN = { low: ['log-mel', 'z'], moderate: ['moderate, events'], high: ['high, events'] };
const WORDS = { low: [], moderate: ['text alone, moderate'], high: ['text alone, high'] };
/**
 * Figures by name: the row's title, or where it is "…" the one above it and its own; what guessing reaches (of sex, the more frequent one
 * among the six readers: docs/leakage.md); and which end of several columns leaks more.
 */
const FIGURES = {
  six: ['who of six readers', 1 / 6, Math.max],
  four: ['who of four speakers', 1 / 4, Math.max],
  twenty: ['who of four speakers … twenty at once', 1 / 4, Math.max],
  sex: ['woman or man, six readers never heard', 2 / 3, Math.max],
  same: ['same voice? error rate, six readers (50: chance)', 1 / 2, Math.min],
  digits: ['which digit (higher is of more use)', 1 / 10, Math.max],
};

function readTable() {
  const [, text] =
    /<!-- private:levels -->([\s\S]*?)<!-- \/private:levels -->/.exec(readFileSync(document, 'utf8')) ?? [];
  if (!text) throw new Error("docs/private-encoder.md has no table 'levels'");
  const cells = (line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replaceAll('**', '').trim());
  const [head, , ...lines] = text.trim().split('\n').map(cells);
  let above = '';
  return new Map(
    lines.map(([title, ...values]) => {
      if (!title.startsWith('…')) above = title;
      const name = title.startsWith('…') ? `${above} ${title}` : title;
      return [name, new Map(values.map((value, i) => [head[i + 1], Number.parseFloat(value)]))];
    }),
  );
}

try {
  const table = readTable();
  const share = (row, columns, end) => {
    const values = columns.map((column) => table.get(row)?.get(column) ?? Number.NaN).filter(Number.isFinite);
    return values.length ? Number((end(...values) / 100).toFixed(4)) : undefined;
  };
  const levels = Object.entries(GIVEN).map(([level, columns]) => {
    const figures = Object.entries(FIGURES).map(([name, [row, chance, end]]) => {
      const value = share(row, columns, end);
      if (value === undefined) throw new Error(`the table has no figure '${row}' of ${columns.join(', ')}`);
      const text = share(row, WORDS[level], end);
      return [name, { value, chance: Number(chance.toFixed(4)), ...(text === undefined ? {} : { text }) }];
    });
    return [level, Object.fromEntries(figures)];
  });
  writeFileSync(target, `${JSON.stringify({ levels: Object.fromEntries(levels) }, null, 2)}\n`);
  console.log(`Written: ${path.relative(process.cwd(), target)}`);
} catch (error) {
  console.error(`demo-figures: ${error.message}`);
  process.exit(1);
}
