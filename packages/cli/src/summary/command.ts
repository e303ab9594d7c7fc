import type { Command } from '../command.ts'

export const summaryCommand: Command = {
  summary: 'print the layers, parameters and multiply-adds of a network',
  usage: `cascade-diffusion summary [NETWORK] [options]

NETWORK is one of the paper's presets, by name; or a .json file with the configuration of a U-Net or an
encoder; or a checkpoint, as for \`cascade-diffusion export\`. Without it, the presets are listed.

  --by block|layer   a line for each block, or for each layer (block)
  --json             layers and totals as JSON
  --flags='FLAGS'    of .pt files: the settings that the weights leave open`,
  run: async (args, io) => (await import('./run.ts')).runSummary(args, io),
}
