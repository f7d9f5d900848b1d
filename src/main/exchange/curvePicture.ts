/** Curves as an SVG picture, drawn without a window by the library that draws them in it. */
import { LineChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { LabelLayout } from 'echarts/features';
import { SVGRenderer } from 'echarts/renderers';
import type { ChartLine } from '../../shared/curves.ts';
import { formatCompact } from '../../shared/format.ts';

use([LineChart, GridComponent, LabelLayout, SVGRenderer]);

const INK = '#1d1d1b';
const FAINT = '#dededb';

/** @returns an <svg> element of that size in pixels, on white */
export function curvePicture(lines: readonly ChartLine[], { width, height }: { width: number; height: number }): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    const axis = { axisLine: { lineStyle: { color: FAINT } }, axisTick: { show: false }, axisLabel: { color: INK, fontSize: 11, hideOverlap: true, formatter: formatCompact }, splitLine: { lineStyle: { color: FAINT, opacity: 0.5 } } };
    chart.setOption({
      animation: false,
      backgroundColor: '#ffffff',
      grid: { left: 52, right: 130, top: 10, bottom: 26 },
      xAxis: { ...axis, type: 'value', min: 'dataMin', max: 'dataMax', splitLine: { show: false } },
      yAxis: { ...axis, type: 'value', scale: true },
      series: lines.map(({ name, colour, dash, points, rings }) => ({
        type: 'line', name, data: points, symbol: rings ? 'emptyCircle' : 'none', symbolSize: 5, itemStyle: { color: colour }, lineStyle: { width: 1.5, type: dash, color: colour },
        endLabel: { show: true, formatter: name.length > 20 ? `${name.slice(0, 19)}…` : name, color: colour, fontSize: 11, distance: 6 }, labelLayout: { moveOverlap: 'shiftY' },
      })),
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
