import type { ByteImages } from '@cascade-diffusion/data'

/** A stage whose images are written. */
export interface WrittenStage {
  readonly name: string
  /** [height, width, channels]. */
  readonly shape: readonly [number, number, number]
  /** The folder of its PNG files, or its `.npz` file. */
  readonly path: string
}

/** Where images go: PNG files or `.npz` files. Places count from the first image of the run. */
export interface ImageWriter {
  /** The name of something that is there already, if there is anything. */
  foreign(): Promise<string | undefined>
  /** How many of the first images are there, whole, of those that a run says it wrote. */
  present(done: number): Promise<number>
  /** Prepares to write from a place on, and clears away what a killed run left. */
  begin(from: number): Promise<void>
  /** Writes images of each stage, [n,H,W,C], to their places. They are on the disk when it returns. */
  write(from: number, images: readonly ByteImages[]): Promise<void>
  /** Makes the files what they are in the end. It may be called again after it was killed. */
  finish(labels: Int32Array | undefined): Promise<void>
  /** Closes what is open. */
  close(): Promise<void>
}
