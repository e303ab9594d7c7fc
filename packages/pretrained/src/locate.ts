import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readJson, shardNames } from '@cascade-diffusion/checkpoints'
import { CascadeError } from '@cascade-diffusion/checks'
import { type CachedFileOptions, cachedFile, cachedFileIfAny } from '@cascade-diffusion/downloads'
import { type Folder, type SavedModelOptions, savedModel, usualWeights } from './diffusers/saved-model.ts'

/** Where the files of a model come from. */
export interface LocateOptions extends Omit<CachedFileOptions, 'progress'>, SavedModelOptions {
  /** Called with the name of a file, its bytes so far, and their total. */
  readonly progress?: (file: string, done: number, total: number | undefined) => void
}

/** A JSON object from a file. */
export type Json = Readonly<Record<string, unknown>>

/** The files of a model, on the disk. */
export interface Located {
  /** The file of weights, or the index of its shards, which lie beside it. */
  readonly weights: string
  /** Its name in the folder that was given: `unet/diffusion_pytorch_model.safetensors`. */
  readonly name: string
  /** The content of a JSON file beside the weights: the first of these names that exists. */
  json(...names: readonly string[]): Promise<Json | undefined>
}

const isWeights = /\.(pt|pth|bin|ckpt|tar|safetensors|npz)$|\.index(\.[\w-]+)?\.json$/i
const isIndex = /\.index(\.[\w-]+)?\.json$/

/**
 * Finds the files of a model: a path or address of weights, of a folder that diffusers has saved, or of a folder with
 * one checkpoint of ours. An address is downloaded into the cache.
 * @throws if there is no such file or folder.
 */
export async function locate(pathOrUrl: string, options: LocateOptions): Promise<Located> {
  if (/^https?:\/\//i.test(pathOrUrl)) return locateUrl(pathOrUrl, options)
  const path = pathOrUrl.startsWith('file:') ? fileURLToPath(pathOrUrl) : pathOrUrl
  const info = await stat(path).catch((cause) => {
    throw new CascadeError('checkpoint', `${path}: expected a file or a folder, there is none`, { cause })
  })
  const base = info.isDirectory() ? path : dirname(path)
  const folder: Folder = {
    file: async (name) => {
      const file = join(base, name)
      return existsSync(file) ? file : undefined
    },
    list: (prefix) => readdir(join(base, prefix)),
  }
  if (!info.isDirectory()) return oneFile(path, basename(path), folder, options)
  const saved = await inSavedModel(path, folder, options)
  if (saved) return saved
  const weights = await onlyCheckpoint(path)
  return { weights, name: basename(weights), json: jsonIn(folder) }
}

/** A file of weights that was given itself. */
function oneFile(weights: string, name: string, folder: Folder, { variant, average }: SavedModelOptions) {
  if (variant !== undefined || average !== undefined)
    throw new CascadeError(
      'input',
      `${weights}: expected a folder for the option ${variant === undefined ? 'average' : 'variant'}, got a file`,
    )
  return withShards(weights, name, folder)
}

async function locateUrl(address: string, options: LocateOptions): Promise<Located> {
  const url = new URL(address)
  const { progress, sha256, variant, average, ...rest } = options
  const reporting = (name: string) => ({
    progress: progress && ((done: number, total: number | undefined) => progress(name, done, total)),
  })
  const hash = sha256 === undefined ? {} : { sha256 }
  const inFolder = (base: URL): Folder => ({
    async file(name) {
      const target = new URL(name.split('/').map(encodeURIComponent).join('/'), base)
      target.search = base.search
      return (await cachedFileIfAny(target.href, { ...rest, ...reporting(name) }))?.path
    },
  })
  if (isWeights.test(url.pathname)) {
    const name = url.pathname.split('/').at(-1) as string
    const { path } = await cachedFile(address, { ...rest, ...hash, ...reporting(name) })
    return oneFile(path, name, inFolder(new URL('.', url)), options)
  }
  const base = new URL(url)
  // The page of a model at Hugging Face stands for its files.
  if (/(^|\.)huggingface\.co$/.test(base.host) && !base.pathname.includes('/resolve/'))
    base.pathname = `${base.pathname.replace(/\/(tree|blob)\/[^/]+\/?$/, '').replace(/\/+$/, '')}/resolve/main`
  base.pathname = base.pathname.replace(/\/*$/, '/')
  const model = await inSavedModel(address, inFolder(base), options)
  if (model) return model
  // It may be a file whose name has no known ending.
  if (!url.pathname.endsWith('/')) {
    const file = await cachedFileIfAny(address, { ...rest, ...hash, ...reporting(address) })
    if (file) return oneFile(file.path, url.pathname.split('/').at(-1) as string, inFolder(new URL('.', url)), options)
  }
  throw new CascadeError(
    'checkpoint',
    `${address}: expected a file of weights (.pt, .bin, .safetensors), or a folder with config.json and ${usualWeights}; there is none`,
  )
}

/** A model that diffusers has saved, with the JSON files of its folder or of its pipeline. */
async function inSavedModel(place: string, folder: Folder, options: SavedModelOptions): Promise<Located | undefined> {
  const saved = await savedModel(place, folder, options)
  if (!saved) return undefined
  const { weights, name, prefix } = saved
  return withShards(weights, name, {
    file: (other) => folder.file(other.startsWith('../') ? other.slice(3) : prefix + other),
  })
}

const jsonIn =
  (folder: Folder): Located['json'] =>
  async (...names) => {
    for (const name of names) {
      const path = await folder.file(name)
      if (path) return readJson(path)
    }
    return undefined
  }

/** Weights, with the shards of an index beside them. */
async function withShards(weights: string, name: string, folder: Folder): Promise<Located> {
  if (isIndex.test(weights))
    for (const shard of await shardNames(weights))
      if (!(await folder.file(shard)))
        throw new CascadeError('checkpoint', `${weights}: expected the shard ${shard} beside it, there is none`)
  return { weights, name, json: jsonIn(folder) }
}

/** The only checkpoint in a folder, apart from its predecessor. */
async function onlyCheckpoint(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter(
    (name) => /\.(safetensors|pt|pth)$/.test(name) && !name.endsWith('.previous.safetensors'),
  )
  const [name, other] = names
  if (name === undefined || other !== undefined)
    throw new CascadeError(
      'checkpoint',
      `${folder}: expected config.json with ${usualWeights}, or one checkpoint; got ${names.length === 0 ? 'none' : names.sort().join(', ')}`,
    )
  return join(folder, name)
}
