import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NDArray } from '@cascade-diffusion/arrays'
import { readSafetensors, writeSafetensors } from '@cascade-diffusion/checkpoints'
import { fromImprovedDiffusion } from '@cascade-diffusion/unet'
import { batchFor } from './inputs.ts'
import { type ModelName, models, peerConfig, threads } from './models.ts'
import type { Batch } from './network-ours.ts'
import { type Peer, startPeer } from './peers/peer.ts'

/** A peer with one network, and what it shares with us. */
export interface Shared {
  peer: Peer
  /** For files that both sides read. */
  folder: string
  batch: Batch
  /** The weights that the peer made, under our names. */
  weights: Readonly<Record<string, NDArray<'float32'>>>
}

/** Starts the peer with a network, draws inputs of `n` images for both sides, and ends it after `use`. */
export async function withPeer<T>(model: ModelName, n: number, use: (shared: Shared) => Promise<T>): Promise<T> {
  const config = models[model]
  const peer = await startPeer('serve.py', `${threads}`, peerConfig(config))
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  try {
    const batch = batchFor(model, n)
    const files = { inputs: join(folder, 'inputs.safetensors'), weights: join(folder, 'weights.safetensors') }
    await writeSafetensors(files.inputs, { ...batch })
    const { parameters } = await peer.ask<{ parameters: number }>({ do: 'start', ...files })
    console.log(`\n${model}: ${parameters} parameters, PyTorch ${peer.about.torch}, ${threads} threads`)
    const { tensors } = await readSafetensors(files.weights)
    return await use({ peer, folder, batch, weights: fromImprovedDiffusion(tensors, config) })
  } finally {
    peer.close()
    await rm(folder, { recursive: true })
  }
}
