/** Projections of `rows` points of `columns` dimensions on their first `count` principal axes, each scaled to -1..1. */
export function principalAxes(values, rows, columns, count) {
  const points = centred(values, rows, columns);
  const axes = [];
  for (let axis = 0; axis < count; axis++) axes.push(dominantDirection(points, columns, axes));
  const projected = points.map((point) => axes.map((axis) => dot(point, axis)));
  const extents = axes.map((_, at) => Math.max(...projected.map((place) => Math.abs(place[at]))) || 1);
  return projected.map((place) => place.map((x, at) => x / extents[at]));
}

function centred(values, rows, columns) {
  const mean = new Float64Array(columns);
  for (let i = 0; i < rows * columns; i++) mean[i % columns] += values[i] / rows;
  return Array.from({ length: rows }, (_, row) => Array.from(mean, (m, column) => values[row * columns + column] - m));
}

/** Power iteration on the covariance, kept orthogonal to the axes found before. */
function dominantDirection(points, columns, before) {
  let direction = Array.from({ length: columns }, (_, at) => Math.sin(at + 1 + before.length));
  for (let step = 0; step < 300; step++) {
    const next = new Array(columns).fill(0);
    for (const point of points) {
      const along = dot(point, direction);
      for (let c = 0; c < columns; c++) next[c] += along * point[c];
    }
    for (const axis of before) {
      const along = dot(next, axis);
      for (let c = 0; c < columns; c++) next[c] -= along * axis[c];
    }
    const norm = Math.hypot(...next) || 1;
    direction = next.map((x) => x / norm);
  }
  return direction;
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
