import { isDeepStrictEqual } from 'node:util'

/**
 * Where two JSON values differ, one readable line each: `model.channels: 32 in the checkpoint, 64 now`.
 * The order of keys does not matter. Lists of one length are compared item by item.
 */
export function differences(saved: unknown, now: unknown, path = ''): string[] {
  if ((isRecord(saved) && isRecord(now)) || areLists(saved, now)) {
    const [a, b] = [saved, now] as Record<string, unknown>[] as [Record<string, unknown>, Record<string, unknown>]
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()
    return keys.flatMap((key) => differences(a[key], b[key], path === '' ? key : `${path}.${key}`))
  }
  if (isDeepStrictEqual(saved, now)) return []
  return [`${path || 'configuration'}: ${show(saved)} in the checkpoint, ${show(now)} now`]
}

const isRecord = (x: unknown): boolean => typeof x === 'object' && x !== null && !Array.isArray(x)

/** Lists of records: others, such as sizes, are better seen whole. */
const areLists = (a: unknown, b: unknown): boolean =>
  Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every(isRecord) && b.every(isRecord)

const show = (x: unknown): string => (x === undefined ? 'absent' : JSON.stringify(x))
