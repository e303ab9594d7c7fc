import type { Executable } from '../engine.ts'

/** For a model without results, since ONNX Runtime accepts no model without nodes. */
export const idleExecutable: Executable = {
  run: async () => [],
  runOnDevice: async () => [],
  dispose: async () => {},
}
