/** The configurations that a `preset` can name: of the quickstart, and of the paper. */
export const presetNames = [
  'mnist',
  'mnist-fast',
  'dicebear',
  'dicebear-fast',
  'imagenet-128',
  'imagenet-256',
  'imagenet-16-64',
  'lsun',
] as const

/** One of {@link presetNames}. */
export type PresetName = (typeof presetNames)[number]
