import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { ProcessConfig } from '@cascade-diffusion/diffusion'
import { fromDiffusers, fromDiffusersConfig, type UNetConfig } from '@cascade-diffusion/unet'
import { type ReadScheduler, readScheduler } from './scheduler.ts'

/** A network of diffusers, as read. */
export interface DiffusersUNet {
  readonly config: UNetConfig
  readonly params: Params<NDArray<'float32'>>
  readonly process: ProcessConfig
  readonly assumed: readonly string[]
}

/**
 * Reads the state dict of a `UNet2DModel`.
 * @param config its `config.json`.
 * @param scheduler the `scheduler_config.json` beside it, or the process itself. The default is DDPM's process.
 * @param imageSize height and width of the images, if the config has none.
 * @throws if our networks cannot have this config, or the weights do not fit it.
 */
export function loadDiffusers(
  stateDict: Params<NDArray>,
  config: unknown,
  scheduler: { readonly json: Readonly<Record<string, unknown>> | undefined } | { readonly process: ProcessConfig },
  imageSize: number | undefined,
): DiffusersUNet {
  const described = fromDiffusersConfig(config, imageSize)
  return {
    config: described.config,
    params: fromDiffusers(stateDict, described.config, described.options),
    ...('process' in scheduler ? { process: scheduler.process, assumed: [] } : processOfFile(scheduler.json)),
  }
}

function processOfFile(json: Readonly<Record<string, unknown>> | undefined): ReadScheduler {
  if (!json) return readScheduler({ _class_name: 'DDPMScheduler' })
  try {
    return readScheduler(json)
  } catch (cause) {
    throw new CascadeError(
      'checkpoint',
      `${(cause as Error).message} (scheduler_config.json; the option process takes its place)`,
      {
        cause,
      },
    )
  }
}
