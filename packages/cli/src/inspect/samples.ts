import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { shownSize } from '@cascade-diffusion/data'
import { listed } from '../cascade/labels.ts'
import { counted, type Found, quoted } from './found.ts'
import { bytesIn, jsonAt } from './reading.ts'

/** What `sample` and `upscale` write beside images. */
interface Manifest {
  readonly format?: string
  readonly count: number
  readonly firstIndex: number
  readonly stages: readonly {
    readonly name: string
    readonly size: readonly [number, number]
    readonly channels: number
    readonly path: string
  }[]
  readonly classNames: readonly string[] | null
}

/** What they write of a run that is not finished. */
interface State {
  readonly format?: string
  readonly count: number
  readonly done: number
}

/** The manifests beside samples: in a folder of images, or beside an `.npz` file. */
export const manifestsOf = (path: string, isFolder: boolean) =>
  isFolder
    ? { finished: join(path, 'samples.json'), unfinished: join(path, 'samples.partial.json') }
    : { finished: `${path}.json`, unfinished: `${path}.partial.json` }

/** Finished samples. @param path of their folder, or of the `.npz` file. */
export async function inspectSamples(path: string, isFolder: boolean): Promise<Found> {
  const { finished } = manifestsOf(path, isFolder)
  const manifest = await jsonAt<Manifest>(finished)
  const { count, firstIndex, stages, classNames } = manifest
  return {
    kind: 'samples',
    bytes: isFolder ? await bytesIn(path) : (await stat(path)).size,
    facts: {
      images: `${count.toLocaleString('en-US')}${firstIndex > 0 ? `, from place ${firstIndex} on` : ''}`,
      ...Object.fromEntries(
        stages.map(({ name, size, channels, path: own }) => [
          name,
          `${shownSize(size)}, ${counted(channels, 'channel')}, in ${join(dirname(finished), own)}`,
        ]),
      ),
      classes: classNames ? listed(classNames) : 'none',
    },
    json: { ...manifest, format: undefined, samplesFormat: manifest.format },
    next: [`data inspect ${quoted(isFolder ? join(path, stages.at(-1)?.path ?? '.') : path)}`],
  }
}

/** Samples whose run was interrupted. */
export async function inspectUnfinished(path: string, isFolder: boolean): Promise<Found> {
  const { count, done } = await jsonAt<State>(manifestsOf(path, isFolder).unfinished)
  return {
    kind: 'unfinished samples',
    bytes: isFolder ? await bytesIn(path) : 0,
    facts: { images: `${done} of ${count}; the same call resumes` },
    json: { count, done, name: basename(path) },
    next: [],
  }
}
