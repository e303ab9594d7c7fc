import { isDeepStrictEqual } from 'node:util'

/**
 * Where two JSON values differ, one readable line each: `model.channels: 32 in the checkpoint, 64 now`.
 * The order of keys does not matter.
 */
export function differences(saved: unknown, now: unknown, path = ''): string[] {
  if (isRecord(saved) && isRecord(now)) {
    const keys = [...new Set([...Object.keys(saved), ...Object.keys(now)])].sort()
    return keys.flatMap((key) => differences(saved[key], now[key], path === '' ? key : `${path}.${key}`))
  }
  if (isDeepStrictEqual(saved, now)) return []
  return [`${path || 'configuration'}: ${show(saved)} in the checkpoint, ${show(now)} now`]
}

const isRecord = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x)

const show = (x: unknown): string => (x === undefined ? 'absent' : JSON.stringify(x))
