import { CascadeError, shown } from '@cascade-diffusion/checks'

/** Which of the weights in a folder of diffusers to load. */
export interface SavedModelOptions {
  /**
   * The variant of the weights by its name in diffusers: `fp16` for `diffusion_pytorch_model.fp16.safetensors`.
   * Default: weights without a variant, or the only variant. At an address `fp16` is tried, then `bf16`.
   */
  readonly variant?: string
  /**
   * For checkpoints of diffusers' training scripts: whether to load the averaged weights, in the folder `unet_ema`, or
   * the last ones, in `unet`. Default: the average, if there is one.
   */
  readonly average?: boolean
}

/** The files of one folder, by name: their paths on the disk. Remote files are downloaded. */
export interface Folder {
  file(name: string): Promise<string | undefined>
  /** The names in a subfolder, if they can be listed. */
  list?(prefix: string): Promise<readonly string[]>
}

/** Weights that diffusers has saved. */
export interface SavedModel {
  /** Their path on the disk. */
  readonly weights: string
  /** Their name in the folder that was given: `unet_ema/diffusion_pytorch_model.safetensors`. */
  readonly name: string
  /** The subfolder that they are in: `unet_ema/`. */
  readonly prefix: string
}

const stem = 'diffusion_pytorch_model'
const endings = ['safetensors', 'bin'] as const

/** The default name of weights in diffusers. */
export const usualWeights = `${stem}.safetensors`

/**
 * The names under which diffusers saves weights, the preferred first. Older releases and other tools name the index of
 * a variant's shards in other ways.
 */
const weightNames = (variant: string | undefined): readonly string[] =>
  endings
    .flatMap((ending) =>
      variant === undefined
        ? [ending, `${ending}.index.json`]
        : [
            ...[`${variant}.${ending}`, `${ending}.index.${variant}.json`],
            ...[`${ending}.${variant}.index.json`, `${variant}.${ending}.index.json`],
          ],
    )
    .map((name) => `${stem}.${name}`)

/**
 * The result of diffusers' `save_pretrained`: of a model; of a pipeline, with its network in the folder `unet`; or of a
 * training script, with the average in `unet_ema`.
 * @param place the name of the folder in errors.
 * @returns `undefined` if there is no such model.
 * @throws if there are several variants and none is chosen, or the chosen weights are not there.
 */
export async function savedModel(
  place: string,
  folder: Folder,
  { variant, average }: SavedModelOptions,
): Promise<SavedModel | undefined> {
  if (variant !== undefined && !/^[\w-]+$/.test(variant))
    throw new CascadeError('input', `fromPretrained: expected variant, a name such as fp16, got ${shown(variant)}`)
  const prefixes = average === undefined ? ['', 'unet_ema/', 'unet/'] : average ? ['unet_ema/'] : ['', 'unet/']
  const seen: string[] = []
  for (const prefix of prefixes) {
    if (!(await folder.file(`${prefix}config.json`))) continue
    const there = (await folder.list?.(prefix)) ?? []
    seen.push(...there.filter((name) => name.startsWith(`${stem}.`)).map((name) => prefix + name))
    const chosen = variant
      ? [variant]
      : [
          undefined,
          ...variantsIn(prefix ? `${place}: ${prefix.slice(0, -1)}` : place, there, folder.list !== undefined),
        ]
    for (const name of chosen.flatMap(weightNames)) {
      const weights = await folder.file(prefix + name)
      if (weights) return { weights, name: prefix + name, prefix }
    }
  }
  const got = folder.list ? `; got ${seen.join(', ') || 'none'}` : ', there is none'
  if (variant !== undefined)
    throw new CascadeError('checkpoint', `${place}: expected weights ${weightNames(variant)[0]} or its shards${got}`)
  if (average)
    throw new CascadeError(
      'checkpoint',
      `${place}: expected averaged weights, unet_ema/config.json with ${usualWeights}${got}`,
    )
  return undefined
}

/** The variants to try, if there may be no weights without one. */
function variantsIn(place: string, names: readonly string[], listed: boolean): readonly string[] {
  if (!listed) return ['fp16', 'bf16']
  if (weightNames(undefined).some((name) => names.includes(name))) return []
  const parts = names
    .filter((name) => name.startsWith(`${stem}.`))
    .flatMap((name) => name.split('.').slice(1))
    .map((part) => part.replace(/-\d+-of-\d+$/, ''))
  const variants = [...new Set(parts)].filter((part) => weightNames(part).some((name) => names.includes(name)))
  if (variants.length < 2) return variants
  const choice = variants.sort().map((one) => `'${one}'`)
  throw new CascadeError(
    'input',
    `${place}: there are several variants: choose one with the option variant: ${choice.join(', ')}`,
  )
}
