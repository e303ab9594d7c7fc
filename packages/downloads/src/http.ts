import { CascadeError } from '@cascade-diffusion/checks'
/** An answer of a server that cannot be used. `status` is the HTTP status. */
export class HttpError extends CascadeError {
  constructor(
    message: string,
    readonly status: number,
    readonly headers: Headers = new Headers(),
  ) {
    super('download', message)
  }

  /** Whether another attempt may succeed: the server is busy or has a temporary fault. */
  get passing(): boolean {
    return this.status >= 500 || [408, 425, 429].includes(this.status)
  }
}

/** An answer of a server, with the headers of the redirections before it. */
interface Answer {
  readonly response: Response
  /** Headers of all answers in order; the last are `response.headers`. */
  readonly headers: readonly Headers[]
}

const maxRedirections = 10

/**
 * `fetch` that keeps the headers of redirections, and takes addresses with a user and a password, such as those of
 * private indexes. Secrets (`authorization`, `cookie`) are sent to the first host only.
 * @throws {HttpError} if the answer is not a success; an error with the name of the host if it cannot be reached.
 */
export async function follow(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Answer> {
  const seen: Headers[] = []
  const first = new URL(url)
  let target = first
  for (let i = 0; i <= maxRedirections; i++) {
    const response = await ask(target, target.host === first.host ? headers : withoutSecrets(headers), signal)
    seen.push(response.headers)
    const location = response.headers.get('location')
    if ([301, 302, 303, 307, 308].includes(response.status) && location) {
      await response.body?.cancel()
      target = new URL(location, target)
      if (target.host === first.host) [target.username, target.password] = [first.username, first.password]
      continue
    }
    if (response.ok) return { response, headers: seen }
    await response.body?.cancel()
    const { status, statusText } = response
    throw new HttpError(`${shown(target)} answered ${status} ${statusText}`.trim(), status, response.headers)
  }
  throw new CascadeError('download', `${shown(first)} redirected more than ${maxRedirections} times`)
}

/** `follow` without the headers of redirections. */
export const request = async (url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> =>
  (await follow(url, headers, signal)).response

/** An address without its secrets. */
export const shown = ({ host, pathname }: URL): string => `${host}${pathname}`

const withoutSecrets = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !/^(authorization|cookie)$/i.test(name)))

async function ask(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  const target = new URL(url)
  const { username, password } = target
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const basic = `Basic ${Buffer.from(login).toString('base64')}`
  target.username = ''
  target.password = ''
  const all = username ? { ...headers, authorization: basic } : headers
  try {
    return await fetch(target, { headers: all, signal, redirect: 'manual' })
  } catch (error) {
    signal.throwIfAborted()
    const { cause } = error as Error
    throw new CascadeError(
      'download',
      `${target.host} cannot be reached: ${(cause as Error | undefined)?.message ?? error}`,
      {
        cause: error,
      },
    )
  }
}
