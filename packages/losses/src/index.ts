export { type LossInput, simpleLoss, simpleLossPerExample } from './simple.ts'
export { uniformTimesteps } from './timesteps.ts'
