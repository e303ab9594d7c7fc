import { CascadeError } from '@cascade-diffusion/checks'

/** The package of ready-made data sets, which is optional. @throws {CascadeError} of code `data` if it is not installed. */
export const installedDatasets = () =>
  import('@cascade-diffusion/datasets').catch((cause) => {
    const name = '@cascade-diffusion/datasets'
    throw new CascadeError('data', `missing data: expected the package ${name}: npm i ${name}`, { cause })
  })
