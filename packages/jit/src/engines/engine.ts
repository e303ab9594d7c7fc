import type { DeviceArray, NDArray } from '@cascade-diffusion/arrays'
import type { Target } from '../lower/target.ts'
import type { OnnxModel } from '../onnx/model.ts'

/** A compiled graph, ready to run. Inputs and outputs are in the order of the model's. */
export interface Executable {
  /**
   * Runs the model and gives its results on the host.
   * @param inputs arrays of the model's types, on the host or on any engine's device.
   * @param outputs arrays to write results to; where there is none, one is allocated.
   */
  run(inputs: readonly (NDArray | DeviceArray)[], outputs?: readonly (NDArray | undefined)[]): Promise<NDArray[]>
  /**
   * Runs the model and leaves its results where they are computed.
   * @param donated which inputs are no longer used afterwards: results may be written to their memory.
   */
  runOnDevice(inputs: readonly (NDArray | DeviceArray)[], donated?: readonly boolean[]): Promise<DeviceArray[]>
  /** Frees all resources once the current runs have ended. */
  dispose(): Promise<void>
}

/** What runs ONNX models: ONNX Runtime with one of its providers. */
export interface Engine {
  readonly name: string
  /** How graphs are lowered for it. */
  readonly target: Target
  /** Makes a model ready to run. @throws if the engine refuses it, or does not work here; the message says why. */
  compile(model: OnnxModel): Promise<Executable>
}
