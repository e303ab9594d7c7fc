import { join } from 'node:path'
import {
  type InstallableName,
  install,
  installableNames,
  installed,
  type Receipt,
  remove,
} from '@cascade-diffusion/backends'
import { byteProgress } from '../byte-progress.ts'
import { type Command, type CommandIo, INTERRUPTED, oneOf, parsed, UsageError } from '../command.ts'

export const backendsCommand: Command = {
  summary: 'install, list or remove native backends',
  usage: `cascade-diffusion backends install node|node-gpu|cuda [--index URL]
cascade-diffusion backends list
cascade-diffusion backends remove node|node-gpu|cuda

  node       tfjs on TensorFlow's library, for --backend node and useBackend('node')
  node-gpu   the same, built for NVIDIA GPUs (Linux on x64)
  cuda       the CUDA provider of the installed onnxruntime-node, for --backend jit-cuda

  --index URL   the package index for Python wheels, as pip's --index-url;
                by default the one that pip uses. npm is used as it is set up.

node and node-gpu are compiled here (python3, make and a C++ compiler are needed)
against the library of a current TensorFlow wheel, of 270 and 570 MB, and go to
the user's cache folder. Ctrl-C undoes an installation; its download resumes later.`,
  async run(args, io) {
    const { positionals, values } = parsed(args, { index: { type: 'string' } }, true)
    const [action, name, ...rest] = positionals
    if (rest.length > 0) throw new UsageError(`expected one name, got also '${rest.join(' ')}'`)
    const todo = oneOf('backends', ['install', 'list', 'remove'], action)
    if (todo === 'list' && name !== undefined) throw new UsageError(`backends list: expected no name, got '${name}'`)
    if (todo !== 'install' && values.index !== undefined)
      throw new UsageError(`--index: expected backends install, got backends ${todo}`)
    switch (todo) {
      case 'list':
        return list(io)
      case 'remove':
        return removeOne(oneOf('backends remove', installableNames, name), io)
      case 'install':
        return installOne(oneOf('backends install', installableNames, name), values.index, io)
    }
  },
}

/** `onnxruntime-node` as the program in this folder sees it, else as this command does. */
const from = () => [join(process.cwd(), 'here.js'), import.meta.url]

async function installOne(
  name: InstallableName,
  index: string | undefined,
  { log, signal }: CommandIo,
): Promise<number> {
  try {
    const receipt = await install(name, {
      signal,
      log,
      from: from(),
      progress: byteProgress(),
      index,
    })
    log(`installed ${describe(receipt)}`)
    if (receipt.needs) for (const line of cudaAdvice(receipt.needs)) log(line)
    return 0
  } catch (error) {
    if (!signal.aborted) throw error
    log('stopped: nothing is installed. The same command resumes the download.')
    return INTERRUPTED
  }
}

const describe = ({ name, versions, bytes, folder }: Receipt) => {
  const parts = Object.entries(versions).map(([part, version]) => `${part} ${version}`)
  return `${name}: ${parts.join(', ')}; ${Math.round(bytes / 1e6).toLocaleString('en-US')} MB in ${folder}`
}

/** How to install the libraries that a GPU needs, and to have them found. */
const cudaAdvice = (needs: readonly string[]): string[] => [
  'A GPU needs NVIDIA’s driver and the libraries of CUDA. If the system has none, install them from PyPI:',
  `  pip install ${needs.map((need) => `'${need}'`).join(' ')}`,
  '  export LD_LIBRARY_PATH=$(python3 -c \'import nvidia, glob; print(":".join(glob.glob(list(nvidia.__path__)[0] + "/*/lib")))\')',
]

async function list({ log }: CommandIo): Promise<number> {
  const receipts = await installed({ from: from() })
  for (const receipt of receipts) log(describe(receipt))
  if (receipts.length === 0) log('none installed; `cascade-diffusion backends install NAME` does')
  return 0
}

async function removeOne(name: InstallableName, { log }: CommandIo): Promise<number> {
  const receipt = await remove(name, { from: from() })
  log(receipt ? `removed ${describe(receipt)}` : `${name} was not installed`)
  return 0
}
