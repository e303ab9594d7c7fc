import type { Executable } from '../engine.ts'

/** What a model without results comes to: ONNX Runtime takes none without nodes. */
export const idleExecutable: Executable = {
  run: async () => [],
  runOnDevice: async () => [],
  dispose: async () => {},
}
