// The picture that README shows: how long one second of speech takes in each runtime, as bars.
import * as echarts from 'echarts';

const kWidth = 860;
const kBarHeight = 34;
const kOurs = '#c2410c';
const kPeers = '#8a8f98';
/** Readable on white and on GitHub's dark background alike. */
const kText = '#7d8590';

/**
 * An SVG of horizontal bars, longest on top.
 * @param {{ title: string, rows: { name: string, runtime: string, median: number }[] }} data medians in milliseconds
 */
export function latencyChart({ title, rows }) {
  const sorted = [...rows].sort((a, b) => a.median - b.median);
  const chart = echarts.init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: kWidth,
    height: 90 + kBarHeight * sorted.length,
  });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: 'system-ui, sans-serif', color: kText },
    title: { text: title, textStyle: { fontSize: 15, fontWeight: 600, color: kText } },
    grid: { left: 210, right: 90, top: 42, bottom: 30 }, // room for the longest name: no text is measured here
    xAxis: {
      type: 'value',
      axisLabel: { formatter: '{value} ms', color: kText },
      splitLine: { lineStyle: { color: kText, opacity: 0.25 } },
    },
    yAxis: {
      type: 'category',
      data: sorted.map(({ name }) => name),
      axisLabel: { color: kText, fontSize: 13 },
      axisTick: { show: false },
      axisLine: { show: false },
    },
    series: [
      {
        type: 'bar',
        barWidth: '62%',
        label: {
          show: true,
          position: 'right',
          color: kText,
          formatter: ({ value }) => `${Number(value).toFixed(1)} ms`,
        },
        data: sorted.map(({ runtime, median }) => ({
          value: median,
          itemStyle: { color: runtime === 'edgy' ? kOurs : kPeers, borderRadius: [0, 3, 3, 0] },
        })),
      },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}
