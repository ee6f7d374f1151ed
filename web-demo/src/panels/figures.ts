/** The figures of one recording. */
import * as format from '../format';
import type { Report } from '../report';

const byId = (id: string) => document.getElementById(id) as HTMLElement;

function pair(term: string, value: string, note?: string): HTMLElement {
  const group = document.createElement('div');
  const dt = document.createElement('dt');
  dt.textContent = term;
  const dd = document.createElement('dd');
  dd.textContent = value;
  group.append(dt, dd);
  if (note) {
    const more = document.createElement('dd');
    more.className = 'note';
    more.textContent = note;
    group.append(more);
  }
  return group;
}

function row(name: string, cells: readonly string[]): HTMLTableRowElement {
  const tr = document.createElement('tr');
  const th = document.createElement('th');
  th.scope = 'row';
  th.textContent = name;
  tr.append(th);
  for (const cell of cells) {
    const td = document.createElement('td');
    td.textContent = cell;
    tr.append(td);
  }
  return tr;
}

export function showFigures(report: Report): void {
  const { latency, realTime, model, runtime, agreement, cosine } = report;
  const length = format.seconds(report.seconds);
  byId('headline').replaceChildren(
    pair(`to encode ${length} of speech`, format.milliseconds(latency.private.total), `median of ${report.runs} runs`),
    pair(
      'faster than it is spoken',
      format.times(1 / realTime.private),
      `${format.percent(realTime.private, 2)} of the time it lasts`,
    ),
    pair(
      'of the original model’s bytes',
      format.percent(report.private.bytes / report.private.onnxBytes),
      `${format.bytes(report.private.bytes)} .edgy, ${format.percent(report.private.sparsity, 0)} of the weights zero`,
    ),
    pair(
      'of the codes equal to fp32',
      format.percent(agreement),
      `${format.number(report.frames)} codes of the pair compared below`,
    ),
  );
  byId('compare').replaceChildren(
    row('Model file', [
      format.bytes(report.private.bytes),
      format.bytes(model.int8Bytes),
      `${format.bytes(model.onnxBytes)} ONNX`,
      format.percent(model.int8Bytes / model.onnxBytes),
    ]),
    row('Latency, sound to codes', [
      format.milliseconds(latency.private.total),
      format.milliseconds(latency.int8.total),
      format.milliseconds(latency.f32.total),
      format.percent(latency.int8.total / latency.f32.total, 0),
    ]),
    row('of which the model', [
      format.milliseconds(latency.private.inference),
      format.milliseconds(latency.int8.inference),
      format.milliseconds(latency.f32.inference),
      format.percent(latency.int8.inference / latency.f32.inference, 0),
    ]),
    row('Real-time factor', [
      format.number(realTime.private, 4),
      format.number(realTime.int8, 4),
      format.number(realTime.f32, 4),
      '',
    ]),
    row('WebAssembly memory', [
      format.bytes(report.memory.private),
      format.bytes(report.memory.int8),
      format.bytes(report.memory.f32),
      format.percent(report.memory.int8 / report.memory.f32, 0),
    ]),
  );
  byId('facts').replaceChildren(
    pair('Cosine of z, int8 to fp32', format.number(cosine, 5)),
    pair(
      'Runtime download',
      format.bytes(runtime.transferredBytes),
      `wasm and JavaScript; ${format.bytes(runtime.rawBytes)} unpacked`,
    ),
    pair(
      'Variant',
      runtime.variant === 'relaxed' ? 'Relaxed SIMD' : 'SIMD128',
      `int8 kernels: ${runtime.isa}, one thread`,
    ),
  );
  byId('results').textContent =
    `${report.title}: ${format.number(report.private.events.classes)} events in ` +
    `${format.milliseconds(latency.private.total)}. Of the compared pair, ${format.percent(agreement)} of the codes are equal to fp32.`;
}
