import type { InferenceSession } from 'onnxruntime-node'
import type { EncodedModel } from '../../onnx/encode.ts'
import type { OnnxModel } from '../../onnx/model.ts'
import type { NodeProvider } from '../node-provider.ts'
import { sessionOptions } from '../shared/session-options.ts'
import { namesForCpu } from '../webgpu-defects.ts'
import { defaultCacheDirectory, machine, type SessionCache, sessionCache } from './session-cache.ts'

type Ort = typeof import('onnxruntime-node')

/** What a session in Node.js is made with. */
export interface NodeSessionOptions {
  readonly provider: NodeProvider
  readonly threads?: number
  /** The folder of the cache; `undefined` for none. */
  readonly cacheDirectory?: string
}

/** How a session of a model is made; plain data. */
export interface SessionPlan extends NodeSessionOptions {
  /** Whether ONNX Runtime's optimiser is at work. */
  readonly optimised: boolean
  /** The names of operators that the processor computes for a GPU. */
  readonly onCpu: readonly string[]
}

/** How a session of this model is to be made; it is cached if that pays. */
export function sessionPlan(model: OnnxModel, { cacheDirectory, ...options }: NodeSessionOptions): SessionPlan {
  const optimised = options.provider !== 'cpu' || isOptimised(model)
  const cached =
    options.provider === 'cpu' &&
    optimised &&
    model.nodes.length >= FEWEST_NODES &&
    constantBytes(model) <= LARGEST_CACHED
  return {
    ...options,
    ...(cached && cacheDirectory !== undefined && { cacheDirectory }),
    optimised,
    onCpu: options.provider === 'webgpu' ? namesForCpu(model) : [],
  }
}

/** A session that equal models share. */
export interface SharedSession {
  readonly session: InferenceSession
  /** Frees the session once nobody uses it any more. */
  release(): Promise<void>
}

/** Smaller models are made sooner than they are looked up, and weights of more are optimised as soon as they are read back. */
const [FEWEST_NODES, LARGEST_CACHED] = [500, 2 ** 23]

const constantBytes = ({ initializers }: OnnxModel): number =>
  initializers.reduce((bytes, { data }) => bytes + data.byteLength, 0)

/**
 * Of training steps, which have weights for arguments, ONNX Runtime's optimiser makes nothing faster (measured: 7,500 and
 * 9,100 operators, within 2 %), but it takes a second or two. Weights that are constants it prepares for their operators.
 */
export const isOptimised = (model: OnnxModel): boolean => model.nodes.length < 3000 || constantBytes(model) >= 2 ** 24

const shared = new Map<string, { session: Promise<InferenceSession>; users: number }>()

/** A session for a serialised model: that of an equal one in use, or made from the cache's optimised model, or from scratch. */
export async function openSession(ort: Ort, encoded: EncodedModel, plan: SessionPlan): Promise<SharedSession> {
  const make: Make = (encoded, more) => createSession(ort, encoded, plan, more)
  // Models whose weights lie outside of the message are too large to take their hash, and to be kept.
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
  ort: Ort,
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

function keyOf(ort: Ort, { bytes }: EncodedModel, { provider, threads }: NodeSessionOptions): string {
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256')
  const options = [1, ort.env.versions.node, machine(), provider, threads, JSON.stringify(sessionOptions({ bytes }))]
  return hash
    .update(`${options.join('\n')}\0`)
    .update(bytes)
    .digest('hex')
}

/** The folder that an option names: `true` is the user's, `false` none. */
export const cacheDirectory = (cache: boolean | string): string | undefined =>
  typeof cache === 'string' ? cache : cache ? defaultCacheDirectory() : undefined
