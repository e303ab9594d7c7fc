import type { Command } from '../command.ts'

export const summaryCommand: Command = {
  summary: 'print the layers, parameters and multiply-adds of a network',
  usage: `cascade-diffusion summary [NETWORK] [options]

NETWORK is the name of one of the paper's presets (without it they are listed), a .json file with the
configuration of a U-Net or an encoder, or a checkpoint, as \`cascade-diffusion export\` takes it.

  --by block|layer   a line for each block, or for each layer (block)
  --json             layers and totals as JSON
  --flags='FLAGS'    of .pt files: what the weights cannot tell`,
  run: async (args, io) => (await import('./run.ts')).runSummary(args, io),
}
