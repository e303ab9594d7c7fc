import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { presetNetwork, presets } from '@cascade-diffusion/presets'
import { fromPretrained } from '@cascade-diffusion/pretrained'
import {
  type EncoderConfig,
  formatSummary,
  type NetworkSummary,
  summary,
  type UNetConfig,
} from '@cascade-diffusion/unet'
import type { CommandIo, CommandResult } from '../command.ts'
import { byteProgress } from '../progress/byte-progress.ts'
import { probably, UsageError } from '../usage-error.ts'

/** Prints what a network consists of, or which presets there are. */
export async function run(
  { network, by, flags }: { network: string | undefined; by: 'block' | 'layer'; flags: string | undefined },
  io: CommandIo,
): Promise<CommandResult> {
  if (network === undefined) {
    const all = presets.map((preset) => ({ name: preset.name, figures: summary(presetNetwork(preset)) }))
    return {
      lines: all.map(({ name, figures }) => `${name.padEnd(16)}  ${inWords(figures)}`),
      json: all.map(({ name, figures: { parameters, multiplyAdds } }) => ({ name, parameters, multiplyAdds })),
    }
  }
  const figures = summary(await networkOf(network, flags, io))
  return { lines: [formatSummary(figures, { by }), '', inWords(figures)], json: figures }
}

const inWords = ({ parameters, multiplyAdds }: NetworkSummary): string =>
  `${(parameters / 1e6).toFixed(1)} million parameters (${((4 * parameters) / 2 ** 30).toFixed(2)} GiB in float32), ` +
  `${(multiplyAdds / 1e9).toFixed(1)} billion multiply-adds for one image`

/** The configuration that goes by that name. */
async function networkOf(
  name: string,
  flags: string | undefined,
  { signal, progress }: CommandIo,
): Promise<UNetConfig | EncoderConfig> {
  const preset = presets.find((preset) => preset.name === name)
  if ((preset || name.endsWith('.json')) && flags !== undefined)
    throw new UsageError(`--flags: expected a .pt file, whose weights leave some settings open, got '${name}'`)
  if (preset) return presetNetwork(preset)
  if (name.endsWith('.json')) return configuration(name)
  if (/^[^/\\:.]+$/.test(name) && !existsSync(name)) {
    const names = presets.map((preset) => preset.name)
    throw new UsageError(
      `expected a preset, a .json file or a checkpoint, got '${name}'${probably(name, names)}\nPresets: ${names.join(', ')}`,
    )
  }
  const found = await fromPretrained(name, {
    signal,
    progress: byteProgress(progress),
    flags,
  })
  return found.kind === 'stage' ? stageNetwork(name, found.stage.network.config) : found.config
}

/** What every network's configuration has, and no other file of this program. */
const parts = ['resolution', 'imageChannels', 'baseChannels', 'channelMultipliers', 'residualBlocks'] as const

async function configuration(path: string): Promise<UNetConfig | EncoderConfig> {
  const expected = `${path}: expected the configuration of a U-Net or an encoder as JSON, with ${parts.join(', ')}`
  const text = await readFile(path, 'utf8').catch((error) => {
    throw new CascadeError('input', `${expected}: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}`)
  })
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new CascadeError('input', `${expected}: ${(error as Error).message}`)
  }
  const isConfig = typeof json === 'object' && json !== null && parts.every((part) => part in json)
  if (!isConfig) throw new CascadeError('input', `${expected}; got ${shown(json)}`)
  return json as UNetConfig | EncoderConfig
}

function stageNetwork(name: string, config: unknown): UNetConfig {
  if (typeof config === 'object' && config !== null && 'baseChannels' in config) return config as UNetConfig
  throw new CascadeError('input', `${name} has a network of another kind than U-Net`)
}
