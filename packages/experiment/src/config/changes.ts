/** A field that differs between two JSON values. */
export interface Change {
  /** `stages[1].training.batchSize` */
  readonly path: string
  /** The value before; undefined if there was none. */
  readonly saved: unknown
  /** The value now; undefined if there is none. */
  readonly now: unknown
}

/** What differs between two JSON values, by the paths of the smallest parts that can be compared. */
export function changes(path: string, saved: unknown, now: unknown): readonly Change[] {
  if (JSON.stringify(saved) === JSON.stringify(now)) return []
  if (isList(saved) && isList(now) && saved.length === now.length && saved.some(isRecord))
    return saved.flatMap((each, i) => changes(`${path}[${i}]`, each, now[i]))
  // Things of different names have nothing in common.
  if (!isRecord(saved) || !isRecord(now) || saved.name !== now.name) return [{ path, saved, now }]
  const keys = [...new Set([...Object.keys(saved), ...Object.keys(now)])]
  return keys.flatMap((key) => changes(`${path}.${key}`, saved[key], now[key]))
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
