/** A program on a Markdown page: one `ts` or `js` block, with those that continue it. */
export interface PageProgram {
  /** The line of the page at which its first block is opened, counted from 1. */
  readonly line: number
  /** Its lines, at the places that they have on the page, with all else left empty. */
  readonly source: string
  /** Whether it can be run as it is. */
  readonly runs: boolean
  /** What its comments say that it prints, in order; `…` stands for anything. */
  readonly expected: readonly string[]
}

/**
 * Takes the programs off a page. The language of a block may be followed by `continues`: it continues the program of the block
 * before it; `download`: it needs a network, or `sketch`: it needs what is not there, such as a trained model. The latter two are only
 * type-checked. A comment `<!-- with … -->` right before a block holds what the reader does not need to see.
 *
 * What a program prints stands behind `console.log(…) // `, or in a line of its own behind `// → `.
 */
export function programsOf(page: string): PageProgram[] {
  const lines = page.split('\n')
  const programs: { line: number; kept: Set<number>; runs: boolean }[] = []
  let hidden: number[] = []
  for (let i = 0; i < lines.length; i++) {
    const [, isComment, language, marks = ''] = /^(?:(<!-- with)|```(\S+)(.*))$/.exec(lines[i] as string) ?? []
    if (isComment === undefined && language === undefined) {
      if (lines[i] !== '') hidden = []
      continue
    }
    const inside: number[] = []
    const end = isComment ? '-->' : '```'
    for (i++; i < lines.length && lines[i] !== end; i++) inside.push(i)
    if (isComment) hidden = inside
    else if (language === 'ts' || language === 'js') {
      const known = marks.split(' ').filter(Boolean)
      const unknown = known.find((mark) => !['continues', 'download', 'sketch'].includes(mark))
      if (unknown) throw new Error(`line ${inside[0]}: expected continues, download or sketch, got '${unknown}'`)
      if (!known.includes('continues')) programs.push({ line: inside[0] as number, kept: new Set(), runs: true })
      const program = programs.at(-1)
      if (!program) throw new Error(`line ${inside[0]}: expected a program to continue`)
      for (const kept of [...hidden, ...inside]) program.kept.add(kept)
      if (known.length > (known.includes('continues') ? 1 : 0)) program.runs = false
      hidden = []
    } else hidden = []
  }
  return programs.map(({ line, kept, runs }) => {
    const own = lines.map((text, i) => (kept.has(i) ? text : ''))
    return { line, runs, source: own.join('\n'), expected: own.flatMap(printedBy) }
  })
}

/** The comment of a line that says what is printed. */
function printedBy(line: string): string[] {
  const [, said] = /^(?:.*console\.log\(.*\) \/\/ |\/\/ → )(.*)$/.exec(line) ?? []
  return said === undefined ? [] : [said]
}

/**
 * The first of the comments that is not among what was printed, after those before it. Lines that no comment mentions may stand in
 * between, and white space does not count.
 */
export function notPrinted(expected: readonly string[], output: string): string | undefined {
  let rest = squeeze(output)
  for (const comment of expected) {
    const parts = squeeze(comment).split('…').map(escaped)
    const found = new RegExp(`(^| )${parts.join('.*?')}( |$)`).exec(rest)
    if (!found) return comment
    rest = rest.slice(found.index + found[0].length - (found[2] ?? '').length)
  }
  return undefined
}

const squeeze = (text: string) => text.replace(/\s+/g, ' ').trim()

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
