import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { shardNames } from '@cascade-diffusion/checkpoints'
import { type CachedFileOptions, cachedFile, cachedFileIfAny } from '@cascade-diffusion/downloads'

/** Where a model's files come from. */
export interface LocateOptions extends Omit<CachedFileOptions, 'onProgress'> {
  /** Told how many bytes of how many of a file have come. */
  readonly onProgress?: (file: string, done: number, total: number | undefined) => void
}

/** A JSON object from a file. */
export type Json = Readonly<Record<string, unknown>>

/** A model's files, on the disk. */
export interface Located {
  /** The file of weights, or the index of its shards, which lie beside it. */
  readonly weights: string
  /** A JSON file that may lie beside the weights: the first of these names that there is. */
  json(...names: readonly string[]): Promise<Json | undefined>
}

/** The files of one folder, by name: their paths on the disk once they are there. */
interface Folder {
  file(name: string): Promise<string | undefined>
}

/** The names under which diffusers saves weights, the preferred first. */
const weightNames = ['safetensors', 'safetensors.index.json', 'bin', 'bin.index.json'].map(
  (ending) => `diffusion_pytorch_model.${ending}`,
)

const isWeights = /\.(pt|pth|bin|ckpt|tar|safetensors|npz)$|\.index\.json$/i

/**
 * Finds a model's files: a path or address of weights, or of a folder that diffusers has saved or that holds one checkpoint of
 * ours. What has an address is downloaded into the cache.
 * @throws if there is no such thing.
 */
export async function locate(pathOrUrl: string, options: LocateOptions): Promise<Located> {
  if (/^https?:\/\//i.test(pathOrUrl)) return locateUrl(pathOrUrl, options)
  const path = pathOrUrl.startsWith('file:') ? fileURLToPath(pathOrUrl) : pathOrUrl
  const info = await stat(path).catch((cause) => {
    throw new Error(`${path}: expected a file or a folder, there is none`, { cause })
  })
  const folder: Folder = {
    file: async (name) => {
      const file = join(info.isDirectory() ? path : dirname(path), name)
      return existsSync(file) ? file : undefined
    },
  }
  if (!info.isDirectory()) return withShards(path, folder)
  return (await savedModel(folder)) ?? { weights: await onlyCheckpoint(path), json: jsonIn(folder) }
}

async function locateUrl(address: string, options: LocateOptions): Promise<Located> {
  const url = new URL(address)
  const { onProgress, sha256, ...rest } = options
  const progress = (name: string) =>
    onProgress && { onProgress: (done: number, total: number | undefined) => onProgress(name, done, total) }
  const inFolder = (base: URL): Folder => ({
    async file(name) {
      const target = new URL(name.split('/').map(encodeURIComponent).join('/'), base)
      target.search = base.search
      return (await cachedFileIfAny(target.href, { ...rest, ...progress(name) }))?.path
    },
  })
  if (isWeights.test(url.pathname)) {
    const name = url.pathname.split('/').at(-1) as string
    const { path } = await cachedFile(address, { ...options, ...progress(name) } as CachedFileOptions)
    return withShards(path, inFolder(new URL('.', url)))
  }
  const base = new URL(url)
  // The page of a model at Hugging Face stands for its files.
  if (/(^|\.)huggingface\.co$/.test(base.host) && !base.pathname.includes('/resolve/'))
    base.pathname = `${base.pathname.replace(/\/(tree|blob)\/[^/]+\/?$/, '').replace(/\/+$/, '')}/resolve/main`
  base.pathname = base.pathname.replace(/\/*$/, '/')
  const model = await savedModel(inFolder(base))
  if (model) return model
  // It may be a file whose name says nothing.
  if (!url.pathname.endsWith('/')) {
    const file = await cachedFileIfAny(address, { ...options, ...progress(address) } as CachedFileOptions)
    if (file) return withShards(file.path, inFolder(new URL('.', url)))
  }
  throw new Error(
    `${address}: expected a file of weights (.pt, .bin, .safetensors), or a folder with config.json and ${weightNames[0]}; there is none`,
  )
}

/** What diffusers' `save_pretrained` leaves: of a model, or of a pipeline, whose network lies in the folder `unet`. */
async function savedModel(folder: Folder): Promise<Located | undefined> {
  for (const prefix of ['', 'unet/']) {
    if (!(await folder.file(`${prefix}config.json`))) continue
    for (const name of weightNames) {
      const weights = await folder.file(prefix + name)
      if (!weights) continue
      const own: Folder = { file: (other) => folder.file(other.startsWith('../') ? other.slice(3) : prefix + other) }
      return withShards(weights, own)
    }
  }
  return undefined
}

const jsonIn =
  (folder: Folder): Located['json'] =>
  async (...names) => {
    for (const name of names) {
      const path = await folder.file(name)
      if (path) return parseJson(path)
    }
    return undefined
  }

/** With the shards of an index beside it. */
async function withShards(weights: string, folder: Folder): Promise<Located> {
  if (weights.endsWith('.index.json'))
    for (const shard of await shardNames(weights))
      if (!(await folder.file(shard)))
        throw new Error(`${weights}: expected the shard ${shard} beside it, there is none`)
  return { weights, json: jsonIn(folder) }
}

async function parseJson(path: string): Promise<Json> {
  const text = await readFile(path, 'utf8')
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    throw new Error(`${path}: expected JSON, got ${JSON.stringify(text.slice(0, 60))}`, { cause })
  }
}

/** The one checkpoint in a folder, beside the one before it. */
async function onlyCheckpoint(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter(
    (name) => /\.(safetensors|pt|pth)$/.test(name) && !name.endsWith('.previous.safetensors'),
  )
  const [name, other] = names
  if (name === undefined || other !== undefined)
    throw new Error(
      `${folder}: expected config.json with ${weightNames[0]}, or one checkpoint; got ${names.length === 0 ? 'none' : names.sort().join(', ')}`,
    )
  return join(folder, name)
}
