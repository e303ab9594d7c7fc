import { availableParallelism } from 'node:os'
import type { ImageSource } from '../sources/image-source.ts'
import { encodedParts, encodedReader, recipeOf } from './encoded-reader.ts'
import { type ImageReader, sourceReader } from './image-reader.ts'
import { ownThread } from './pool.ts'
import { workerThreads } from './threads/threads.ts'

/** Batches ahead, at most: more would only delay the first. */
const [MOST_DECODED, MOST_READ] = [16, 2]

/** The reader of a source, and how many batches it may read at once. Threads are for encoded images. */
export function readerOf(
  source: ImageSource,
  workers = Math.min(4, availableParallelism()),
): { readonly reader: ImageReader; readonly most: number } {
  const parts = encodedParts(source)
  if (!parts) return { reader: sourceReader(source), most: MOST_READ }
  const recipe = recipeOf(parts)
  const pool = workers === 0 ? ownThread(recipe) : workerThreads(recipe, workers, parts.knownBytes)
  return { reader: encodedReader(parts, pool), most: MOST_DECODED }
}
