import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { gaussianNoise } from '../packages/conditioning-augmentation/src/index.ts'
import { continuousCosine, type ScheduleConfig, scheduleOf } from '../packages/schedules/src/index.ts'

const page = fileURLToPath(new URL('../docs/conditioning-augmentation.md', import.meta.url))
const [, table = ''] = readFileSync(page, 'utf8').split('## Levels of other programs')

/** The rows that have a schedule in backquotes: schedule, s, log-SNR, α, σ, s of the cosine schedule. */
const rows = table.split('\n').flatMap((line) => {
  const [, config, ...numbers] =
    /`(\{ name: [^`]*\})` *\|([^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|$/.exec(line) ?? []
  if (config === undefined) return []
  const schedule = JSON.parse(config.replaceAll("'", '"').replace(/(\w+):/g, '"$1":')) as ScheduleConfig
  return [{ schedule, text: numbers.map((number) => number.trim()) }]
})

test('the table of the levels of other programs has the numbers of our augmentations', () => {
  expect(rows.length).toBe(12)
  for (const { schedule, text } of rows) {
    const { alpha, sigma } = gaussianNoise({ schedule: scheduleOf(schedule) }).noiseLevel!(Number(text[0]))
    const logSnr = 2 * Math.log(alpha / sigma)
    const s = 1000 * continuousCosine().timeOf(logSnr)
    expect(text.slice(1)).toEqual([logSnr.toFixed(2), alpha.toFixed(4), sigma.toFixed(4), s.toFixed(0)])
  }
})
