import type { InferenceSession } from 'onnxruntime-node'
import type { OnnxModel } from '../../onnx/model.ts'
import type { InPlaceModel } from '../shared/in-place.ts'

/** What has to be known of a model besides its serialised form to run it: no weights and no attributes. */
export interface ModelOutline extends InPlaceModel, Pick<OnnxModel, 'sequence'> {}

/** A session that equal models share. */
export interface SharedSession {
  readonly session: InferenceSession
  /** Frees the session once nobody uses it any more. */
  release(): Promise<void>
}
