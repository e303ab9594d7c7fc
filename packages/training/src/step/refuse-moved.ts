import { CascadeError } from '@cascade-diffusion/checks'

/** Options of earlier versions, and what takes their place. */
const moved: Readonly<Record<string, string>> = {
  beta1: "optimizer: { name: 'adam', beta1 }",
  beta2: "optimizer: { name: 'adam', beta2 }",
  epsilon: "optimizer: { name: 'adam', epsilon }",
  emaDecay: 'averages: { ema: { decay } }',
}

/** @throws if an option of an earlier version is given: the error says what takes its place. */
export function refuseMoved(where: string, options: object): void {
  for (const [name, value] of Object.entries(options ?? {}))
    if (value !== undefined && Object.hasOwn(moved, name))
      throw new CascadeError('input', `${where}: expected ${moved[name]}, got ${name}`)
}
