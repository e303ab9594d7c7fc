import type { InferenceSession } from 'onnxruntime-node'
import type { EncodedModel } from '../../onnx/encode.ts'
import type { NodeProvider, OrtNode, SharedSession } from '../definition.ts'
import { sessionOptions } from '../shared/session-options.ts'
import { defaultCacheDirectory, machine, type SessionCache, sessionCache } from './session-cache.ts'

/** How a session of a model is made, as plain data. */
export interface SessionPlan {
  readonly provider: NodeProvider
  readonly threads?: number
  /** Whether ONNX Runtime's optimiser runs. */
  readonly optimised: boolean
  /** The folder in which the optimised model is cached; `undefined` if it is not. */
  readonly cacheDirectory?: string
  /** The names of operators that run on the processor instead of the GPU. */
  readonly onCpu: readonly string[]
}

const shared = new Map<string, { session: Promise<InferenceSession>; users: number }>()

/**
 * A session for a serialised model: that of an equal model in use, one made from the cached optimised model, or a new
 * one.
 */
export async function openSession(ort: OrtNode, encoded: EncodedModel, plan: SessionPlan): Promise<SharedSession> {
  const make: Make = (encoded, more) => createSession(ort, encoded, plan, more)
  // Models with external weights are too large to be hashed and cached.
  if (encoded.external) {
    const session = await make(encoded)
    return { session, release: () => session.release() }
  }
  const key = keyOf(ort, encoded, plan)
  const cache = plan.cacheDirectory === undefined ? undefined : sessionCache(plan.cacheDirectory)
  const entry = shared.get(key) ?? { session: cachedSession(encoded, key, make, cache), users: 0 }
  shared.set(key, entry)
  entry.users++
  const leave = () => {
    if (--entry.users === 0 && shared.get(key) === entry) shared.delete(key)
    return entry.users === 0
  }
  try {
    const session = await entry.session
    return { session, release: async () => void (leave() && (await session.release())) }
  } catch (error) {
    leave()
    throw error
  }
}

/** Makes a session of a serialised model. */
type Make = (
  model: EncodedModel,
  more?: { graphOptimizationLevel?: 'disabled'; optimizedModelFilePath?: string },
) => Promise<InferenceSession>

async function cachedSession(
  encoded: EncodedModel,
  key: string,
  make: Make,
  cache: SessionCache | undefined,
): Promise<InferenceSession> {
  const optimised = cache?.read(key)
  if (optimised) {
    try {
      return await make({ bytes: optimised }, { graphOptimizationLevel: 'disabled' })
    } catch {
      cache?.remove(key)
    }
  }
  let session: InferenceSession | undefined
  const write = async (path: string) => {
    session = await make(encoded, { optimizedModelFilePath: path })
  }
  await cache?.write(key, write).catch(() => {})
  return session ?? make(encoded)
}

function createSession(
  ort: OrtNode,
  encoded: EncodedModel,
  { provider, threads, optimised, onCpu }: SessionPlan,
  more: Parameters<Make>[1] = {},
): Promise<InferenceSession> {
  const common = sessionOptions(encoded)
  return ort.InferenceSession.create(encoded.bytes, {
    executionProviders: [onCpu.length > 0 ? { name: provider, forceCpuNodeNames: onCpu } : provider],
    ...common,
    ...(!optimised && { graphOptimizationLevel: 'disabled' }),
    ...more,
    extra: { session: { ...common.extra.session, ...(more.optimizedModelFilePath && { save_model_format: 'ORT' }) } },
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    interOpNumThreads: 1,
  })
}

function keyOf(ort: OrtNode, { bytes }: EncodedModel, { provider, threads }: SessionPlan): string {
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256')
  const options = [1, ort.env.versions.node, machine(), provider, threads, JSON.stringify(sessionOptions({ bytes }))]
  return hash
    .update(`${options.join('\n')}\0`)
    .update(bytes)
    .digest('hex')
}

/** The folder that the option `cache` means: `true` is the default one, `false` none. */
export const cacheDirectory = async (cache: boolean | string): Promise<string | undefined> =>
  typeof cache === 'string' ? cache : cache ? defaultCacheDirectory() : undefined
