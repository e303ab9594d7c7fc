import { expect, test } from 'vitest'
import { jsonPage, serve } from '../testing/fake-index.ts'
import { never } from '../testing/temporary-folder.ts'
import { findWheel } from './package-index.ts'

const query = { project: 'tensor-flow', version: '2.1.0', platform: /manylinux\w*_x86_64/ }
const name = (version: string, python: string, platform: string) =>
  `tensor_flow-${version}-${python}-${python}-${platform}.whl`
const [a, b] = ['a'.repeat(64), 'b'.repeat(64)]

test('finds the wheel of a version for a machine, the newest Python’s, whatever else is there', async () => {
  const { url } = await serve({
    '/simple/tensor-flow/': jsonPage([
      { filename: name('2.1.0', 'cp39', 'manylinux_2_17_x86_64.manylinux2014_x86_64'), url: '/old.whl', sha256: a },
      { filename: name('2.1.0', 'cp310', 'manylinux_2_17_x86_64'), url: '../../files/new.whl', sha256: b },
      { filename: name('2.1.0', 'cp311', 'manylinux_2_17_aarch64'), url: '/arm.whl', sha256: a },
      { filename: name('2.1.0rc1', 'cp312', 'manylinux_2_17_x86_64'), url: '/rc.whl', sha256: a },
      { filename: name('2.1.0', 'cp313', 'manylinux_2_17_x86_64'), url: '/bad.whl', sha256: a, yanked: true },
      { filename: 'tensor_flow-2.1.0.tar.gz', url: '/source.tar.gz', sha256: a },
    ]),
  })
  expect(await findWheel(`${url}/simple/`, query, never)).toEqual({
    filename: name('2.1.0', 'cp310', 'manylinux_2_17_x86_64'),
    url: `${url}/files/new.whl`,
    sha256: b,
  })
})

test('reads pages in HTML, as mirrors have them', async () => {
  const file = name('2.1.0', 'cp310', 'manylinux_2_17_x86_64')
  const body = `<!DOCTYPE html><html><body>
    <a href="../f/bad.whl#sha256=${a}" data-yanked="broken">${name('2.1.0', 'cp311', 'manylinux_2_17_x86_64')}</a><br/>
    <a data-requires-python="&gt;=3.9" href='../f/x.whl?a=1&amp;b=2#sha256=${b}'>${file}</a></body></html>`
  const { url } = await serve({ '/tensor-flow/': { type: 'text/html', body } })
  expect(await findWheel(url, query, never)).toEqual({ filename: file, url: `${url}/f/x.whl?a=1&b=2`, sha256: b })
})

test('sends the login of a private index, to its own host only', async () => {
  let authorization: string | undefined
  const file = name('2.1.0', 'cp310', 'manylinux_2_17_x86_64')
  const page = jsonPage([{ filename: file, url: '/x.whl', sha256: a }])
  const { url } = await serve({
    '/tensor-flow/': (request, response) => {
      authorization = request.headers.authorization
      response.writeHead(200, { 'content-type': 'application/json' }).end((page as { body: string }).body)
    },
  })
  const found = await findWheel(url.replace('//', '//me:p%40ss@'), query, never)
  expect(authorization).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`)
  expect(found.url).toBe(`${url.replace('//', '//me:p%40ss@')}/x.whl`)
})

test('says what is missing', async () => {
  const file = name('2.1.0', 'cp310', 'manylinux_2_17_x86_64')
  const { url } = await serve({
    '/tensor-flow/': jsonPage([{ filename: file, url: '/x.whl' }]),
    '/empty/': jsonPage([]),
    '/broken/': (_, response) => response.writeHead(503).end(),
  })
  await expect(findWheel(url, query, never)).rejects.toThrow(`has no SHA-256 for ${file}`)
  await expect(findWheel(url, { ...query, project: 'empty' }, never)).rejects.toThrow('has no wheel of empty 2.1.0 for')
  await expect(findWheel(url, { ...query, project: 'absent' }, never)).rejects.toThrow('does not have absent')
  await expect(findWheel(url, { ...query, project: 'broken' }, never)).rejects.toThrow('/broken/ answered 503')
  await expect(findWheel('http://127.0.0.1:1', query, never)).rejects.toThrow('127.0.0.1:1 cannot be reached')
})
