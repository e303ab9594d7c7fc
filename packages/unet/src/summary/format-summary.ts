import type { LayerSummary, NetworkSummary } from './summary.ts'

/** Options of {@link formatSummary}. */
export interface FormatSummaryOptions {
  /** A line for each block, with the sums of its layers, or for each layer. Default `block`. */
  by?: 'block' | 'layer'
}

/** A summary as a table of aligned columns with totals. */
export function formatSummary(
  { layers, ...total }: NetworkSummary,
  { by = 'block' }: FormatSummaryOptions = {},
): string {
  const rows = by === 'layer' ? layers : blocksOf(layers)
  const cells = [
    ['name', by === 'layer' ? 'kind' : 'layers', 'output', 'parameters', 'multiply-adds'],
    ...rows.map(({ name, kind, shape, ...row }) => [name, kind, shape.join('×'), ...figures(row)]),
    ['total', '', '', ...figures(total)],
  ]
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (i < 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd()
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2))
  const lines = cells.map(line)
  return [lines[0], rule, ...lines.slice(1, -1), rule, lines.at(-1)].join('\n')
}

const figures = ({ parameters, multiplyAdds }: Pick<LayerSummary, 'parameters' | 'multiplyAdds'>) =>
  [parameters, multiplyAdds].map((n) => n.toLocaleString('en'))

/** Layers whose names differ in the last word only, added up. */
function blocksOf(layers: readonly LayerSummary[]): (Omit<LayerSummary, 'kind'> & { kind: string })[] {
  const blocks = new Map<string, LayerSummary[]>()
  for (const layer of layers) {
    const name = blockName(layer.name)
    blocks.set(name, [...(blocks.get(name) ?? []), layer])
  }
  return [...blocks].map(([name, within]) => ({
    name,
    kind: String(within.length),
    shape: within.at(-1)!.shape,
    parameters: within.reduce((sum, { parameters }) => sum + parameters, 0),
    multiplyAdds: within.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0),
  }))
}

/** `down.0.1` of `down.0.1.conv1`, `output` of `output.norm`. */
function blockName(layer: string): string {
  const [first, ...rest] = layer.split('.') as [string, ...string[]]
  const indices = first === 'middle' ? 1 : first === 'down' || first === 'up' ? 2 : 0
  return [first, ...rest.slice(0, indices)].join('.')
}
