import type { NDArray } from '@cascade-diffusion/arrays'
import type { Params } from '@cascade-diffusion/unet'

/** Names that a network's state dict has, by which it is found within a larger file. */
const landmarks = {
  openai: 'input_blocks.0.0.weight',
  diffusers: 'conv_in.weight',
  lucidrains: 'init_conv.weight',
} as const

/** Whose names a state dict has. */
export type Naming = keyof typeof landmarks

/** A network's state dict, and whose names it has. */
export interface FoundStateDict {
  readonly naming: Naming
  readonly stateDict: Params<NDArray>
}

/**
 * Finds a network's state dict among the tensors of a file, whose names may have a prefix: `module.`, `ema.`, `state_dict.`.
 * @param name what errors call the file.
 * @param prefix of the one that is meant, where there are several.
 * @throws if there is none, or several and no prefix is given.
 */
export function findStateDict(name: string, tensors: Params<NDArray>, prefix?: string): FoundStateDict {
  const keys = Object.keys(tensors)
  const found = Object.entries(landmarks).flatMap(([naming, mark]) =>
    keys
      .filter((key) => key === mark || key.endsWith(`.${mark}`))
      .map((key) => ({ naming: naming as Naming, prefix: key.slice(0, -mark.length) })),
  )
  const chosen = prefix === undefined ? found : found.filter((one) => one.prefix === prefix)
  const [one, other] = chosen
  if (!one) {
    const some = keys.slice(0, 5).join(', ')
    const where = found.map(({ prefix }) => `'${prefix}'`).join(', ')
    throw new Error(
      prefix === undefined || found.length === 0
        ? `${name}: expected a network of guided-diffusion, improved-diffusion or diffusers, got tensors ${some}, …`
        : `${name}: expected weights under '${prefix}', they are under ${where}`,
    )
  }
  if (other)
    throw new Error(
      `${name}: there are several networks, under ${chosen.map(({ prefix }) => `'${prefix}'`).join(', ')}: choose one by the option prefix`,
    )
  if (one.prefix === '') return { naming: one.naming, stateDict: tensors }
  const own = keys.filter((key) => key.startsWith(one.prefix))
  return {
    naming: one.naming,
    stateDict: Object.fromEntries(own.map((key) => [key.slice(one.prefix.length), tensors[key] as NDArray])),
  }
}
