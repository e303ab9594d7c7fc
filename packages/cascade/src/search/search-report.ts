import { join } from 'node:path'
import { writeAtomically } from '@cascade-diffusion/files'
import { formatNumbers } from '@cascade-diffusion/reports'

/** What a search found, to be read. */
export interface SearchReport {
  /** What was tried, with the objective of each; the best is marked by an asterisk. */
  readonly table: string
  /** The same as a chart, an SVG file; undefined if no objective is finite. */
  readonly chart: string | undefined
}

/** Writes `NAME.txt` and `NAME.svg` to a folder, if there is one. */
export async function writeReport(folder: string | undefined, name: string, { table, chart }: SearchReport) {
  if (folder === undefined) return
  await writeAtomically(join(folder, `${name}.txt`), table)
  if (chart !== undefined) await writeAtomically(join(folder, `${name}.svg`), chart)
}

/** A table as text, its columns aligned: numbers at the right, all else at the left. */
export function textTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((name, k) => Math.max(name.length, ...rows.map((row) => row[k]!.length)))
  const isNumeric = header.map((_, k) => rows.every((row) => /^[-\d.,e∞ *]*$/.test(row[k]!)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, k) => (isNumeric[k] ? cell.padStart(widths[k]!) : cell.padEnd(widths[k]!)))
      .join('  ')
      .trimEnd()
  return `${[header, ...rows].map(line).join('\n')}\n`
}

/** Objectives as cells of a table, the best marked. */
export function objectiveCells(objectives: readonly number[], best: number): string[] {
  const finite = objectives.filter(Number.isFinite)
  const texts = formatNumbers(finite)
  return objectives.map((value, i) => {
    const text = Number.isFinite(value) ? texts[objectives.slice(0, i).filter(Number.isFinite).length]! : '∞'
    return i === best ? `${text} *` : `${text}  `
  })
}
