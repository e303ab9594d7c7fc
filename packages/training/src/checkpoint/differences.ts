import { isDeepStrictEqual } from 'node:util'

/**
 * Where two JSON values differ, one readable line each: `model.channels: 32 in the checkpoint, 64 now`.
 * The order of keys does not matter. Lists of records of one length are compared item by item.
 * @param there where the saved value is. Default `in the checkpoint`.
 */
export function differences(saved: unknown, now: unknown, there = 'in the checkpoint'): string[] {
  return differencesAt('', saved, now, there)
}

function differencesAt(path: string, saved: unknown, now: unknown, there: string): string[] {
  if ((isRecord(saved) && isRecord(now)) || areLists(saved, now)) {
    const [a, b] = [saved, now] as Record<string, unknown>[] as [Record<string, unknown>, Record<string, unknown>]
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()
    return keys.flatMap((key) => differencesAt(path === '' ? key : `${path}.${key}`, a[key], b[key], there))
  }
  if (isDeepStrictEqual(saved, now)) return []
  return [`${path || 'configuration'}: ${show(saved)} ${there}, ${show(now)} now`]
}

const isRecord = (x: unknown): boolean => typeof x === 'object' && x !== null && !Array.isArray(x)

/** Lists of records: others, such as sizes, are better seen whole. */
const areLists = (a: unknown, b: unknown): boolean =>
  Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every(isRecord) && b.every(isRecord)

const show = (x: unknown): string => (x === undefined ? 'absent' : JSON.stringify(x))
