export type { BatchAxesTree } from './batch/batch-axes.ts'
export type { EngineName, NodeProvider, WebProvider } from './engines/definition.ts'
export type { Engine, Executable } from './engines/engine.ts'
export { availableEngines, checkEngine, type EngineReport } from './engines/named-engines.ts'
export { checkOnnxRuntime } from './engines/node/check-runtime.ts'
export { type OnnxRuntimeOptions, onnxRuntimeNode } from './engines/onnxruntime-node.ts'
export { type OnnxRuntimeWebOptions, onnxRuntimeWeb } from './engines/onnxruntime-web.ts'
export { engineNames } from './engines/table.ts'
export type { ExportArguments, InputSpec } from './export/arguments.ts'
export { type ExportOptions, exportOnnx } from './export/export-onnx.ts'
export { encodeOnnx, type SaveOptions, saveOnnx } from './export/save-onnx.ts'
export { type JitOptions, jit } from './jit.ts'
export type { Layout } from './lower/layout.ts'
export { cpu, cpuExact, portable, type Target, webgpu } from './lower/target.ts'
export type {
  Attribute,
  BatchLength,
  ElementType,
  HalfPrecision,
  OnnxInitializer,
  OnnxMetadata,
  OnnxModel,
  OnnxNode,
  OnnxTensorType,
} from './onnx/model.ts'
