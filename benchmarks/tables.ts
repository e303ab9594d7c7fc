// Puts the tables of results/*.json into docs/benchmarks.md, between the comments that name them.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type AccuracyResults, accuracyRows } from './accuracy.ts'
import { type ColdStartResults, coldStartRows } from './cold-start.ts'
import { type FirstImageResults, firstImageRows } from './first-image.ts'
import { type ImageResults, imageRows } from './images.ts'
import { type LoadResults, loadRows } from './load.ts'
import type { NetworkMachine } from './network.ts'
import { type Comparison, comparisonRows, type Machine, markdown, rateRows, readResults } from './results.ts'
import { type StartupResults, startupRows } from './startup.ts'
import { sumRows } from './sums.ts'

export const docsPath = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url))

const on = ({ cpu, cores, memoryGiB, platform, node }: Omit<Machine, 'date' | 'loadAverage'>) =>
  `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}, Node.js ${node}`

/** Each table by its name; empty if nothing has been measured yet. */
function tables(): Record<string, string> {
  const network = readResults<Comparison[]>('network') ?? []
  const about = readResults<Partial<NetworkMachine> & Omit<Machine, 'loadAverage'>>('network.machine')
  const startup = readResults<StartupResults>('startup')
  const coldStart = readResults<ColdStartResults>('cold-start')
  const load = readResults<LoadResults>('load')
  const first = readResults<FirstImageResults>('first-image')
  const images = readResults<ImageResults>('images')
  const accuracy = readResults<AccuracyResults>('accuracy')
  const records = about?.works ?? []
  const dates = records.map(({ date }) => date.slice(0, 10)).sort()
  return {
    network: network.length > 0 ? markdown(comparisonRows(network)) : '',
    machine: about
      ? [`${on(about)}, PyTorch ${about.peer?.torch}, ${about.threads} threads`, ...dates.slice(-1)].join('; ')
      : '',
    rates: records.length > 0 ? markdown(rateRows(records)) : '',
    startup: startup ? `${markdown(startupRows(startup.works))}\n\n${on(startup)}; ${startup.date.slice(0, 10)}` : '',
    'first-image': first
      ? `${markdown(firstImageRows(first.works))}\n\n${on(first)}, PyTorch ${first.peer.torch}, diffusers ${first.peer.diffusers}; ${first.date.slice(0, 10)}`
      : '',
    'cold-start': coldStart
      ? `${markdown(coldStartRows(coldStart.starts))}\n\n${on(coldStart)}; ${coldStart.date.slice(0, 10)}`
      : '',
    load: load ? `${markdown(loadRows(load.works))}\n\n${on(load)}; ${load.date.slice(0, 10)}` : '',
    images: images ? `${markdown(imageRows(images.works))}\n\n${on(images)}; ${images.date.slice(0, 10)}` : '',
    sums: accuracy ? `${markdown(sumRows(accuracy.sums))}\n\n${on(accuracy)}` : '',
    accuracy: accuracy ? `${markdown(accuracyRows(accuracy.works))}\n\n${on(accuracy)}` : '',
  }
}

/** The text with the tables of the results. @throws if the text has no place for one. */
export function withTables(text: string): string {
  return Object.entries(tables()).reduce((text, [name, table]) => {
    const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
    const [begin, end] = [text.indexOf(open), text.indexOf(close)]
    if (begin < 0 || end < begin) throw new Error(`docs/benchmarks.md: expected ${open} and ${close}`)
    return `${text.slice(0, begin)}${open}\n\n${table || 'Not measured yet.'}\n\n${text.slice(end)}`
  }, text)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  writeFileSync(docsPath, withTables(readFileSync(docsPath, 'utf8')))
