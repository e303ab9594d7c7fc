import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { NDArray } from '@cascade-diffusion/arrays'
import '@cascade-diffusion/ops'
import { CascadeError, checkOneOf, checkOptions, shown } from '@cascade-diffusion/checks'
import { defaultLevel } from '@cascade-diffusion/conditioning-augmentation'
import { isDiscrete, learnsVariance, noiseInput, processOf } from '@cascade-diffusion/diffusion'
import { writeAtomically } from '@cascade-diffusion/files'
import { exportOnnx, saveOnnx } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import type { ExportedCascade, ExportedInput, ExportedStage } from './manifest.ts'
import { type ExportSource, type Model, modelOf } from './model.ts'

/** Options of {@link writeOnnx}. */
export interface WriteOnnxOptions {
  /**
   * The type in which weights are stored and multiplied. Inputs, outputs, sums and norms are always float32. Default
   * `float32`.
   */
  readonly precision?: 'float32' | 'float16'
  /** The name of the file of a U-Net that is not a stage. Default `unet`. */
  readonly name?: string
}

/**
 * Writes a stage, a U-Net, or the stages of a cascade in order, as ONNX files for `onnxruntime-web` and
 * `onnxruntime-node`, for any batch size: `NAME.onnx` for each network, `NAME.augmentation.onnx` for the augmentation
 * of its small images, and `cascade.json`, which describes them. Weights beyond 1.5 GiB are in `NAME.onnx.data`.
 * @returns the contents of `cascade.json`.
 * @throws if two have the same name, if one does not super-resolve what the one before it makes, or if a network cannot be
 * traced.
 */
export async function writeOnnx(
  sources: ExportSource | readonly ExportSource[],
  folder: string,
  options: WriteOnnxOptions = {},
): Promise<ExportedCascade> {
  checkOptions('writeOnnx', options, { precision: true, name: true })
  const { precision = 'float32', name = 'unet' } = options
  checkOneOf('writeOnnx', 'a precision', precision, ['float32', 'float16'])
  const models = [sources].flat().map((source) => modelOf(source as ExportSource, name))
  if (models.length === 0) throw new CascadeError('input', 'writeOnnx: expected at least one stage or U-Net, got none')
  if (typeof folder !== 'string') throw new CascadeError('input', `writeOnnx: expected a folder, got ${shown(folder)}`)
  const twice = models.find((model, i) => models.findIndex((other) => other.name === model.name) !== i)
  if (twice) throw new CascadeError('input', `writeOnnx: expected different names, got '${twice.name}' twice`)
  checkOrder(models)
  await mkdir(folder, { recursive: true })
  const stages: ExportedStage[] = []
  for (const model of models) stages.push(await writeModel(model, folder, precision))
  const manifest: ExportedCascade = { format: 'cascade-diffusion onnx 1', stages }
  // Written last: where it is, the files are.
  const path = join(folder, 'cascade.json')
  await writeAtomically(path, JSON.stringify(manifest))
  return manifest
}

/** @throws unless each stage takes the images of the one before it. */
function checkOrder(models: readonly Model[]): void {
  const size = ([height, width]: readonly number[]) => `${height}×${width}`
  const follows = (before: Model, { lowRes }: Model) => lowRes !== undefined && size(lowRes) === size(before.resolution)
  const wrong = models.findIndex((model, i) => i > 0 && !follows(models[i - 1] as Model, model))
  if (wrong < 0) return
  const described = models.map(
    ({ name, resolution, lowRes }) => `'${name}' (${lowRes ? `${size(lowRes)} → ` : ''}${size(resolution)})`,
  )
  const area = ({ resolution: [height, width] }: Model) => height * width
  const sorted = models.toSorted((a, b) => area(a) - area(b))
  const fits = sorted.every((model, i) => i === 0 || follows(sorted[i - 1] as Model, model))
  throw new CascadeError(
    'input',
    'writeOnnx: expected the stages of a cascade in order, each of which super-resolves what the one before it makes, got ' +
      `${described.join(', ')}${fits ? `; the order is ${sorted.map(({ name }) => `'${name}'`).join(', ')}` : ''}`,
  )
}

async function writeModel(model: Model, folder: string, precision: 'float32' | 'float16'): Promise<ExportedStage> {
  const { name, network, params, process, resolution, imageChannels, classNames } = model
  const { xt, noise, ...condition } = inputsOf(model)
  const onnx = exportOnnx(network.apply, [params, xt, noise, condition] as never, {
    inputs: ['', 'xt', 'noise', ''],
    output: 'output',
    precision,
    metadata: { name, description: `The network of '${name}': see cascade.json.` },
  })
  await saveOnnx(join(folder, `${name}.onnx`), onnx)
  const made = processOf(process)
  const { schedule, prediction, variance } = made
  return {
    name,
    network: `${name}.onnx`,
    precision,
    classNames,
    process: { ...process, prediction, variance, noiseInput: made.noiseInput },
    inputs: { xt, noise, ...condition } as Record<string, ExportedInput>,
    outChannels: imageChannels * (learnsVariance(made) ? 2 : 1),
    image: [...resolution, imageChannels],
    steps: isDiscrete(schedule)
      ? {
          alphasCumprod: [...schedule.alphasCumprod],
          noise: Array.from(schedule.betas, (_, t) => noiseInput(made, t)),
        }
      : null,
    augmentation: await writeAugmentation(model, folder),
  }
}

function inputsOf({ resolution, imageChannels, labelled, lowRes, augmentation }: Model) {
  const image: ExportedInput = { dtype: 'float32', shape: ['N', ...resolution, imageChannels] }
  const perImage = (dtype: ExportedInput['dtype']): ExportedInput => ({ dtype, shape: ['N'] })
  const level = lowRes && augmentation?.draw({ shape: [1, ...lowRes], rng: rng(0) }).level
  return {
    xt: image,
    noise: perImage('float32'),
    ...(labelled && { label: perImage('int32') }),
    ...(lowRes && { lowRes: { dtype: 'float32', shape: ['N', ...lowRes] } satisfies ExportedInput }),
    ...(level && { augmentationLevel: perImage(level.dtype) }),
  }
}

/**
 * Writes the file of an augmentation. @returns null if its only level in sampling is 0, which leaves the small images
 * as they are.
 */
async function writeAugmentation({ name, augmentation, augmentationConfig, lowRes }: Model, folder: string) {
  if (!augmentation || !lowRes || augmentation.maxLevel === 0) return null
  const file = `${name}.augmentation.onnx`
  const { maxLevel, continuous = false } = augmentation
  const { level, ...others } = augmentation.draw({ shape: [1, ...lowRes], rng: rng(0), level: maxLevel })
  const inputOf = ({ dtype, shape }: NDArray): ExportedInput => ({ dtype, shape: ['N', ...shape.slice(1)] })
  const drawn = Object.entries({ augmentationLevel: level, ...others })
  const inputs = Object.fromEntries(drawn.flatMap(([key, array]) => (array ? [[key, inputOf(array)]] : [])))
  const z: ExportedInput = { dtype: 'float32', shape: ['N', ...lowRes] }
  const apply = (z: Tensor4D, { augmentationLevel, ...others }: Record<string, Tensor>) =>
    augmentation.apply(z, { ...others, level: augmentationLevel as Tensor1D | undefined })
  const onnx = exportOnnx(apply, [z, inputs] as never, { inputs: ['lowRes', ''], output: 'output' })
  await saveOnnx(join(folder, file), onnx)
  return {
    name: augmentation.name,
    file,
    config: augmentationConfig ?? null,
    minLevel: defaultLevel(augmentation),
    maxLevel,
    continuous,
    inputs: { lowRes: z, ...inputs },
  }
}
