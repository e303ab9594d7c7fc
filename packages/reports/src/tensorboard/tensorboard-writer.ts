import { CascadeError, checkFunction, checkInteger, checkOptions, shown } from '@cascade-diffusion/checks'
import { maskedCrc32c } from './crc32c.ts'
import { bytes, double, type Field, float, integer, message } from './protobuf.ts'

/** Options of {@link tensorboardWriter}. */
export interface TensorboardWriterOptions {
  /**
   * Takes the bytes of one or more whole records, to be added to the end of a file. TensorBoard reads the files of a
   * folder whose names begin with `events.out.tfevents.`, in the order of their names.
   */
  readonly write: (bytes: Uint8Array) => void
  /**
   * The first step that will be written. What earlier files of the folder have of it and of later steps, TensorBoard
   * then leaves out: what a killed run has written after the checkpoint that this one resumes from. Default: nothing is
   * left out.
   */
  readonly firstStep?: number
  /** The time of day in seconds, which TensorBoard shows beside the step. Default: that of the system. */
  readonly now?: () => number
}

/** Writes what TensorBoard shows. */
export interface TensorboardWriter {
  /** Adds a point to each of some curves, by their names; names with `/` form groups. */
  scalars(step: number, values: Readonly<Record<string, number>>): void
  /** Adds an image. */
  image(step: number, name: string, image: TensorboardImage): void
}

/** A PNG file, with its size in pixels. */
export interface TensorboardImage {
  readonly png: Uint8Array
  readonly width: number
  readonly height: number
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. */
  readonly channels: number
}

/**
 * Makes an event file of TensorBoard, whose version and first step are written at once: records of TensorFlow
 * (`TFRecord`), each an `Event` message. Each call writes whole records, so a file that ends anywhere between two
 * calls is a whole one.
 * @throws if an option is unknown or wrong. Its methods throw if a step or a value is wrong, and whatever `write` throws.
 */
export function tensorboardWriter(options: TensorboardWriterOptions): TensorboardWriter {
  const where = 'tensorboardWriter'
  checkOptions(where, options, { write: true, firstStep: true, now: true })
  const { write, firstStep, now = () => Date.now() / 1000 } = options
  checkFunction(where, 'write', write)
  checkFunction(where, 'now', now)
  if (firstStep !== undefined) checkInteger(where, 'firstStep', firstStep, { from: 0 })

  const event = (step: number, what: Field) =>
    record(message(double(1, now()), ...(step > 0 ? [integer(2, step)] : []), what))
  const value = (name: string, plugin: string, dataClass: number, what: Field) => {
    if (typeof name !== 'string' || name === '')
      throw new CascadeError('input', `${where}: expected a name, a text, got ${shown(name)}`)
    const metadata = message(bytes(1, message(bytes(1, plugin))), integer(4, dataClass))
    return bytes(1, message(bytes(1, name), what, bytes(9, metadata)))
  }
  const checkStep = (step: number) => checkInteger(where, 'a step', step, { from: 0 })

  const version = event(0, bytes(3, 'brain.Event:2'))
  const begin = firstStep === undefined ? [] : [event(firstStep, bytes(7, message(integer(1, START))))]
  write(message(version, ...begin))
  return {
    scalars(step, values) {
      checkStep(step)
      const points = Object.entries(values).map(([name, x]) => {
        if (typeof x !== 'number')
          throw new CascadeError('input', `${where}: expected numbers, got ${shown(x)} as '${name}'`)
        return value(name, 'scalars', SCALAR, float(2, x))
      })
      write(event(step, bytes(5, message(...points))))
    },
    image(step, name, image) {
      checkStep(step)
      const { png, width, height, channels } = image
      if (!(png instanceof Uint8Array))
        throw new CascadeError('input', `${where}: expected png, the bytes of a file, got ${shown(png)}`)
      for (const [what, x] of Object.entries({ width, height, channels })) checkInteger(where, what, x, { from: 1 })
      const encoded = message(integer(1, height), integer(2, width), integer(3, channels), bytes(4, png))
      write(event(step, bytes(5, message(value(name, 'images', BLOB_SEQUENCE, bytes(4, encoded))))))
    },
  }
}

// Values of enumerations in TensorBoard's event.proto and summary.proto.
const START = 1
const SCALAR = 1
const BLOB_SEQUENCE = 3

/** A record of TensorFlow: the length, its checksum, the data, their checksum. */
function record(data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length + 16)
  const view = new DataView(out.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(8, maskedCrc32c(out.subarray(0, 8)), true)
  out.set(data, 12)
  view.setUint32(12 + data.length, maskedCrc32c(data), true)
  return out
}
