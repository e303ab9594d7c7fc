import { integer, many, number, text } from '../inputs.ts'

/** The options that replace what was saved of sampling. */
export const samplingInputs = {
  steps: integer('steps of each stage (those of the cascade)', { from: 1 }),
  sampler: text('a sampler of each stage (those of the cascade)', { value: 'NAME' }),
  guidance: number('the scale of classifier-free guidance (that of the cascade)', { from: 0 }),
  level: many(
    text('the level s of conditioning augmentation, of all stages or of one (those of the cascade)', {
      value: '[STAGE=]S',
    }),
  ),
}
