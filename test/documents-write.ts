// `npm run documents`: writes every document that is made from the code. The test beside it fails until this
// was run.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { documents } from './documents.ts'

for (const [path, text] of documents()) {
  const whole = join(import.meta.dirname, '..', path)
  mkdirSync(dirname(whole), { recursive: true })
  writeFileSync(whole, text)
  console.log(path)
}
