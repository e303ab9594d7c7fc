export { type LossInput, simpleLoss, simpleLossPerExample } from './simple.ts'
