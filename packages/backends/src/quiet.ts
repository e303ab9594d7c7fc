import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** Functions of Node.js that tfjs-node calls, and that newer versions have dropped (23) or warn about (22). */
const removed: Readonly<Record<string, (x: unknown) => boolean>> = {
  isArray: Array.isArray,
  isNullOrUndefined: (x) => x === null || x === undefined,
}

/**
 * Restores the functions of `node:util` that tfjs-node calls. Changes only those that this Node.js lacks or warns
 * about.
 */
export function restoreUtil(util: Record<string, unknown> = require('node:util')): void {
  const warns = Number.parseInt(process.versions.node, 10) >= 22
  for (const [name, fn] of Object.entries(removed)) if (warns || typeof util[name] !== 'function') util[name] = fn
}

/** Messages of loading a backend that need no action. */
const harmless = [
  /kernel .* is already registered/,
  /backend was already registered/,
  /Platform node has already been set/,
  /Hi, looks like you are running TensorFlow\.js in Node\.js/,
]

/**
 * Runs `load` without harmless messages: kernels registered twice, deprecations of Node.js in old dependencies. Other
 * warnings pass.
 */
export async function quietly<T>(load: () => T | Promise<T>): Promise<T> {
  const { warn } = console
  const { emitWarning } = process
  console.warn = (...args: unknown[]) => {
    if (!harmless.some((pattern) => pattern.test(String(args[0])))) warn.apply(console, args)
  }
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    const [first] = rest
    const type = typeof first === 'object' ? (first as { type?: string } | null)?.type : first
    if (type !== 'DeprecationWarning') (emitWarning as (...args: unknown[]) => void).call(process, warning, ...rest)
  }) as typeof emitWarning
  try {
    return await load()
  } finally {
    console.warn = warn
    process.emitWarning = emitWarning
  }
}
