/** The JavaScript blocks of a page as one program, and the lines that it is to print. */
export interface PageProgram {
  readonly source: string
  /** Of each comment behind a `console.log`, or on a line of its own, what it says; `…` at its end stands for any more. */
  readonly expected: readonly string[]
}

/** Takes the `js` blocks of a Markdown page together, in order: the page is one program. */
export function pageProgram(page: string): PageProgram {
  const blocks = [...page.matchAll(/^```js\n(.*?)^```$/gms)].map(([, block]) => block!)
  const source = blocks.join('\n')
  const expected = source.split('\n').flatMap((line) => {
    const [, said] = /^(?:.*console\.log\(.*\) )?\/\/ (.*)$/.exec(line) ?? []
    return said ?? []
  })
  return { source, expected }
}
