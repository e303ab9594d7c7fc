// Serves the page with a cascade: `start FOLDER`, or that of the quickstart.
import { fileURLToPath } from 'node:url'
import { serve } from '../browser-jit/serve.ts'
import { build } from './build.ts'

const quickstart = fileURLToPath(new URL('../../runs/quickstart/cascade', import.meta.url))
const folder = fileURLToPath(new URL('dist', import.meta.url))
await build(folder, process.argv[2] ?? quickstart)
const { url } = await serve(folder, Number(process.env.PORT ?? 8080))
console.log(`Open ${url}`)
