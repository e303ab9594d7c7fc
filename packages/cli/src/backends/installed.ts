import { join } from 'node:path'
import type { Receipt } from '@cascade-diffusion/backends'

/** `onnxruntime-node` as the program in this folder sees it, else as this command does. */
export const from = () => [join(process.cwd(), 'here.js'), import.meta.url]

/** What is installed, in a line. */
export const describe = ({ name, versions, bytes, folder }: Receipt): string => {
  const parts = Object.entries(versions).map(([part, version]) => `${part} ${version}`)
  return `${name}: ${parts.join(', ')}; ${Math.round(bytes / 1e6).toLocaleString('en-US')} MB in ${folder}`
}
