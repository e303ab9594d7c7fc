import { type Command, parsed } from '../command.ts'
import { examine, type Finding, type Findings } from './examine.ts'

export const doctorCommand: Command = {
  summary: 'show what works on this machine, and what to do about what does not',
  usage: `cascade-diffusion doctor [--json]

Each engine of jit and each backend of tfjs computes something, in a process of its own.

  --json   the findings as JSON

The exit code is 0 if the default, jit on the CPU, works.`,
  async run(args, { log, signal }) {
    const { values } = parsed(args, { json: { type: 'boolean', default: false } })
    const findings = await examine(signal)
    log(values.json ? JSON.stringify(findings, null, 2) : describe(findings))
    return findings.ok ? 0 : 1
  },
}

/** The findings for people. */
export function describe({ node, machine, engines, backends, installed }: Findings): string {
  return [
    line(node),
    `  on ${machine}`,
    '',
    'compiled by jit, run by ONNX Runtime (--backend jit, jit-cuda, …):',
    ...engines.map(line),
    '',
    'eager, run by a backend of tfjs (--backend node, node-gpu, cpu):',
    ...backends.map(line),
    ...(installed.length > 0 ? ['', 'installed by `cascade-diffusion backends install`:'] : []),
    ...installed.map(
      ({ name, versions }) =>
        `  ${name}: ${Object.entries(versions)
          .map((pair) => pair.join(' '))
          .join(', ')}`,
    ),
  ].join('\n')
}

const line = ({ name, works, detail, reason }: Finding): string => {
  const head = `  ${works ? 'works' : '—    '}  ${name.padEnd(9)}`
  const text = [detail, reason].filter((part) => part !== undefined).join(': ')
  return `${head} ${text.replaceAll('\n', `\n${' '.repeat(19)}`)}`.trimEnd()
}
