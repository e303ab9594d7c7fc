import type { CommandIo, CommandResult } from '../command.ts'
import { examine, type Findings } from './examine.ts'
import type { Finding } from './machine.ts'

/** Runs the command `doctor`. */
export async function run(_: object, { signal }: CommandIo): Promise<CommandResult> {
  const findings = await examine(signal)
  return { lines: describe(findings), json: findings, code: findings.ok ? 0 : 1 }
}

/** The findings for people, in lines. */
export const describe = ({ node, machine, space, engines, backends, installed }: Findings): string[] => [
  line(node),
  `  on ${machine}`,
  ...space.map(line),
  '',
  'compiled by jit, run by ONNX Runtime (--backend jit, jit-cuda, …):',
  ...engines.map(line),
  '',
  'eager, run by a backend of tfjs (--backend node, node-gpu, cpu):',
  ...backends.map(line),
  ...(installed.length > 0 ? ['', 'installed by `cascade-diffusion backends install`:'] : []),
  ...installed.map(({ name, versions }) => {
    const parts = Object.entries(versions).map((pair) => pair.join(' '))
    return `  ${name}: ${parts.join(', ')}`
  }),
]

const line = ({ name, works, detail, reason }: Finding): string => {
  const head = `  ${works ? 'works' : '—    '}  ${name.padEnd(9)}`
  const text = [detail, reason].filter((part) => part !== undefined).join(': ')
  return `${head} ${text.replaceAll('\n', `\n${' '.repeat(19)}`)}`.trimEnd()
}
