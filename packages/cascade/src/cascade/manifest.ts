import { fileIn, readText, shownPlace } from '@cascade-diffusion/checkpoints'
import { CascadeError, isCascadeError, parseConfig, type Schema, schema, shown } from '@cascade-diffusion/checks'
import { previousFolder } from '@cascade-diffusion/files'
import { type DescribedImages, describedImagesEntries } from '../kinds/images-stage.ts'
import { type ResampleStageOptions, resampleEntries } from '../kinds/resample-stage.ts'
import type { StageSampling } from './stage-sampling.ts'
import { stageSamplingSchema } from './stage-sampling.ts'

/** The name of the manifest in a cascade's folder. */
export const manifestFile = 'cascade.json'

const format = 'cascade-diffusion cascade 1'

/** A diffusion model in the manifest. */
export interface ManifestDiffusionStage {
  /** The file of its weights, which describes the stage. */
  readonly file: string
  readonly level?: number
  readonly truncated?: boolean
  /** Without the classifier that guides it, which has its own file. */
  readonly sampling: StageSampling
  /** The classifier that guides it. */
  readonly classifier?: { readonly file: string; readonly scale: number }
}

/** A resampler in the manifest, which describes it in full. */
export interface ManifestResampleStage extends ResampleStageOptions {
  readonly kind: 'resample'
}

/** Another program's images in the manifest, which does not hold them. */
export interface ManifestImagesStage extends DescribedImages {
  readonly kind: 'images'
  /** The name of the source; absent for a function. */
  readonly source?: string
}

/** One stage in the manifest. */
export type ManifestStage = ManifestDiffusionStage | ManifestResampleStage | ManifestImagesStage

/** The name of a stage in the manifest. */
export const manifestName = (stage: ManifestStage): string =>
  'file' in stage ? stage.file.replace(/\.safetensors$/, '') : stage.name

/** What `cascade.json` holds: the files of the stages, and what was chosen for each after training. */
export interface CascadeManifest {
  readonly format: typeof format
  readonly stages: readonly ManifestStage[]
}

/** The name of a file in the folder itself: a manifest must not refer to files elsewhere. */
const fileName: Schema<string> = schema.value(
  'the name of a safetensors file in the same folder',
  (x) => typeof x === 'string' && /^[\w-]+(\.[\w-]+)*\.safetensors$/.test(x),
)

const diffusionSchema: Schema<ManifestDiffusionStage> = schema.record<ManifestDiffusionStage>({
  file: fileName,
  level: schema.optional(schema.number({ from: 0 })),
  truncated: schema.optional(schema.flag()),
  sampling: stageSamplingSchema,
  classifier: schema.optional(
    schema.record<NonNullable<ManifestDiffusionStage['classifier']>>({ file: fileName, scale: schema.number() }),
  ),
})

const resampleSchema: Schema<ManifestResampleStage> = schema.record<ManifestResampleStage>({
  kind: schema.oneOf(['resample']),
  ...resampleEntries,
})

const imagesSchema: Schema<ManifestImagesStage> = schema.record<ManifestImagesStage>({
  kind: schema.oneOf(['images']),
  ...describedImagesEntries,
  source: schema.optional(schema.text()),
})

const isKind = (kind: string) => (stage: unknown) => (stage as { readonly kind?: unknown } | null)?.kind === kind

const manifestSchema: Schema<CascadeManifest> = schema.record<CascadeManifest>({
  format: schema.oneOf([format]),
  stages: schema.list(
    schema.either(
      diffusionSchema,
      schema.either(resampleSchema, imagesSchema, isKind('images')),
      (stage) => isKind('resample')(stage) || isKind('images')(stage),
    ),
    1,
  ),
})

/** The text of a manifest. */
export const manifestText = (stages: readonly ManifestStage[]): string =>
  `${JSON.stringify({ format, stages }, null, 2)}\n`

/**
 * Reads the manifest of a cascade.
 * @param place its folder: a path or a URL.
 * @throws if there is none, or if it is invalid: the error lists everything that is wrong.
 */
export async function readManifest(where: string, place: string | URL): Promise<CascadeManifest> {
  if (typeof place !== 'string' && !(place instanceof URL))
    throw new CascadeError('input', `${where}: expected the path or the URL of a folder, got ${shown(place)}`)
  const file = fileIn(place, manifestFile)
  const text = await readText(file).catch((cause) => {
    const message = `${where}: expected a cascade in ${shownPlace(place)}: ${cause.message}${adviceOn(place)}`
    throw new CascadeError(isCascadeError(cause, 'download') ? 'download' : 'checkpoint', message, { cause })
  })
  const path = shownPlace(file)
  const manifest = parsed(where, path, text)
  // A file of another format would be wrong in every field.
  const given = (manifest as Partial<CascadeManifest> | null)?.format
  if (typeof given === 'string' && given !== format)
    throw new CascadeError('checkpoint', `${where}: ${path}: expected the format '${format}', got ${shown(given)}`)
  return parseConfig(`${where}: ${path}`, manifestSchema, manifest, { code: 'checkpoint' })
}

/** Where the cascade is that was in a folder before, if a crash has left it there. */
function adviceOn(place: string | URL): string {
  const fs = globalThis.process?.getBuiltinModule?.('node:fs')
  if (!fs || typeof place !== 'string') return ''
  const folder = process.getBuiltinModule('node:path').resolve(place)
  const previous = previousFolder(folder)
  return !fs.existsSync(folder) && fs.existsSync(previous) ? `; the one before it is ${previous}` : ''
}

function parsed(where: string, path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CascadeError('checkpoint', `${where}: expected JSON in ${path}: ${(cause as Error).message}`, { cause })
  }
}
