#!/usr/bin/env bash
# onnxruntime-node 1.30.0: session.set_denormal_as_zero of one session changes the arithmetic of JavaScript.
# Expected: a setting of that session, for ONNX Runtime's operators.
# Seen: from the first session of the process on, numbers below the normal ones are 0 in all JavaScript of the thread that made it:
# 1e-310 * 1 is 0. Sessions made later do not change it back.
# Affected: code far from ONNX Runtime that relies on gradual underflow, such as a - b !== 0 wherever a !== b.
# Instead: make such sessions in a worker thread that does nothing else.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts onnxruntime-node@1.30.0
cat > main.js <<'JAVASCRIPT'
import { createRequire } from 'node:module'
import ort from 'onnxruntime-node'

// A model that gives back its input: ModelProto with one Identity, opset 13.
const text = (s) => [...Buffer.from(s)]
const field = (n, bytes) => [(n << 3) | 2, bytes.length, ...bytes]
const number = (n, value) => [n << 3, value]
const type = field(1, [...number(1, 1), ...field(2, field(1, number(1, 1)))])
const value = (name) => [...field(1, text(name)), ...field(2, type)]
const node = [...field(1, text('x')), ...field(2, text('y')), ...field(4, text('Identity'))]
const graph = [...field(1, node), ...field(2, text('g')), ...field(11, value('x')), ...field(12, value('y'))]
const model = Uint8Array.from([...number(1, 8), ...field(7, graph), ...field(8, number(2, 13))])

const tiny = (factor) => 1e-310 * factor
const before = String(tiny(1)) // as text: later even this number would be read as 0
const extra = { session: { set_denormal_as_zero: '1' } }
await ort.InferenceSession.create(model, { extra })
const after = String(tiny(1))
const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json')
console.log(`onnxruntime-node ${version}, Node.js ${process.version}`)
console.log(`1e-310 * 1 before the session: ${before}, after it: ${after}`)
process.exitCode = before === '1e-310' && after === '0' ? 0 : 1
JAVASCRIPT
node main.js
