import { CascadeError, shown } from '@cascade-diffusion/checks'
import { shownSize } from '@cascade-diffusion/data'
import type { ImagesStage } from '../kinds/images-stage.ts'
import { checkResample, type ResampleStage } from '../kinds/resample-stage.ts'
import { checkTrained } from '../sampling/stage/check-sampling.ts'
import type { TrainedStage } from '../stage/described-stage.ts'
import type { Stage } from '../stage/stage.ts'

/** A stage of any kind. */
export type AnyStage = Stage | ResampleStage | ImagesStage

const wrong = (where: string, message: string) => new CascadeError('input', `${where}: ${message}`)

/**
 * @throws unless the stages are of known kinds, the diffusion models among them trained, have different names, and each
 * takes the images of the one before it.
 */
export function checkChain(where: string, stages: readonly { readonly stage: AnyStage }[]): void {
  for (const stage of stages) checkKind(where, stage)
  if (stages.length === 0) throw wrong(where, 'expected at least one stage, got none')
  for (const [i, { stage }] of stages.entries()) {
    const before = stages.slice(0, i).map((each) => each.stage)
    // Names are the keys of the stages' noise.
    if (before.some(({ name }) => name === stage.name))
      throw wrong(where, `expected different names, got two stages '${stage.name}'`)
    const below = before.at(-1)
    if (below) checkPair(where, below, stage)
    const conditional = before.findLast(({ classNames }) => classNames)
    if (conditional && stage.classNames) checkClasses(where, conditional, stage)
  }
}

function checkKind(where: string, given: { readonly stage: AnyStage }): void {
  const { kind, name, size } = (given?.stage ?? {}) as Partial<AnyStage>
  if (kind !== 'resample' && kind !== 'images') checkTrained(where, given as TrainedStage)
  else if (typeof name !== 'string' || !Array.isArray(size))
    throw wrong(
      where,
      `expected a stage as ${kind === 'images' ? 'imagesStage' : 'resampleStage'} makes it, got ${shown(given.stage)}`,
    )
}

const makes = ({ size, imageChannels }: AnyStage) => `${shownSize(size)}×${imageChannels}`

function checkPair(where: string, below: AnyStage, stage: AnyStage): void {
  if (stage.kind === 'base' || stage.kind === 'images')
    throw wrong(where, `expected '${stage.name}' first, since it takes no images, got it after '${below.name}'`)
  if (stage.kind === 'resample') {
    if (stage.imageChannels !== below.imageChannels)
      throw wrong(
        where,
        `expected imageChannels: ${below.imageChannels} of the resampler '${stage.name}', since '${below.name}' makes ` +
          `${makes(below)}, got ${stage.imageChannels}`,
      )
    checkResample(where, stage, below.size, stage.size, below.name)
  } else if (String(stage.lowSize) !== String(below.size) || stage.imageChannels !== below.imageChannels)
    throw wrong(
      where,
      `stage '${stage.name}' super-resolves ${shownSize(stage.lowSize)}×${stage.imageChannels}, ` +
        `but '${below.name}' makes ${makes(below)}`,
    )
}

function checkClasses(where: string, below: AnyStage, stage: AnyStage): void {
  const [own, others] = [stage.classNames as readonly string[], below.classNames as readonly string[]]
  if (own.length === others.length && own.every((name, i) => name === others[i])) return
  const at = own.findIndex((name, i) => name !== others[i])
  const difference =
    own.length !== others.length
      ? `got ${own.length} (${listed(own)})`
      : `got class ${at} ${shown(own[at])} rather than ${shown(others[at])}`
  throw wrong(
    where,
    `expected the ${others.length} classes of '${below.name}' (${listed(others)}) in '${stage.name}', ${difference}`,
  )
}

const listed = (names: readonly string[]): string => names.slice(0, 5).join(', ') + (names.length > 5 ? ', …' : '')
