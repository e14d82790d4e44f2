import type { ChartData } from "./chart-data.ts";

const SIZE = { width: 900, height: 480 };

/** A chart as SVG, drawn without a browser. The library is loaded when the first one is drawn. */
export async function drawChart(data: ChartData): Promise<string> {
  const [core, charts, components, renderers] = await Promise.all([
    import("echarts/core"),
    import("echarts/charts"),
    import("echarts/components"),
    import("echarts/renderers"),
  ]);
  core.use([
    charts.BarChart,
    charts.LineChart,
    charts.PieChart,
    charts.FunnelChart,
    components.TitleComponent,
    components.LegendComponent,
    components.GridComponent,
    renderers.SVGRenderer,
  ]);
  const chart = core.init(null, null, { renderer: "svg", ssr: true, ...SIZE });
  try {
    chart.setOption(optionsOf(data));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function optionsOf(data: ChartData) {
  const shared = { animation: false, title: { text: data.title, left: "center" }, legend: { bottom: 0 } };
  return data.kind === "pie" || data.kind === "funnel"
    ? { ...shared, series: [shareSeries(data, data.kind)] }
    : {
        ...shared,
        ...axes(data),
        series: data.series.map(({ name, values }) => ({ type: data.kind, name, data: [...values] })),
      };
}

function axes({ categories, unit }: ChartData) {
  return {
    grid: { top: 60, bottom: 70, left: 70, right: 30 },
    xAxis: { type: "category", data: [...categories], axisLabel: { hideOverlap: true } },
    yAxis: { type: "value", name: unit },
  };
}

function shareSeries({ series, categories }: ChartData, type: "pie" | "funnel") {
  const [first] = series;
  return {
    type,
    name: first?.name ?? "",
    label: { formatter: "{b}: {c}" },
    data: categories.map((name, index) => ({ name, value: first?.values[index] ?? 0 })),
    ...(type === "funnel" ? { sort: "none", top: 60, bottom: 60 } : { radius: "60%" }),
  };
}
