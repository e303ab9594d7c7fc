// What is for browsers too, and what needs files or Node.js. browser.ts takes the place of this file in browsers.

export { useBackend } from '@cascade-diffusion/backends'
export * from './everywhere.ts'
export * from './exports/cascade-files.ts'
export * from './exports/configuration.ts'
export * from './exports/datasets.ts'
export * from './exports/image-files.ts'
export { loadCascade } from './load-cascade.ts'
