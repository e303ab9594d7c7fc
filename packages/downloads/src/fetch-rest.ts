import { CascadeError } from '@cascade-diffusion/checks'
import { announcedChecksum, type Checksum } from './checksum.ts'
import { checkContent, diskError, Hopeless } from './errors.ts'
import { follow, HttpError, shown } from './http.ts'
import type { Part, Validator } from './part.ts'

export interface FetchOptions {
  readonly headers: Record<string, string>
  readonly signal: AbortSignal
  readonly stallAfter: number
  readonly progress: ((done: number, total: number | undefined) => void) | undefined
  /** Whether the whole file is checked in the end. Then parts may be joined without a validator. */
  readonly checked: boolean
}

type Answer = Awaited<ReturnType<typeof follow>>

/**
 * Appends the missing bytes to `part`, by one request.
 * @returns the checksum that the server sends, if any.
 * @throws if the connection ends early. `part` then has the bytes so far.
 */
export async function fetchRest(url: string, part: Part, options: FetchOptions): Promise<Checksum | undefined> {
  const { progress, stallAfter } = options
  const stall = new AbortController()
  const give = () =>
    stall.abort(new CascadeError('download', `no data from ${new URL(url).host} for ${stallAfter / 1000} s`))
  let timer = setTimeout(give, stallAfter)
  try {
    await part.touch()
    const answer = await askForRest(url, part, { ...options, signal: AbortSignal.any([options.signal, stall.signal]) })
    if (answer === undefined) return undefined
    const { response, headers } = answer
    const total = part.validator?.total
    let checkedStart = part.done > 0
    for await (const chunk of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
      clearTimeout(timer)
      timer = setTimeout(give, stallAfter)
      if (!checkedStart) checkContent(shown(new URL(url)), response.headers.get('content-type'), chunk)
      checkedStart = true
      await part.append(chunk).catch((error) => {
        throw diskError(error, part.path, total && total - part.done)
      })
      progress?.(part.done, total)
    }
    if (total !== undefined && part.done < total)
      throw new CascadeError('download', `the connection ended ${total - part.done} of ${total} bytes too early`)
    if (total !== undefined && part.done > total) {
      await part.restart()
      throw new CascadeError('download', `expected ${total} bytes, got more`)
    }
    return announcedChecksum(headers, response.status === 200)
  } catch (error) {
    if (stall.signal.aborted && !options.signal.aborted) throw stall.signal.reason
    // undici's message about an interrupted connection.
    if (error instanceof TypeError && error.message === 'terminated')
      throw new CascadeError(
        'download',
        `the connection broke off (${(error.cause as Error | undefined)?.message ?? 'no reason given'})`,
      )
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** The answer whose body continues the part, or `undefined` if the part is the whole file. */
async function askForRest(url: string, part: Part, options: FetchOptions): Promise<Answer | undefined> {
  if (part.old && !(options.checked || strong(part.validator))) await part.restart()
  if (part.done === 0) return fromStart(url, part, options)
  const { validator } = part
  const range = { range: `bytes=${part.done}-`, ...(strong(validator) && { 'if-range': strong(validator) as string }) }
  const answer = await ask(url, options, range).catch(async (error) => {
    if (!(error instanceof HttpError && error.status === 416)) throw error
    // All bytes are here already, or the file has become shorter.
    const size = Number(error.headers.get('content-range')?.match(/\/(\d+)$/)?.[1] ?? Number.NaN)
    if (size === part.done && size === (validator?.total ?? size)) return undefined
    await part.restart()
    return fromStart(url, part, options)
  })
  if (answer === undefined || part.done === 0) return answer
  const { response } = answer
  if (response.status === 200) {
    await part.restart()
    await part.describe(validatorOf(answer))
    return answer
  }
  const [, from, size] = response.headers.get('content-range')?.match(/^bytes (\d+)-\d+\/(\d+|\*)$/) ?? []
  const now = validatorOf(answer)
  const same =
    Number(from) === part.done &&
    (size === '*' || validator?.total === undefined || Number(size) === validator.total) &&
    (now.etag === undefined || validator?.etag === undefined || now.etag === validator.etag)
  if (same) {
    part.resumed = true
    if (size !== '*' && validator?.total === undefined) await part.describe({ ...validator, total: Number(size) })
    return answer
  }
  await response.body?.cancel()
  await part.restart()
  return fromStart(url, part, options)
}

async function fromStart(url: string, part: Part, options: FetchOptions): Promise<Answer> {
  const answer = await ask(url, options, {})
  if (answer.response.status !== 200)
    throw new Hopeless(`${shown(new URL(url))}: expected the whole file, got status ${answer.response.status}`)
  await part.describe(validatorOf(answer))
  return answer
}

const ask = (url: string, { headers, signal }: FetchOptions, more: Record<string, string>): Promise<Answer> =>
  follow(url, { 'accept-encoding': 'identity', ...headers, ...more }, signal)

function validatorOf({ response: { headers, status } }: Answer): Validator {
  const etag = headers.get('etag')
  const lastModified = headers.get('last-modified')
  const encoded = !['identity', ''].includes(headers.get('content-encoding') ?? '')
  const length = headers.get('content-length')
  return {
    ...(etag && !encoded && { etag }),
    ...(lastModified && !encoded && { lastModified }),
    ...(length !== null && !encoded && status === 200 && { total: Number(length) }),
  }
}

/** The value for `If-Range`: an ETag that is not weak, or a time. */
const strong = (validator: Validator | undefined): string | undefined =>
  validator?.etag !== undefined && !validator.etag.startsWith('W/') ? validator.etag : validator?.lastModified
