import type { InstallableName } from '@cascade-diffusion/backends'
import { type CommandGroup, command } from '../command.ts'
import { oneOf, text } from '../inputs.ts'

const nameArgument = oneOf<InstallableName, { required: true }>(
  ['node', 'node-gpu', 'cuda'],
  "node: tfjs on TensorFlow's library, for --backend node and useBackend('node'); node-gpu: the same, built for " +
    'NVIDIA GPUs (Linux on x64); cuda: the CUDA provider of the installed onnxruntime-node, for --backend jit-cuda',
  { required: true },
)

const installCommand = command({
  name: 'install',
  summary: 'install a native backend',
  about:
    'node and node-gpu are compiled here (python3, make and a C++ compiler are needed) against the library of a ' +
    "current TensorFlow wheel, of 270 and 570 MB, and go to the user's cache folder.",
  arguments: { name: nameArgument },
  options: {
    index: text(
      "the package index for Python wheels, as pip's --index-url, not the one that pip uses; npm is used as it is set up",
      { value: 'URL' },
    ),
  },
  examples: [{ call: 'backends install cuda', does: 'what --backend jit-cuda needs' }],
  interrupted: 'Nothing is installed; the same command resumes the download.',
  run: () => import('./run-install.ts'),
})

const listCommand = command({
  name: 'list',
  summary: 'list the native backends that are installed',
  run: () => import('./run-list.ts'),
})

const removeCommand = command({
  name: 'remove',
  summary: 'remove a native backend',
  arguments: { name: nameArgument },
  run: () => import('./run-remove.ts'),
})

export const backendsCommand: CommandGroup = {
  name: 'backends',
  summary: 'install, list or remove native backends',
  commands: [installCommand, listCommand, removeCommand],
}
