import { CascadeError } from '@cascade-diffusion/checks'
import type { EncodedModel } from '../../onnx/encode.ts'
import type { ModelOutline, NodeProvider, OrtNode } from '../definition.ts'
import type { Executable } from '../engine.ts'
import { notLoading } from '../shared/not-loading.ts'
import { nodeEngine } from '../table.ts'
import { openSession, type SessionPlan } from './node-session.ts'

/** Makes a session of `onnxruntime-node` in this thread, and what runs it here. */
export async function createExecutable(
  model: ModelOutline,
  encoded: EncodedModel,
  plan: SessionPlan,
): Promise<Executable> {
  const ort = await load()
  await checkOnce(ort, plan.provider)
  const session = await openSession(ort, encoded, plan)
  return nodeEngine(plan.provider).node.executable(ort, model, session, plan.optimised)
}

const checks = new Map<NodeProvider, Promise<void>>()

/** Checks once that a provider is installed and computes. @throws if not. */
async function checkOnce(ort: OrtNode, provider: NodeProvider): Promise<void> {
  const check = checks.get(provider) ?? Promise.resolve(nodeEngine(provider).node.check?.(ort))
  checks.set(provider, check)
  check.catch(() => checks.delete(provider))
  await check
}

/** Loads the package when it is needed: it is a peer, and missing from a browser's bundle. */
async function load(): Promise<OrtNode> {
  const ort = await import('onnxruntime-node').catch((cause) => {
    throw notLoading('onnxruntime-node', cause)
  })
  if (!ort.InferenceSession)
    throw new CascadeError('engine', 'jit: onnxruntime-node runs in Node.js, got a browser; use onnxRuntimeWeb')
  return ort
}
