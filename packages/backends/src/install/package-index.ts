import { CascadeError } from '@cascade-diffusion/checks'
import { HttpError, request } from '@cascade-diffusion/downloads'

/** A file on a package index. */
export interface IndexFile {
  readonly filename: string
  readonly url: string
  /** SHA-256 in hexadecimal digits. */
  readonly sha256: string
}

export interface WheelQuery {
  /** The project: `tensorflow-cpu`. */
  readonly project: string
  readonly version: string
  /** Matches the platform tag in the file's name. */
  readonly platform: RegExp
}

/**
 * Finds a wheel on a package index (the simple API, PEP 503 and 691). Its libraries are the same for every version of
 * Python, so the newest is taken.
 * @param index the address of the simple API.
 * @throws if the index has no such wheel, or no SHA-256 for it.
 */
export async function findWheel(index: string, query: WheelQuery, signal: AbortSignal): Promise<IndexFile> {
  const { project, version, platform } = query
  const files = await projectFiles(index, project, signal)
  const start = `${project.replaceAll('-', '_')}-${version}-`.toLowerCase()
  const [best] = files
    .filter(({ filename }) => filename.toLowerCase().startsWith(start) && filename.endsWith('.whl'))
    .filter(({ filename }) => platform.test(filename.split('-').at(-1) as string))
    .sort((a, b) => b.filename.localeCompare(a.filename, 'en', { numeric: true }))
  if (!best)
    throw new CascadeError(
      'engine',
      `${hostOf(index)} has no wheel of ${project} ${version} for ${process.platform} ${process.arch}`,
    )
  if (!/^[0-9a-f]{64}$/.test(best.sha256))
    throw new CascadeError('engine', `${hostOf(index)} has no SHA-256 for ${best.filename}, which is required`)
  return best
}

const hostOf = (url: string) => new URL(url).host

/** All files of a project that are not yanked. */
async function projectFiles(index: string, project: string, signal: AbortSignal): Promise<IndexFile[]> {
  const accept = 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1'
  const url = `${index.replace(/\/+$/, '')}/${project}/`
  const response = await request(url, { accept }, signal).catch((error) => {
    if (error instanceof HttpError && error.status === 404)
      throw new CascadeError('engine', `${hostOf(index)} does not have ${project}`)
    throw error
  })
  const base = withLogin(response.url || url, url)
  const text = await response.text()
  return response.headers.get('content-type')?.includes('json') ? fromJson(text, base) : fromHtml(text, base)
}

/** Adds the login of the index to addresses of files on the same host. */
function withLogin(address: string, original: string): string {
  const [to, from] = [new URL(address), new URL(original)]
  if (to.host === from.host) [to.username, to.password] = [from.username, from.password]
  return to.href
}

/** PEP 691. */
function fromJson(text: string, base: string): IndexFile[] {
  interface Entry {
    filename: string
    url: string
    hashes: Record<string, string>
    yanked?: boolean | string
  }
  return (JSON.parse(text) as { files: Entry[] }).files
    .filter(({ yanked }) => !yanked)
    .map(({ filename, url, hashes }) => ({ filename, url: absolute(url, base), sha256: hashes.sha256 ?? '' }))
}

/** PEP 503: `<a href="address#sha256=…">file name</a>`. */
const fromHtml = (text: string, base: string): IndexFile[] =>
  [...text.matchAll(/<a\s([^>]*)>([^<]*)<\/a>/gi)]
    .filter(([, attributes]) => !/\sdata-yanked/.test(` ${attributes}`))
    .map(([, attributes, name]) => {
      const href = (attributes as string).match(/href\s*=\s*["']([^"']*)["']/i)?.[1] ?? ''
      const [address, hash] = href.replaceAll('&amp;', '&').split('#')
      const sha256 = hash?.match(/sha256=([0-9a-f]{64})/)?.[1] ?? ''
      return { filename: (name as string).trim(), url: absolute(address as string, base), sha256 }
    })

const absolute = (url: string, base: string) => withLogin(new URL(url, base).href, base)
