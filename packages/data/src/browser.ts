// What browsers get in place of index.ts. Browsers decode pictures themselves.

export * from './everywhere.ts'
export { imageLoader } from './loader/browser-loader.ts'
