import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

const pypi = 'https://pypi.org/simple'

/**
 * The package index of pip, as the address of its simple API: `PIP_INDEX_URL`, the configuration files of pip (of the
 * environment, the user, the machine), or PyPI.
 */
export async function pipIndex(env: NodeJS.ProcessEnv = process.env, home = homedir()): Promise<string> {
  if (env.PIP_INDEX_URL) return env.PIP_INDEX_URL
  const files = [
    env.PIP_CONFIG_FILE,
    env.VIRTUAL_ENV && join(env.VIRTUAL_ENV, 'pip.conf'),
    join(env.XDG_CONFIG_HOME || join(home, '.config'), 'pip', 'pip.conf'),
    join(home, '.pip', 'pip.conf'),
    '/etc/pip.conf',
  ]
  for (const file of files) {
    const text = file && (await readFile(file, 'utf8').catch(() => undefined))
    const index = text && indexUrlIn(text)
    if (index) return index
  }
  return pypi
}

/** `index-url` of the section [install], or of [global]. */
function indexUrlIn(config: string): string | undefined {
  const found: Record<string, string> = {}
  let section = ''
  for (const line of config.split('\n').map((line) => line.trim())) {
    section = line.match(/^\[(\w+)\]$/)?.[1] ?? section
    const value = line.match(/^index[-_]url\s*[=:]\s*(\S+)/)?.[1]
    if (value) found[section] = value
  }
  return found.install ?? found.global
}
