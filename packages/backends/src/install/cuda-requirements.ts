import { readFromWheel } from './wheel.ts'

/** NVIDIA's wheels that a wheel requires on machines with a GPU, as requirements for pip: `nvidia-cudnn-cu13~=9.0`. */
export async function cudaRequirements(wheel: string): Promise<string[]> {
  const metadata = await readFromWheel(wheel, (name) => /^[^/]+\.dist-info\/METADATA$/.test(name))
  return [...metadata.matchAll(/^Requires-Dist: (nvidia-[^;\s]+)\s*;\s*extra ==/gm)].map((match) => match[1] as string)
}
