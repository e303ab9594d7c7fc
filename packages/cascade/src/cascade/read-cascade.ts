import { fileIn, shownPlace } from '@cascade-diffusion/checkpoints'
import { CascadeError, checkOptions, shown } from '@cascade-diffusion/checks'
import { type ImageSource, shownSize } from '@cascade-diffusion/data'
import { type FunctionStageOptions, type ImagesFunction, type ImagesStage, imagesStage } from '../kinds/images-stage.ts'
import { resampleStage } from '../kinds/resample-stage.ts'
import type { LoadStageOptions } from '../stage/described-stage.ts'
import { fromFile } from '../stage/from-file.ts'
import { type Cascade, type CascadeStage, checkCascade, type DiffusionCascadeStage } from './cascade.ts'
import {
  type ManifestDiffusionStage,
  type ManifestImagesStage,
  type ManifestStage,
  manifestName,
  readManifest,
} from './manifest.ts'
import { readClassifier, readStage } from './read-weights.ts'

/** What a saved cascade cannot hold of a stage: custom code, or another program's images. */
export interface ReadCascadeStageOptions extends LoadStageOptions {
  /** The images of an `imagesStage`: a source, or a function. */
  readonly images?: ImageSource | ImagesFunction
}

/** Options of {@link readCascade}. */
export interface ReadCascadeOptions {
  /**
   * The custom networks and augmentations, and the images of other programs, by the names of their stages. A folder
   * holds their descriptions only.
   */
  readonly custom?: Readonly<Record<string, ReadCascadeStageOptions>>
}

/**
 * Reads a cascade that {@link saveCascade} wrote: in Node.js and in browsers. Its samples are the same, to the last bit,
 * as those of the saved one on the same engine.
 * @param place the folder: a path, or a URL (http, https or file) of a folder that a server has; `cascade.json` and the
 * files beside it are fetched, each once. In a browser a path is relative to the page.
 * @throws if a file cannot be fetched (code `download`), is missing, corrupt or of another kind; if a stage needs custom code or images that are not handed
 * in; or if they are not what the stage was saved with.
 */
export async function readCascade(place: string | URL, options: ReadCascadeOptions = {}): Promise<Cascade> {
  const where = 'readCascade'
  checkOptions(where, options, { custom: true })
  const { custom = {} } = options
  if (typeof custom !== 'object' || custom === null)
    throw new CascadeError('input', `${where}: expected custom code by the names of stages, got ${shown(custom)}`)
  const manifest = await readManifest(where, place)
  const names = manifest.stages.map(manifestName)
  const other = Object.keys(custom).find((name) => !names.includes(name))
  if (other !== undefined)
    throw new CascadeError('input', `${where}: expected custom code for ${names.join(', ')}, got some for '${other}'`)
  const stages: CascadeStage[] = []
  for (const [i, described] of manifest.stages.entries())
    stages.push(await readFiles(place, described, custom[names[i] as string] ?? {}))
  const cascade = { stages }
  fromFile(where, () => checkCascade(shownPlace(place), cascade))
  return cascade
}

async function readFiles(
  place: string | URL,
  described: ManifestStage,
  custom: ReadCascadeStageOptions,
): Promise<CascadeStage> {
  const where = `readCascade: custom code of '${manifestName(described)}'`
  if ('file' in described) {
    checkOptions<LoadStageOptions>(where, custom, { network: true, augmentation: true })
    return readDiffusion(place, described, custom)
  }
  if (described.kind === 'images') {
    checkOptions<Pick<ReadCascadeStageOptions, 'images'>>(where, custom, { images: true })
    return { stage: withImages(described, custom.images) }
  }
  checkOptions<object>(where, custom, {})
  const { kind: _, ...options } = described
  return { stage: fromFile('readCascade', () => resampleStage(options)) }
}

async function readDiffusion(
  place: string | URL,
  { file, level, truncated, sampling, classifier }: ManifestDiffusionStage,
  custom: LoadStageOptions,
): Promise<DiffusionCascadeStage> {
  const trained = await readStage(fileIn(place, file), custom)
  if (!classifier) return { ...trained, level, truncated, sampling }
  const guide = await readClassifier(fileIn(place, classifier.file))
  const guidance = { name: 'classifier', classifier: guide, scale: classifier.scale } as const
  return { ...trained, level, truncated, sampling: { ...sampling, guidance } }
}

/** @throws unless the images handed in are like those that the cascade was saved with. */
function withImages(described: ManifestImagesStage, images: ReadCascadeStageOptions['images']): ImagesStage {
  const { kind: _, source, ...options } = described
  const { name } = options
  if (images === undefined)
    throw new CascadeError(
      'input',
      `readCascade: the images of stage '${name}' are ` +
        `${source === undefined ? 'made by a function' : `those of '${source}'`}: ` +
        `hand them in, { custom: { ${/^[a-z]\w*$/i.test(name) ? name : `'${name}'`}: { images } } }`,
    )
  const given = typeof images === 'function' ? { ...options, images } : { name, images }
  const stage = imagesStage(given as FunctionStageOptions)
  const words = ({ size, imageChannels, classNames }: Pick<ImagesStage, 'size' | 'imageChannels' | 'classNames'>) =>
    `${shownSize(size)}×${imageChannels} of ${classNames ? `the classes ${classNames.join(', ')}` : 'no classes'}`
  const expected = words(imagesStage({ ...options, images: () => Promise.reject(new Error(name)) }))
  if (words(stage) !== expected)
    throw new CascadeError(
      'input',
      `readCascade: expected images of stage '${name}' like those that it was saved with, ${expected}, ` +
        `got ${words(stage)}`,
    )
  return stage
}
