import { expect, test } from 'vitest'
import { escapeXml } from './escape-xml.ts'

test('markup becomes text, in elements and in attributes', () => {
  expect(escapeXml(`<b a="1" c='2'>&amp;</b>`)).toBe('&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;&lt;/b&gt;')
})

test('only what XML allows is left', () => {
  expect(escapeXml('a\u0000b\u001bc\ud800d\ufffee\tf\n')).toBe('abcde\tf\n')
  expect(escapeXml('Fréchet 🎲 ∇')).toBe('Fréchet 🎲 ∇')
})
