import { basename, dirname, join } from 'node:path'

/** Whether samples at a path are `.npz` files. */
export const isNpz = (path: string): boolean => path.endsWith('.npz')

/** The files beside the images. */
export interface SamplesPlace {
  /** Their folder. */
  readonly folder: string
  /** What the finished samples are: `samples.json` in a folder of images, or `NAME.npz.json`. */
  readonly manifest: string
  /** What an unfinished run has done, and the labels of its images so far. */
  readonly state: string
  readonly labels: string
}

/** Where the files beside samples at a path are. */
export function placeOf(path: string): SamplesPlace {
  const [folder, name] = isNpz(path) ? [dirname(path), basename(path)] : [path, 'samples']
  return {
    folder,
    manifest: `${name}.json`,
    state: `${name}.partial.json`,
    labels: join(folder, `${name}.partial.labels`),
  }
}

/** Where the images of a stage are. The last stage's `.npz` has the path itself, a folder of one stage too. */
export function imagesPath(path: string, stages: 'last' | 'all', name: string, isLast: boolean): string {
  if (isNpz(path)) return isLast ? path : `${path.slice(0, -'.npz'.length)}.${name}.npz`
  return stages === 'all' ? join(path, name) : path
}
