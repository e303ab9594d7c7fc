import { type InstallableName, install } from '@cascade-diffusion/backends'
import { CascadeError } from '@cascade-diffusion/checks'
import type { CommandIo, CommandResult } from '../command.ts'
import { byteProgress } from '../progress/byte-progress.ts'
import { describe, from } from './installed.ts'

/** Runs the command `backends install`. */
export async function run(
  { name, index }: { readonly name: InstallableName; readonly index: string | undefined },
  { say, progress, signal }: CommandIo,
): Promise<CommandResult> {
  const options = { signal, log: say, from: from(), progress: byteProgress(progress), index }
  const receipt = await install(name, options).catch((cause) => {
    throw signal.aborted ? new CascadeError('interrupted', 'stopped', { cause }) : cause
  })
  const advice = receipt.needs ? cudaAdvice(receipt.needs) : []
  return { lines: [`installed ${describe(receipt)}`, ...advice], json: receipt }
}

/** How to install the libraries that a GPU needs, and to have them found. */
const cudaAdvice = (needs: readonly string[]): string[] => [
  'A GPU needs NVIDIA’s driver and the libraries of CUDA. If the system has none, install them from PyPI:',
  `  pip install ${needs.map((need) => `'${need}'`).join(' ')}`,
  '  export LD_LIBRARY_PATH=$(python3 -c \'import nvidia, glob; print(":".join(glob.glob(list(nvidia.__path__)[0] + "/*/lib")))\')',
]
