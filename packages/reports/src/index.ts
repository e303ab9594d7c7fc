export { formatDuration, formatNumber, formatNumbers } from './format.ts'
export {
  htmlReport,
  type KeyFigure,
  type Report,
  type ReportImage,
  type ReportSection,
  type ReportTable,
} from './html-report.ts'
export { svgColumn } from './svg-column.ts'
export { type LineChartOptions, type Series, svgLineChart } from './svg-line-chart.ts'
export {
  type TensorboardImage,
  type TensorboardWriter,
  type TensorboardWriterOptions,
  tensorboardWriter,
} from './tensorboard/tensorboard-writer.ts'
