import { readFile } from 'node:fs/promises'
import { presetNetwork, presets } from '@cascade-diffusion/presets'
import { fromPretrained } from '@cascade-diffusion/pretrained'
import {
  type EncoderConfig,
  formatSummary,
  type NetworkSummary,
  summary,
  type UNetConfig,
} from '@cascade-diffusion/unet'
import { byteProgress } from '../byte-progress.ts'
import { type CommandIo, oneOf, parsed, UsageError } from '../command.ts'

/** Prints what a network consists of, or which presets there are. */
export async function runSummary(args: readonly string[], io: CommandIo): Promise<number> {
  const { positionals, values } = parsed(
    args,
    {
      by: { type: 'string', default: 'block' },
      json: { type: 'boolean', default: false },
      flags: { type: 'string' },
    },
    true,
  )
  const by = oneOf('--by', ['block', 'layer'], values.by)
  const [name, ...rest] = positionals
  if (rest.length > 0) throw new UsageError(`expected one network, got ${positionals.join(' ')}`)
  if (name === undefined) {
    for (const preset of presets) io.log(`${preset.name.padEnd(16)}  ${inWords(summary(presetNetwork(preset)))}`)
    return 0
  }
  const figures = summary(await networkOf(name, values.flags, io.signal))
  if (values.json) io.log(JSON.stringify(figures, null, 2))
  else for (const line of [formatSummary(figures, { by }), '', inWords(figures)]) io.log(line)
  return 0
}

const inWords = ({ parameters, multiplyAdds }: NetworkSummary): string =>
  `${(parameters / 1e6).toFixed(1)} million parameters (${((4 * parameters) / 2 ** 30).toFixed(2)} GiB in float32), ` +
  `${(multiplyAdds / 1e9).toFixed(1)} billion multiply-adds for one image`

/** The configuration that goes by that name. */
async function networkOf(
  name: string,
  flags: string | undefined,
  signal: AbortSignal,
): Promise<UNetConfig | EncoderConfig> {
  const preset = presets.find((preset) => preset.name === name)
  if (preset) return presetNetwork(preset)
  if (name.endsWith('.json')) return configuration(name)
  const found = await fromPretrained(name, {
    signal,
    onProgress: byteProgress(),
    ...(flags !== undefined && { flags }),
  })
  return found.kind === 'stage' ? stageNetwork(name, found.stage.network.config) : found.config
}

async function configuration(path: string): Promise<UNetConfig | EncoderConfig> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new Error(`${path}: expected a configuration as JSON: ${(error as Error).message}`)
  }
}

function stageNetwork(name: string, config: unknown): UNetConfig {
  if (typeof config === 'object' && config !== null && 'baseChannels' in config) return config as UNetConfig
  throw new Error(`${name} has a network of another kind than U-Net`)
}
