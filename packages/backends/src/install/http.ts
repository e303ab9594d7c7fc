/** What the server answered is not what can be used. `status` is the HTTP status. */
export class HttpError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message)
  }
}

/**
 * `fetch` for addresses with a user and password in them, as those of private indexes are.
 * @throws {HttpError} if the answer is not a success; an error that names the host if it cannot be reached.
 */
export async function request(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  const target = new URL(url)
  const { username, password } = target
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const basic = `Basic ${Buffer.from(login).toString('base64')}`
  target.username = ''
  target.password = ''
  let response: Response
  try {
    response = await fetch(target, { headers: username ? { ...headers, authorization: basic } : headers, signal })
  } catch (error) {
    signal.throwIfAborted()
    const { cause } = error as Error
    throw new Error(`${target.host} cannot be reached: ${(cause as Error | undefined)?.message ?? error}`, {
      cause: error,
    })
  }
  if (response.ok) return response
  await response.body?.cancel()
  throw new HttpError(
    `${target.host}${target.pathname} answered ${response.status} ${response.statusText}`,
    response.status,
  )
}
