import { CascadeError } from '@cascade-diffusion/checks'

/** Names that occur in each kind of state dict. They locate a network within a larger file. */
const landmarks = {
  openai: 'input_blocks.0.0.weight',
  diffusers: 'conv_in.weight',
  lucidrains: 'init_conv.weight',
} as const

/** The program whose names a state dict has. */
export type Naming = keyof typeof landmarks

/** The state dict of a network within a file: its names, and their prefix. */
export interface FoundStateDict {
  readonly naming: Naming
  readonly prefix: string
}

/**
 * Finds the state dict of a network among the names of a file's tensors, which may have a prefix: `module.`, `ema.`,
 * `state_dict.`.
 * @param file the name of the file in errors.
 * @param prefix the wanted one, if there are several.
 * @throws if there is none, or several and no prefix is given.
 */
export function findStateDict(file: string, names: readonly string[], prefix?: string): FoundStateDict {
  const found = Object.entries(landmarks).flatMap(([naming, mark]) =>
    names
      .filter((name) => name === mark || name.endsWith(`.${mark}`))
      .map((name) => ({ naming: naming as Naming, prefix: name.slice(0, -mark.length) })),
  )
  const chosen = prefix === undefined ? found : found.filter((one) => one.prefix === prefix)
  const prefixes = (list: readonly FoundStateDict[]) => list.map((one) => `'${one.prefix}'`).join(', ')
  const [one, other] = chosen
  if (!one) {
    const some = names.slice(0, 5).join(', ')
    throw new CascadeError(
      'checkpoint',
      prefix === undefined || found.length === 0
        ? `${file}: expected a network of guided-diffusion, improved-diffusion or diffusers, got tensors ${some}, …`
        : `${file}: expected weights under '${prefix}', they are under ${prefixes(found)}`,
    )
  }
  if (other)
    throw new CascadeError(
      'input',
      `${file}: there are several networks, under ${prefixes(chosen)}: choose one with the option prefix`,
    )
  return one
}
