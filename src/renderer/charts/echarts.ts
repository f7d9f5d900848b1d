/** The parts of ECharts that Cria uses. */
import { HeatmapChart, LineChart, ScatterChart } from 'echarts/charts';
import { DataZoomComponent, GraphicComponent, GridComponent, MarkLineComponent, MarkPointComponent, ToolboxComponent, TooltipComponent, VisualMapComponent } from 'echarts/components';
import { connect, init, use, type EChartsType } from 'echarts/core';
import { CanvasRenderer, SVGRenderer } from 'echarts/renderers';

use([LineChart, HeatmapChart, ScatterChart, GridComponent, TooltipComponent, DataZoomComponent, MarkPointComponent, MarkLineComponent, ToolboxComponent, VisualMapComponent, GraphicComponent, CanvasRenderer, SVGRenderer]);

export { connect, init };
export type { EChartsType };
