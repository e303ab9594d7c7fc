import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CascadeError, parseConfig, type Schema, schema } from '@cascade-diffusion/checks'
import { writeAtomically } from '@cascade-diffusion/files'
import { differences } from '@cascade-diffusion/training'
import { canonical, fromJson, toJson } from './json-value.ts'
import type { SearchSettings } from './search-settings.ts'

/** The file in the folder of a search that holds the finished trials. */
const recordFile = 'search.json'

const format = 'cascade-diffusion search 1'

interface RecordedTrial {
  /** What is chosen for each stage. */
  readonly choices: readonly unknown[]
  readonly evaluation: unknown
}

interface SearchRecordFile {
  readonly format: typeof format
  readonly settings: SearchSettings
  readonly trials: readonly RecordedTrial[]
}

const anything = <T>(): Schema<T> => schema.value<T>('a value', () => true)

const recordSchema: Schema<SearchRecordFile> = schema.record<SearchRecordFile>({
  format: schema.oneOf([format]),
  settings: anything<SearchSettings>(),
  trials: schema.list(
    schema.record<RecordedTrial>({ choices: schema.list(anything<unknown>()), evaluation: anything<unknown>() }),
  ),
})

/** The evaluations of finished trials, by the choices of all stages. */
export interface SearchRecord {
  has(choices: readonly unknown[]): boolean
  /** As {@link add} was given it. */
  get(choices: readonly unknown[]): unknown
  /** Keeps an evaluation, on the disk when it returns. */
  add(choices: readonly unknown[], evaluation: unknown): Promise<void>
}

/**
 * The record of a search: in a folder, or only in memory.
 * @throws if the folder cannot be written, or holds the record of another search: the error lists what differs.
 */
export async function openSearchRecord(
  where: string,
  folder: string | undefined,
  settings: SearchSettings,
): Promise<SearchRecord> {
  const trials = folder === undefined ? [] : await recordedTrials(where, folder, settings)
  const found = new Map(trials.map((trial) => [canonical(trial.choices), trial]))
  return {
    has: (choices) => found.has(canonical(choices)),
    get: (choices) => fromJson(found.get(canonical(choices))?.evaluation),
    async add(choices, evaluation) {
      if (folder === undefined) {
        found.set(canonical(choices), { choices, evaluation })
        return
      }
      found.set(canonical(choices), { choices, evaluation: toJson(where, evaluation) })
      const record: SearchRecordFile = { format, settings, trials: [...found.values()] }
      await writeAtomically(join(folder, recordFile), `${JSON.stringify(record, null, 2)}\n`)
    },
  }
}

async function recordedTrials(
  where: string,
  folder: string,
  settings: SearchSettings,
): Promise<readonly RecordedTrial[]> {
  const path = join(folder, recordFile)
  await mkdir(folder, { recursive: true }).catch((cause) => {
    throw new CascadeError('file', `${where}: could not make the folder ${folder}: ${cause.message}`, { cause })
  })
  for (const each of [folder, join(folder, 'samples')]) await removePartial(each)
  if (!existsSync(path)) return []
  const text = await readFile(path, 'utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new CascadeError('checkpoint', `${where}: expected JSON in ${path}: ${(cause as Error).message}`, { cause })
  }
  const record = parseConfig(`${where}: ${path}`, recordSchema, value, { code: 'checkpoint' })
  const lines = differences(record.settings, JSON.parse(JSON.stringify(settings)), 'in the folder')
  if (lines.length > 0)
    throw new CascadeError(
      'checkpoint',
      `${where}: expected the settings of the search in ${folder}, got others:\n` +
        `${lines.map((line) => `  ${line}`).join('\n')}\nrestore them to resume it, or choose another folder`,
    )
  return record.trials
}

/** Removes what a run left that was killed while it wrote. */
async function removePartial(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  const partial = names.filter((name) => /\.(json|safetensors|txt|svg)\.\d+-\d+\.partial$/.test(name))
  await Promise.all(partial.map((name) => rm(join(folder, name), { force: true })))
}
