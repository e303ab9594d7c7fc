import { CascadeError } from '@cascade-diffusion/checks'
/** What the server answered is not what can be used. `status` is the HTTP status. */
export class HttpError extends CascadeError {
  constructor(
    message: string,
    readonly status: number,
    readonly headers: Headers = new Headers(),
  ) {
    super('download', message)
  }

  /** Whether asking again may help: the server is busy or has a passing fault. */
  get passing(): boolean {
    return this.status >= 500 || [408, 425, 429].includes(this.status)
  }
}

/** What a server answered, with the headers of the redirections that led there. */
interface Answer {
  readonly response: Response
  /** Of the answers on the way, the first first; the last are `response.headers`. */
  readonly headers: readonly Headers[]
}

const maxRedirections = 10

/**
 * `fetch` that keeps the headers of redirections, for addresses with a user and password in them too, as those of private
 * indexes are. What is secret (`authorization`, `cookie`) goes to the first host only.
 * @throws {HttpError} if the answer is not a success; an error that names the host if it cannot be reached.
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
  throw new CascadeError('download', `${shown(first)} led on to other addresses more than ${maxRedirections} times`)
}

/** `follow`, for those who do not look at redirections. */
export const request = async (url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> =>
  (await follow(url, headers, signal)).response

/** An address without what is secret in it. */
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
