import { join } from 'node:path'
import type { NDArray } from '@cascade-diffusion/arrays'
import { readSafetensors } from '@cascade-diffusion/checkpoints'
import type { Work } from './models.ts'
import type { Runner } from './network-ours.ts'
import type { Peer } from './peers/peer.ts'

const checkedSteps = 3

/** Seconds of the first call of each variant of the peer, in which `torch.compile` compiles. */
export type FirstCalls = Record<string, number>

interface Setting {
  peer: Peer
  folder: string
  variants: readonly string[]
}

/** Checks that every variant of the peer gives our output to 1e-4. @throws if one does not. */
export async function checkForward(work: Work, ours: Runner<NDArray>, setting: Setting): Promise<FirstCalls> {
  const data = (await ours.run()).data as Float32Array
  return eachVariant(work, setting, async (ask, variant) => {
    const output = join(setting.folder, `${work.name}-${variant}.safetensors`)
    const { firstCallSeconds } = await ask<{ firstCallSeconds: number }>({ output })
    const theirs = (await readSafetensors(output)).tensors.output!.data
    if (theirs.length !== data.length)
      throw new Error(`${work.name}: expected ${data.length} values, got ${theirs.length}`)
    const difference = data.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[i]!)), 0)
    expectWithin(`${work.name}: greatest difference to ${variant}`, difference, 1e-4)
    return firstCallSeconds
  })
}

/** Checks that every variant has our losses in the first steps, to 1e-3 of the loss. @throws if one has not. */
export async function checkTraining(work: Work, ours: Runner<number>, setting: Setting): Promise<FirstCalls> {
  const losses: number[] = []
  for (let step = 0; step < checkedSteps; step++) losses.push(await ours.run())
  return eachVariant(work, setting, async (ask, variant) => {
    const theirs = await ask<{ losses: number[]; firstCallSeconds: number }>({ steps: checkedSteps })
    const difference = Math.max(...losses.map((loss, i) => Math.abs(loss / theirs.losses[i]! - 1)))
    expectWithin(`${work.name}: greatest relative difference of losses to ${variant}`, difference, 1e-3)
    return theirs.firstCallSeconds
  })
}

type Ask = <Answer>(more: Record<string, unknown>) => Promise<Answer>

async function eachVariant(
  { name, kind }: Work,
  { peer, variants }: Setting,
  check: (ask: Ask, variant: string) => Promise<number>,
): Promise<FirstCalls> {
  const seconds: FirstCalls = {}
  for (const variant of variants) {
    const training = kind !== 'forward'
    seconds[variant] = await check((more) => peer.ask({ do: 'check', work: name, variant, training, ...more }), variant)
    if (variant.startsWith('compile'))
      console.log(`${name}: ${variant} took ${seconds[variant].toFixed(1)} s for its first call`)
  }
  return seconds
}

function expectWithin(what: string, difference: number, tolerance: number): void {
  if (!(difference < tolerance)) throw new Error(`${what}: expected less than ${tolerance}, got ${difference}`)
  console.log(`${what}: ${difference.toExponential(1)}`)
}
