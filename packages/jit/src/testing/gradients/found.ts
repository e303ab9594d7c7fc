import { readFileSync } from 'node:fs'
import type { Found } from './measure.ts'

/** Where the bounds of the differences found lie; `npx -y pnpm@10 docs:kernels` writes them. */
export const foundFile = new URL('found.json', import.meta.url)

/** The bounds by kernel. */
export const readFound = (): Readonly<Record<string, Found>> => JSON.parse(readFileSync(foundFile, 'utf8'))
